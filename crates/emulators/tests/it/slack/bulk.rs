//! Many messages: cheap to make, read page by page.

use gangway_emulators::slack::Generate;

use super::harness::empty;

#[tokio::test]
async fn thirty_thousand_messages_are_walked_through() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    let wish = Generate { channel: "general".into(), count: 30_000, size: 60, ..Generate::default() };
    world.control.generate(&wish).unwrap();
    let (mut seen, mut last, mut cursor) = (0, String::from("9999999999.000000"), String::new());
    loop {
        let mut query = vec![("channel", general.as_str()), ("limit", "999")];
        if !cursor.is_empty() {
            query.push(("cursor", &cursor));
        }
        let body = world.ok(&token, "conversations.history", &query).await;
        for message in body["messages"].as_array().unwrap() {
            let ts = message["ts"].as_str().unwrap().to_owned();
            assert!(ts < last, "newest first, each once");
            last = ts;
            seen += 1;
        }
        let Some(next) = body["response_metadata"]["next_cursor"].as_str() else { break };
        cursor = next.to_owned();
    }
    assert_eq!(seen, 30_000);
}
