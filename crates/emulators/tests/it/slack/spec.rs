//! Our answers against the official types: only known fields, with the documented types.

use std::collections::HashSet;

use gangway_emulators::slack::{DEFAULT_CLIENT_ID, FileMode, FileWish};
use serde_json::Value;

use super::harness::{ADA, World, demo};
use crate::shared::shared_folder;

/// A checker for the part of JSON Schema the descriptions use.
struct Types(Value);

impl Types {
    fn load(name: &str) -> Option<Types> {
        let path = shared_folder()?.join("specs/slack").join(name);
        Some(Types(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()))
    }

    /// Returns what is wrong with a value, by its path.
    fn problems(&self, schema: &Value, value: &Value, path: &str, strict: bool) -> Vec<String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self
                .0
                .pointer(&reference[1..].replace("%7E", "~0"))
                .unwrap_or_else(|| self.0["$defs"].get(reference.trim_start_matches("#/$defs/")).unwrap());
            return self.problems(target, value, path, strict);
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(choices) = schema[word].as_array() {
                let each: Vec<Vec<String>> =
                    choices.iter().map(|choice| self.problems(choice, value, path, strict)).collect();
                return match each.iter().min_by_key(|problems| problems.len()) {
                    Some(best) if !best.is_empty() => best.clone(),
                    _ => Vec::new(),
                };
            }
        }
        // Slack writes null where a field has nothing to say.
        if value.is_null() {
            return Vec::new();
        }
        if let Some(constant) = schema.get("const")
            && constant != value
        {
            return vec![format!("{path}: {value} is not {constant}")];
        }
        if let Some(choices) = schema["enum"].as_array()
            && !choices.contains(value)
        {
            return vec![format!("{path}: {value} is none of {choices:?}")];
        }
        let of_type = |word: &str| match word {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "number" | "integer" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            _ => true,
        };
        let fits = match &schema["type"] {
            Value::String(word) => of_type(word),
            Value::Array(words) => words.iter().filter_map(Value::as_str).any(of_type),
            _ => true,
        };
        if !fits {
            return vec![format!("{path}: {value} is not a {}", schema["type"])];
        }
        let mut problems = Vec::new();
        if let Some(items) = value.as_array() {
            for item in items {
                problems.extend(self.problems(&schema["items"], item, &format!("{path}[]"), strict));
            }
        }
        if let Some(object) = value.as_object() {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !object.contains_key(name) {
                    problems.push(format!("{path}: {name} is missing"));
                }
            }
            for (key, inner) in object {
                let path = format!("{path}.{key}");
                if let Some(known) = schema["properties"].get(key) {
                    problems.extend(self.problems(known, inner, &path, strict));
                } else if schema["additionalProperties"].is_object() {
                    problems.extend(self.problems(&schema["additionalProperties"], inner, &path, strict));
                } else if strict && schema["properties"].is_object() {
                    problems.push(format!("{path} is not documented"));
                }
            }
        }
        problems
    }

    fn check(&self, name: &str, value: &Value, also: &[&str]) {
        let schema = &self.0["$defs"][name];
        assert!(schema.is_object(), "no type {name}");
        let problems: Vec<String> = self
            .problems(schema, value, name, true)
            .into_iter()
            .filter(|problem| {
                !problem.starts_with("conversations.replies.messages[].")
                    || !IN_REPLIES.iter().any(|known| problem.contains(known))
            })
            .filter(|problem| !also.iter().any(|known| problem.contains(known)))
            .collect();
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

/// Fields that recordings have and the type definitions do not.
const ALSO: [&str; 21] = [
    "parent_conversation",
    "pending_connected_team_ids",
    "is_app_user",
    "is_stranger",
    // The types of blocks are behind what apps send and what rich text holds.
    ".blocks[]",
    // Recorded roots were written by bots, which have no user.
    "messages[].root.",
    "is_sfdc_auto_slack",
    "lob_sales_home_enabled",
    "auth.revoke.revoked",
    "user_id is not documented",
    "auto_type",
    "no_reactions",
    "is_usergroup",
    "access is not documented",
    "latest is not documented",
    "user_id",
    "hidden is not documented",
    "pending_shared",
    // What the documentation shows of a direct message.
    "conversations.info.channel.is_user_deleted",
    "conversations.info.channel.priority",
    "conversations.info.channel.user",
];

/// What the types know of a message in history but not of the same message in replies.
const IN_REPLIES: [&str; 4] = ["client_msg_id", "subtype", "root", "username"];

async fn see(world: &World, types: &Types, token: &str, method: &str, query: &[(&str, &str)]) -> Value {
    let body = world.ok(token, method, query).await;
    types.check(method, &body, &ALSO);
    body
}

#[tokio::test]
async fn every_kind_of_answer_fits_the_types() {
    let Some(types) = Types::load("responses.schema.json") else { return };
    let world = demo().await;
    let token = world.ada().await;
    let bot = world.bot_token("channels:read,users:read").await;
    for mode in [FileMode::Snippet, FileMode::Canvas, FileMode::External] {
        let wish = FileWish {
            mode,
            name: Some("x.txt".into()),
            content: Some("x".into()),
            external_url: "https://elsewhere.example/".into(),
            channels: vec!["general".into()],
            ..FileWish::default()
        };
        let id = world.control.upload(&wish).unwrap();
        see(&world, &types, &token, "files.info", &[("file", &id)]).await;
    }
    see(&world, &types, &token, "auth.test", &[]).await;
    see(&world, &types, &bot, "auth.test", &[]).await;
    see(&world, &types, &token, "team.info", &[]).await;
    see(&world, &types, &token, "users.list", &[]).await;
    let ada = world.control.user_id(ADA).unwrap();
    see(&world, &types, &token, "users.info", &[("user", &ada)]).await;
    let all = [("types", "public_channel,private_channel,im,mpim")];
    let list = see(&world, &types, &token, "conversations.list", &all).await;
    see(&world, &types, &token, "users.conversations", &all).await;
    for channel in list["channels"].as_array().unwrap() {
        let id = channel["id"].as_str().unwrap();
        see(&world, &types, &token, "conversations.info", &[("channel", id)]).await;
        see(&world, &types, &token, "conversations.members", &[("channel", id)]).await;
        let history = see(&world, &types, &token, "conversations.history", &[("channel", id)]).await;
        for message in history["messages"].as_array().unwrap() {
            let ts = message["ts"].as_str().unwrap();
            see(&world, &types, &token, "conversations.replies", &[("channel", id), ("ts", ts)]).await;
            see(&world, &types, &token, "chat.getPermalink", &[("channel", id), ("message_ts", ts)]).await;
        }
    }
    see(&world, &types, &token, "files.list", &[]).await;
    let groups = [("include_users", "true"), ("include_count", "true")];
    let groups = see(&world, &types, &token, "usergroups.list", &groups).await;
    let group = groups["usergroups"][0]["id"].as_str().unwrap();
    see(&world, &types, &token, "usergroups.users.list", &[("usergroup", group)]).await;
    types.check("oauth.v2.access", &world.install(ADA, "chat:write", "users:read").await, &ALSO);
    see(&world, &types, &token, "auth.revoke", &[("test", "1")]).await;
}

#[tokio::test]
async fn every_documented_method_is_answered_and_wants_its_arguments() {
    let Some(folder) = shared_folder() else { return };
    let methods: Value =
        serde_json::from_slice(&std::fs::read(folder.join("specs/slack/methods.json")).unwrap()).unwrap();
    let common: HashSet<&str> =
        methods["common_errors"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let world = demo().await;
    let token = world.ada().await;
    for (name, method) in methods["methods"].as_object().unwrap() {
        if name == "files.remote.list" {
            continue;
        }
        let body = world.any(&token, name, &[]).await;
        assert_ne!(body["error"], "unknown_method", "{name}");
        if body["ok"] == false {
            let error = body["error"].as_str().unwrap();
            let own = method["errors"].as_array().unwrap().iter().any(|known| known == error);
            assert!(own || common.contains(error), "{name}: {error}");
        }
        // The token method is called for a client, not for a person.
        let bots = method["scopes"]["bot"].as_array();
        if name.starts_with("search.") {
            assert!(bots.is_none());
        }
    }
}

#[tokio::test]
async fn events_fit_their_types() {
    let Some(types) = Types::load("events.schema.json") else { return };
    let Some(outer) = Types::load("outer-envelope.schema.json") else { return };
    let world = demo().await;
    world.ada().await;
    let receiver = super::inbox::inbox().await;
    world.control.subscribe(DEFAULT_CLIENT_ID, &receiver.url, &["*"]).await.unwrap();
    let root = world.control.say("general", ADA, "root").unwrap();
    let reply = world.control.reply("general", &root, ADA, "reply").unwrap();
    world.control.edit_message("general", &root, "new root").unwrap();
    world.control.delete_message("general", &reply).unwrap();
    world.control.rename_channel("general", "all").unwrap();
    world.control.archive_channel("tea-room", true).unwrap();
    world.control.add_member("support", "tomas@example.com").unwrap();
    world.control.remove_member("support", ADA).unwrap();
    world.control.add_account("x@example.com", "X").unwrap();
    let wish = FileWish { name: Some("a.txt".into()), channels: vec!["all".into()], ..FileWish::default() };
    let file = world.control.upload(&wish).unwrap();
    world.control.edit_file(&file, Some("A"), None).unwrap();
    world.control.delete_file(&file).unwrap();
    world.control.set_group_users("warehouse", &[ADA.to_owned()]).unwrap();
    world.control.send_rate_limited(DEFAULT_CLIENT_ID);
    world.control.uninstall(DEFAULT_CLIENT_ID);
    world.control.flush_webhooks().await;
    let bodies = receiver.bodies();
    assert!(bodies.len() > 20, "{}", bodies.len());
    let mut seen = HashSet::new();
    for body in bodies {
        let problems = outer.problems(&outer.0, &body, "body", false);
        assert!(problems.is_empty(), "{problems:#?}");
        let Some(word) = body["event"]["type"].as_str() else { continue };
        seen.insert(word.to_owned());
        let Some(name) = types.0["x-event-types"][word].as_str() else { continue };
        let name = match body["event"]["subtype"].as_str() {
            Some("message_changed") => "MessageChangedEvent",
            Some("message_deleted") => "MessageDeletedEvent",
            Some("file_share") => "FileShareMessageEvent",
            _ => name.trim_start_matches("#/$defs/"),
        };
        let event = &body["event"];
        let mut problems = types.problems(&types.0["$defs"][name], event, word, false);
        // The types give inner messages a channel and shared files their channels; recorded ones have neither.
        problems.retain(|problem| {
            !problem.starts_with("message.message")
                && !problem.starts_with("message.previous_message")
                && !problem.starts_with("message.files[]: channels")
                && !problem.starts_with("message.files[]: groups")
        });
        assert!(problems.is_empty(), "{event}\n{problems:#?}");
    }
    assert!(seen.len() > 10, "{seen:?}");
}
