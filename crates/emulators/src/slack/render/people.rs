//! Users and bots as answers show them.

use serde_json::{Value, json};

use crate::slack::workspace::User;

/// Returns a user; the email only when the caller may see it.
pub fn user(user: &User, with_email: bool, enterprise: Option<(&str, &str)>) -> Value {
    let hash = format!("g{:0<11}", user.id.trim_start_matches('U').to_lowercase());
    let mut names = user.real_name.splitn(2, ' ');
    let (first, last) = (names.next().unwrap_or(""), names.next().unwrap_or(""));
    let mut profile = json!({
        "real_name": user.real_name,
        "display_name": user.display_name,
        "avatar_hash": hash,
        "real_name_normalized": user.real_name,
        "display_name_normalized": user.display_name,
        "first_name": first,
        "last_name": last,
        "team": user.team_id,
        "title": user.title,
        "phone": "",
        "skype": "",
        "status_text": "",
        "status_text_canonical": "",
        "status_emoji": "",
        "status_emoji_display_info": [],
        "status_expiration": 0,
    });
    for size in [24, 32, 48, 72, 192, 512] {
        let picture = format!("https://secure.gravatar.com/avatar/{hash}.jpg?s={size}");
        profile[format!("image_{size}")] = picture.into();
    }
    if let Some(bot_id) = &user.bot_id {
        profile["bot_id"] = bot_id.as_str().into();
        profile["api_app_id"] = user.app_id.as_deref().unwrap_or("").into();
        profile["always_active"] = false.into();
    }
    if with_email && !user.is_bot() && !user.is_stranger && !user.email.is_empty() {
        profile["email"] = user.email.as_str().into();
    }
    let mut shown = json!({
        "id": user.id,
        "name": user.name,
        "is_bot": user.is_bot(),
        "updated": user.updated,
        "is_app_user": false,
        "team_id": user.team_id,
        "deleted": user.deleted,
        "profile": profile,
    });
    if user.is_stranger {
        shown["is_stranger"] = true.into();
    }
    if user.deleted {
        return shown;
    }
    let more = json!({
        "color": "9f69e7",
        "is_email_confirmed": !user.is_bot() && user.id != "USLACKBOT",
        "real_name": user.real_name,
        "tz": "Europe/Amsterdam",
        "tz_label": "Central European Time",
        "tz_offset": 3600,
        "is_admin": user.is_admin,
        "is_owner": user.is_admin,
        "is_primary_owner": user.is_admin,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "who_can_share_contact_card": "EVERYONE",
    });
    if let (Some(shown), Value::Object(more)) = (shown.as_object_mut(), more) {
        shown.extend(more);
    }
    if let Some((id, name)) = enterprise {
        shown["enterprise_user"] = json!({
            "id": user.id,
            "enterprise_id": id,
            "enterprise_name": name,
            "is_admin": user.is_admin,
            "is_owner": user.is_admin,
            "is_primary_owner": user.is_admin,
            "teams": [user.team_id],
        });
    }
    shown
}

/// Returns the short profile that a bot's messages carry.
pub fn bot_profile(user: &User) -> Value {
    let picture = |size: u32| format!("https://a.slack-edge.com/80588/img/plugins/app/bot_{size}.png");
    json!({
        "id": user.bot_id,
        "app_id": user.app_id,
        "user_id": user.id,
        "name": user.real_name,
        "icons": {"image_36": picture(36), "image_48": picture(48), "image_72": picture(72)},
        "deleted": user.deleted,
        "updated": user.updated,
        "team_id": user.team_id,
    })
}

/// Returns the answer of `bots.info`.
pub fn bot(user: &User) -> Value {
    let mut shown = bot_profile(user);
    if let Some(shown) = shown.as_object_mut() {
        shown.remove("team_id");
    }
    shown
}
