//! Every answer recorded from the real Slack is read by the same types that read it at work.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::slack::wire::{
    AuthTest, ChannelAnswer, ChannelList, FileList, History, Message, UserAnswer, UserGroupList, UserList,
};

/// Where the recordings lie: beside the workspace, or where the environment says.
fn folder() -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let shared = std::env::var_os("GANGWAY_SHARED").map_or_else(beside, PathBuf::from);
    shared.join("recorded/slack")
}

/// Every method and answer of a recording: exchange sets, and merged shapes named by their file.
fn answers(name: &str, recording: Value) -> Vec<(String, Value)> {
    let Some(methods) = recording.get("api").and_then(Value::as_object) else {
        let method = name.trim_start_matches("api_").trim_end_matches(".json").to_owned();
        return vec![(method, recording)];
    };
    let mut found = Vec::new();
    for (path, answer) in methods.values().filter_map(Value::as_object).flatten() {
        let list = match answer {
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        };
        let method = path.trim_start_matches('/').to_owned();
        found.extend(list.into_iter().map(|it| (method.clone(), it["response"].clone())));
    }
    found
}

fn read<T: DeserializeOwned>(method: &str, answer: &Value) -> T {
    serde_json::from_str(&answer.to_string()).unwrap_or_else(|error| panic!("{method}: {error}"))
}

/// Reads one answer and says how many of its rows were understood, and how many there are.
fn check(method: &str, answer: &Value) -> (usize, usize) {
    let rows = |name: &str| answer[name].as_array().map_or(0, Vec::len);
    match method {
        "auth.test" => {
            let who: AuthTest = read(method, answer);
            (usize::from(who.team_id.is_some() && who.user_id.is_some() && who.url.is_some()), 1)
        }
        "conversations.history" => {
            let history: History = read(method, answer);
            history.messages.iter().for_each(is_whole);
            (history.messages.len(), rows("messages"))
        }
        "conversations.list" | "users.conversations" => {
            let list: ChannelList = read(method, answer);
            let named = list.channels.iter().filter(|channel| channel.id.is_some());
            (
                named.filter(|channel| channel.created.is_some() && channel.updated.is_some()).count(),
                rows("channels"),
            )
        }
        "conversations.info" | "conversations.join" => {
            let answer: ChannelAnswer = read(method, answer);
            (usize::from(answer.channel.id.is_some() && answer.channel.is_member.is_some()), 1)
        }
        "users.list" => {
            let list: UserList = read(method, answer);
            (
                list.members.iter().filter(|user| user.id.is_some() && user.profile.is_some()).count(),
                rows("members"),
            )
        }
        "users.info" | "users.lookupByEmail" => {
            let answer: UserAnswer = read(method, answer);
            (usize::from(answer.user.id.is_some() && answer.user.profile.is_some()), 1)
        }
        "files.list" => {
            let list: FileList = read(method, answer);
            assert!(list.paging.is_some_and(|paging| paging.pages.is_some()));
            (list.files.len(), rows("files"))
        }
        "usergroups.list" => {
            let list: UserGroupList = read(method, answer);
            (list.usergroups.len(), rows("usergroups"))
        }
        // Messages inside other answers are messages all the same.
        "conversations.open" => {
            let latest: Message = read(method, &answer["channel"]["latest"]);
            latest.body();
            (usize::from(latest.ts.is_some() && !latest.blocks.is_empty()), 1)
        }
        _ => (0, 0),
    }
}

fn is_whole(message: &Message) {
    assert!(message.ts.is_some() && message.edited.is_some() && message.bot_profile.is_some());
    assert!(!message.files.is_empty() && !message.blocks.is_empty() && !message.attachments.is_empty());
    let file = &message.files[0];
    assert!(file.id.is_some() && file.size.is_some() && file.created.is_some() && file.shares.is_some());
    message.body();
    message.emoji();
    message.digest();
}

#[test]
fn every_recorded_answer_is_understood() {
    let folder = folder();
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: there are no recordings at {}", folder.display());
        return;
    };
    let mut read = 0;
    for file in files {
        let path = file.unwrap().path();
        let recording: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for (method, answer) in answers(&name, recording) {
            let (understood, told) = check(&method, &answer);
            assert_eq!(understood, told, "{method} in {name}");
            read += understood;
        }
    }
    assert!(read > 20, "only {read} rows were read");
}
