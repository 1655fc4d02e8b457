//! User groups and the workspace itself as answers show them.

use serde_json::{Value, json};

use crate::slack::workspace::{Team, UserGroup};

pub fn group(group: &UserGroup, with_count: bool, with_users: bool) -> Value {
    let mut shown = json!({
        "id": group.id,
        "team_id": group.team_id,
        "is_usergroup": true,
        "is_subteam": true,
        "name": group.name,
        "description": group.description,
        "handle": group.handle,
        "is_external": false,
        "date_create": group.created,
        "date_update": group.updated,
        "date_delete": group.disabled,
        "auto_type": null,
        "auto_provision": false,
        "enterprise_subteam_id": "",
        "created_by": group.created_by,
        "updated_by": group.created_by,
        "deleted_by": null,
        "prefs": {"channels": [], "groups": []},
        "channel_count": 0,
    });
    if with_users {
        shown["users"] = json!(group.users);
    }
    if with_count || with_users {
        shown["user_count"] = group.users.len().into();
    }
    shown
}

pub fn team(team: &Team, url: &str, enterprise: Option<(&str, &str)>) -> Value {
    let picture = |size: u32| format!("https://a.slack-edge.com/80588/img/avatars-teams/ava_0008-{size}.png");
    let mut icon = json!({"image_default": true});
    for size in [34, 44, 68, 88, 102, 230, 132] {
        icon[format!("image_{size}")] = picture(size).into();
    }
    let mut shown = json!({
        "id": team.id,
        "name": team.name,
        "url": url,
        "domain": team.domain,
        "email_domain": "",
        "avatar_base_url": "https://ca.slack-edge.com/",
        "is_verified": false,
        "icon": icon,
        "lob_sales_home_enabled": false,
        "is_sfdc_auto_slack": false,
    });
    if let Some((id, name)) = enterprise {
        shown["enterprise_id"] = id.into();
        shown["enterprise_name"] = name.into();
    }
    shown
}
