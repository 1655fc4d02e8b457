//! `auth.*`, `apps.uninstall`, `team.info` and the OpenID Connect profile.

use serde_json::{Value, json};

use crate::kernel::secret::same_secret;
use crate::slack::call::Call;
use crate::slack::errors::ApiError;
use crate::slack::methods::paging::listed;
use crate::slack::render::groups;
use crate::slack::tokens::Kind;

pub fn test(call: &Call<'_>) -> Result<Value, ApiError> {
    let workspace = call.slack.read();
    let holder = &call.token.holder;
    let team = workspace.teams.iter().find(|team| team.id == holder.team_id).unwrap_or(workspace.team());
    let mut body = json!({
        "url": workspace.url,
        "team": team.name,
        "user": call.me.name,
        "team_id": team.id,
        "user_id": call.me.id,
        "is_enterprise_install": holder.organisation,
    });
    if holder.kind == Kind::Bot {
        body["bot_id"] = json!(call.me.bot_id);
    }
    if let Some((id, _)) = call.slack.enterprise() {
        body["enterprise_id"] = id.into();
        if holder.organisation {
            body["team"] = crate::slack::state::ENTERPRISE_NAME.into();
            body["team_id"] = id.into();
        }
    }
    if let Some(expires_ms) = call.token.expires_ms {
        body["expires_in"] = ((expires_ms - call.now_ms) / 1000).into();
    }
    Ok(body)
}

pub fn revoke(call: &Call<'_>) -> Result<Value, ApiError> {
    if call.args.flag("test") {
        return Ok(json!({"revoked": false}));
    }
    call.slack.tokens().revoke(&call.token_text);
    call.slack.tell_revoked(std::slice::from_ref(&call.token.holder));
    Ok(json!({"revoked": true}))
}

pub fn uninstall(call: &Call<'_>) -> Result<Value, ApiError> {
    let client_id = call.args.need("client_id")?;
    let secret = call.args.need("client_secret")?;
    let client = call.slack.kernel.authz.find_client(&client_id).ok_or("invalid_client_id")?;
    if !same_secret(&secret, &client.client_secret) {
        return Err("bad_client_secret".into());
    }
    if call.token.holder.client_id != client_id {
        return Err("client_id_token_mismatch".into());
    }
    call.slack.uninstall(&client_id);
    Ok(json!({}))
}

pub fn teams_list(call: &Call<'_>) -> Result<Value, ApiError> {
    let limit = call.args.strict_limit(100, 1000)?;
    let workspace = call.slack.read();
    let holder = &call.token.holder;
    let teams: Vec<Value> = workspace
        .teams
        .iter()
        .filter(|team| holder.organisation || team.id == holder.team_id)
        .take(limit)
        .map(|team| json!({"id": team.id, "name": team.name}))
        .collect();
    Ok(listed(call, "teams", teams, "team", None))
}

pub fn team_info(call: &Call<'_>) -> Result<Value, ApiError> {
    let workspace = call.slack.read();
    let asked = call.args.get("team").unwrap_or_else(|| call.token.holder.team_id.clone());
    let team = workspace.teams.iter().find(|team| team.id == asked).ok_or("team_not_found")?;
    Ok(json!({"team": groups::team(team, &workspace.url, call.slack.enterprise())}))
}

pub fn user_info(call: &Call<'_>) -> Result<Value, ApiError> {
    let workspace = call.slack.read();
    let team = workspace.team();
    let mut body = json!({
        "sub": call.me.id,
        "https://slack.com/user_id": call.me.id,
        "https://slack.com/team_id": team.id,
    });
    if call.token.has("email") {
        body["email"] = call.me.email.as_str().into();
        body["email_verified"] = true.into();
        body["date_email_verified"] = call.me.updated.into();
    }
    if call.token.has("profile") {
        let picture = format!("https://secure.gravatar.com/avatar/{}.jpg?s=512", call.me.id.to_lowercase());
        let mut names = call.me.real_name.splitn(2, ' ');
        body["name"] = call.me.real_name.as_str().into();
        body["picture"] = picture.as_str().into();
        body["given_name"] = names.next().unwrap_or("").into();
        body["family_name"] = names.next().unwrap_or("").into();
        body["locale"] = "en-US".into();
        body["https://slack.com/team_name"] = team.name.as_str().into();
        body["https://slack.com/team_domain"] = team.domain.as_str().into();
        body["https://slack.com/user_image_512"] = picture.into();
        body["https://slack.com/team_image_default"] = true.into();
    }
    Ok(body)
}
