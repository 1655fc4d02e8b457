//! Batches: the work is done at once, the answer is a job to ask about, as at Dropbox.

use serde_json::{Value, json};

use super::write::remove;
use crate::dropbox::call::{Call, Outcome, ok};
use crate::dropbox::errors::ApiError;
use crate::kernel::secret::random_token;

pub fn delete(call: &Call<'_>) -> Outcome {
    call.args.only(&["entries"])?;
    let entries = call.args.value("entries").and_then(Value::as_array);
    let entries = entries.ok_or_else(|| call.args.wrong("entries", "expected list"))?;
    let mut rows = Vec::new();
    for entry in entries {
        let path = entry["path"].as_str().ok_or_else(|| call.args.wrong("entries", "missing path"))?;
        rows.push(match remove(call, path, false) {
            Ok(metadata) => json!({".tag": "success", "metadata": metadata}),
            Err(ApiError::Tagged { error, .. }) => json!({".tag": "failure", "failure": error}),
            Err(other) => return Err(other),
        });
    }
    let id = random_token("dbjid:AA", 64);
    let result = json!({".tag": "complete", "entries": rows});
    let mut jobs = call.dropbox.jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    jobs.insert(id.clone(), result);
    ok(json!({".tag": "async_job_id", "async_job_id": id}))
}

pub fn check(call: &Call<'_>) -> Outcome {
    call.args.only(&["async_job_id"])?;
    let id = call.args.text("async_job_id")?;
    let jobs = call.dropbox.jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    match jobs.get(id) {
        Some(result) => ok(result.clone()),
        None => Err(ApiError::route("invalid_async_job_id")),
    }
}
