//! Who may see a shared folder or file.

use serde_json::{Value, json};

use super::{files, folders, rows};
use crate::dropbox::call::{Call, Outcome, ok};
use crate::dropbox::cursor::RowCursor;
use crate::dropbox::errors::{ApiError, nested};
use crate::dropbox::tree::{Access, AccountRef, NamespaceKind, NamespaceRef, NodeRef, Tree};

const OF_FOLDER: char = 'A';
const OF_FILE: char = 'B';

/// One row of a member list before it is put under `users` or `invitees`.
#[derive(Clone)]
enum Row {
    User(AccountRef, Access, bool),
    Invitee(String, Access, bool),
}

fn folder_rows(tree: &Tree, namespace: NamespaceRef, inherited: bool) -> Vec<Row> {
    let found = &tree.namespaces[namespace as usize];
    let users = found.members.iter().map(|(account, member)| Row::User(*account, member.access, inherited));
    let invited =
        found.invitees.iter().map(|(email, access)| Row::Invitee(email.clone(), *access, inherited));
    users.chain(invited).collect()
}

fn file_rows(tree: &Tree, file: NodeRef, with_inherited: bool) -> Vec<Row> {
    let extra = tree.file(file).and_then(|data| data.extra.as_ref());
    let mut rows: Vec<Row> = Vec::new();
    let namespace = tree.node(file).namespace;
    match tree.namespaces[namespace as usize].kind {
        NamespaceKind::Home(owner) => rows.push(Row::User(owner, Access::Owner, false)),
        _ if with_inherited => rows.extend(folder_rows(tree, namespace, true)),
        _ => {}
    }
    if let Some(extra) = extra {
        let users = extra.shared_with.iter();
        rows.extend(users.map(|(account, member)| Row::User(*account, member.access, false)));
        let invited = extra.invitees.iter();
        rows.extend(invited.map(|(email, access)| Row::Invitee(email.clone(), *access, false)));
    }
    rows
}

fn shape(call: &Call<'_>, tree: &Tree, rows: Vec<Row>, after: Option<String>) -> Value {
    let (mut users, mut invitees) = (Vec::new(), Vec::new());
    let my_team = tree.accounts[call.me as usize].team;
    for row in rows {
        match row {
            Row::User(account, access, inherited) => {
                let found = &tree.accounts[account as usize];
                let same_team = account == call.me || (my_team.is_some() && my_team == found.team);
                let mut user = json!({
                    "account_id": found.id,
                    "email": found.email,
                    "display_name": found.name,
                    "same_team": same_team,
                });
                if same_team && found.team.is_some() {
                    user["team_member_id"] = found.member_id.as_str().into();
                }
                users.push(json!({
                    "access_type": {".tag": access.tag()},
                    "permissions": [],
                    "is_inherited": inherited,
                    "user": user,
                }));
            }
            Row::Invitee(email, access, inherited) => invitees.push(json!({
                "access_type": {".tag": access.tag()},
                "permissions": [],
                "is_inherited": inherited,
                "invitee": {".tag": "email", "email": email},
            })),
        }
    }
    let mut body = json!({"users": users, "groups": [], "invitees": invitees});
    if let Some(after) = after {
        body["cursor"] = after.into();
    }
    body
}

pub fn of_folder(call: &Call<'_>) -> Outcome {
    call.args.only(&["shared_folder_id", "limit", "actions", "path"])?;
    let limit = call.args.number("limit", 1, 1000, 1000)? as usize;
    let id = call.args.text("shared_folder_id")?;
    let cursor = rows::first(call, limit, json!({"folder": id}));
    folder_answer(call, cursor).map_err(|error| error.unwrap_or_else(|| ApiError::route("other")))
}

pub fn of_folder_resume(call: &Call<'_>) -> Outcome {
    let cursor = rows::next(call, OF_FOLDER)?;
    folder_answer(call, cursor).map_err(|_| ApiError::route("access_error/not_a_member"))
}

fn folder_answer(
    call: &Call<'_>,
    cursor: RowCursor,
) -> Result<crate::dropbox::call::Reply, Option<ApiError>> {
    let tree = call.dropbox.read_tree();
    let id = cursor.question["folder"].as_str().unwrap_or_default();
    let found = folders::find(call, &tree, id).map_err(|tag| Some(ApiError::route(tag)))?;
    let (page, after) = rows::page(call, OF_FOLDER, cursor, &folder_rows(&tree, found, false));
    ok(shape(call, &tree, page, after)).map_err(Some)
}

pub fn of_file(call: &Call<'_>) -> Outcome {
    call.args.only(&["file", "actions", "include_inherited", "limit"])?;
    let limit = call.args.number("limit", 1, 300, 100)? as usize;
    let inherited = call.args.flag("include_inherited", true)?;
    let file = call.args.text("file")?;
    file_answer(call, rows::first(call, limit, json!({"file": file, "inherited": inherited})))
}

pub fn of_file_resume(call: &Call<'_>) -> Outcome {
    let cursor = rows::next(call, OF_FILE)?;
    file_answer(call, cursor)
}

fn file_answer(call: &Call<'_>, cursor: RowCursor) -> Outcome {
    let tree = call.dropbox.read_tree();
    let path = cursor.question["file"].as_str().unwrap_or_default();
    let found = files::find_shared(call, &tree, path)
        .map_err(|tag| ApiError::route(&format!("access_error/{tag}")))?;
    let all = file_rows(&tree, found, cursor.question["inherited"] != false);
    let (page, after) = rows::page(call, OF_FILE, cursor, &all);
    ok(shape(call, &tree, page, after))
}

pub fn of_files(call: &Call<'_>) -> Outcome {
    call.args.only(&["files", "limit"])?;
    let limit = call.args.number("limit", 0, 3000, 1000)? as usize;
    let wishes = call.args.texts("files")?;
    if wishes.len() > 100 {
        return Err(call.args.wrong("files", "list must have at most 100 items"));
    }
    let tree = call.dropbox.read_tree();
    let rows: Vec<Value> = wishes
        .into_iter()
        .map(|path| match files::find_shared(call, &tree, path) {
            Ok(file) => {
                let all = file_rows(&tree, file, false);
                let count = all.len();
                let page = all.into_iter().take(limit).collect();
                let members = shape(call, &tree, page, None);
                let result = json!({".tag": "result", "members": members, "member_count": count});
                json!({"file": path, "result": result})
            }
            Err(tag) => json!({"file": path, "result": nested(&["access_error", tag])}),
        })
        .collect();
    ok(Value::Array(rows))
}
