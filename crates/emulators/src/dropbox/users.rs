//! Accounts: `users`, `openid`, `check` and `auth/token/revoke`.

use serde_json::{Value, json};

use super::auth::revoke;
use super::call::{Call, Outcome, ok};
use super::errors::ApiError;
use super::tree::{AccountRef, Tree};

pub fn dispatch(call: &Call<'_>) -> Outcome {
    match call.route.name {
        "users/get_current_account" => current_account(call),
        "users/get_account" => account(call),
        "users/get_account_batch" => accounts(call),
        "users/get_space_usage" => space_usage(call),
        "users/features/get_values" => features(call),
        "openid/userinfo" => userinfo(call),
        "check/user" => check(call),
        "auth/token/revoke" => revoke::revoke(call),
        _ => Err(ApiError::malformed("Unknown API function")),
    }
}

/// Where a person's paths may start.
pub fn root_info(tree: &Tree, me: AccountRef) -> Value {
    let account = &tree.accounts[me as usize];
    let id = |namespace: u32| tree.namespaces[namespace as usize].id.to_string();
    let home = id(account.home);
    let Some(team) = account.team else {
        return json!({".tag": "user", "root_namespace_id": home, "home_namespace_id": home});
    };
    let root = tree.teams[team].root;
    let mount = tree.mount_of(root, account.home);
    let name = mount.map_or_else(|| account.name.clone(), |mount| tree.node(mount).name.to_string());
    json!({
        ".tag": "team",
        "root_namespace_id": id(root),
        "home_namespace_id": home,
        "home_path": format!("/{name}"),
    })
}

fn name_of(name: &str) -> Value {
    let (given, surname) = name.rsplit_once(' ').unwrap_or((name, ""));
    let initials: String = name.split_whitespace().filter_map(|part| part.chars().next()).collect();
    json!({
        "given_name": given,
        "surname": surname,
        "familiar_name": given,
        "display_name": name,
        "abbreviated_name": initials,
    })
}

fn current_account(call: &Call<'_>) -> Outcome {
    let tree = call.dropbox.read_tree();
    let account = &tree.accounts[call.me as usize];
    let kind = if account.team.is_some() { "business" } else { "basic" };
    let mut body = json!({
        "account_id": account.id,
        "name": name_of(&account.name),
        "email": account.email,
        "email_verified": account.email_verified,
        "disabled": false,
        "locale": "en",
        "country": "DE",
        "referral_link": format!("https://db.tt/{}", &account.id[7..15]),
        "is_paired": false,
        "account_type": {".tag": kind},
        "root_info": root_info(&tree, call.me),
    });
    if let Some(team) = account.team.map(|team| &tree.teams[team]) {
        body["team"] = json!({
            "id": team.id,
            "name": team.name,
            "sharing_policies": {
                "shared_folder_member_policy": {".tag": "anyone"},
                "shared_folder_join_policy": {".tag": "from_anyone"},
                "shared_link_create_policy": {".tag": "default_public"},
                "group_creation_policy": {".tag": "admins_only"},
                "shared_folder_link_restriction_policy": {".tag": "anyone"},
                "enforce_link_password_policy": {".tag": "optional"},
                "default_link_expiration_days_policy": {".tag": "none"},
                "shared_link_default_permissions_policy": {".tag": "default"},
            },
            "office_addin_policy": {".tag": "disabled"},
            "top_level_content_policy": {".tag": "admin_only"},
        });
        body["team_member_id"] = account.member_id.as_str().into();
    }
    ok(body)
}

fn basic_account(tree: &Tree, me: AccountRef, id: &str) -> Option<Value> {
    let other = tree.accounts.iter().find(|account| account.id == id)?;
    let team = tree.accounts[me as usize].team;
    let is_teammate = other.id == tree.accounts[me as usize].id || (team.is_some() && team == other.team);
    let mut body = json!({
        "account_id": other.id,
        "name": name_of(&other.name),
        "email": other.email,
        "email_verified": other.email_verified,
        "disabled": other.suspended,
        "is_teammate": is_teammate,
    });
    if is_teammate && other.team.is_some() {
        body["team_member_id"] = other.member_id.as_str().into();
    }
    Some(body)
}

