//! Notes which statements a call sends, so that a test can ask the database how it carries them out.

use std::cell::RefCell;

tokio::task_local! {
    static NOTED: RefCell<Vec<String>>;
}

/// Runs `call` to its end; the texts of the statements it sent.
pub async fn statements_of<T>(call: impl Future<Output = T>) -> Vec<String> {
    let noted = NOTED.scope(RefCell::default(), async {
        call.await;
        NOTED.with(RefCell::take)
    });
    noted.await
}

pub(crate) fn note_statement(text: &str) {
    // Outside `statements_of` nobody listens.
    let _ = NOTED.try_with(|noted| noted.borrow_mut().push(text.to_owned()));
}