fn check_id(call: &Call<'_>, field: &str, id: &str) -> Result<(), ApiError> {
    if id.len() == 40 {
        return Ok(());
    }
    Err(call.args.wrong(field, &format!("'{id}' must be exactly 40 characters, got {}", id.len())))
}

fn account(call: &Call<'_>) -> Outcome {
    call.args.only(&["account_id"])?;
    let id = call.args.text("account_id")?;
    check_id(call, "account_id", id)?;
    let found = basic_account(&call.dropbox.read_tree(), call.me, id);
    ok(found.ok_or_else(|| ApiError::route("no_account"))?)
}

fn accounts(call: &Call<'_>) -> Outcome {
    call.args.only(&["account_ids"])?;
    let ids = call.args.texts("account_ids")?;
    if ids.is_empty() {
        return Err(call.args.wrong("account_ids", "list must have at least 1 item"));
    }
    let tree = call.dropbox.read_tree();
    let mut rows = Vec::new();
    for id in ids {
        check_id(call, "account_ids", id)?;
        let row = basic_account(&tree, call.me, id).ok_or_else(|| {
            let error = json!({".tag": "no_account", "no_account": id});
            ApiError::route_with("no_account", error)
        })?;
        rows.push(row);
    }
    ok(Value::Array(rows))
}

fn space_usage(call: &Call<'_>) -> Outcome {
    let tree = call.dropbox.read_tree();
    let home = &tree.namespaces[tree.accounts[call.me as usize].home as usize];
    let live = home.nodes.iter().filter(|node| tree.node(**node).deleted.is_none());
    let used: u64 = live.filter_map(|node| Some(tree.file(*node)?.current.content.size())).sum();
    ok(json!({"used": used, "allocation": {".tag": "individual", "allocated": 2_147_483_648u64}}))
}

fn features(call: &Call<'_>) -> Outcome {
    call.args.only(&["features"])?;
    let wishes = call.args.value("features").and_then(Value::as_array).cloned().unwrap_or_default();
    if wishes.is_empty() {
        return Err(ApiError::route("empty_features_list"));
    }
    let tree = call.dropbox.read_tree();
    let account = &tree.accounts[call.me as usize];
    let value = |tag: &str| {
        let enabled = match tag {
            "paper_as_files" => account.paper_as_files,
            "file_locking" => true,
            "team_shared_dropbox" | "distinct_member_home" => account.team.is_some(),
            _ => return json!({".tag": "other"}),
        };
        json!({".tag": tag, tag: {".tag": "enabled", "enabled": enabled}})
    };
    let tags = wishes.iter().map(|wish| super::args::tag_of(wish).unwrap_or("other"));
    ok(json!({"values": tags.map(value).collect::<Vec<_>>()}))
}

fn userinfo(call: &Call<'_>) -> Outcome {
    call.args.only(&[])?;
    let tree = call.dropbox.read_tree();
    let account = &tree.accounts[call.me as usize];
    let has = |scope: &str| call.token.scopes.iter().any(|granted| granted == scope);
    let mut body = json!({"iss": "https://www.dropbox.com", "sub": account.id});
    if has("email") {
        body["email"] = account.email.as_str().into();
        body["email_verified"] = account.email_verified.into();
    }
    if has("profile") {
        let name = name_of(&account.name);
        body["given_name"] = name["given_name"].clone();
        body["family_name"] = name["surname"].clone();
    }
    ok(body)
}

fn check(call: &Call<'_>) -> Outcome {
    call.args.only(&["query"])?;
    ok(json!({"result": call.args.find_text("query")?.unwrap_or_default()}))
}
