//! One call of the Drive API: credentials, scopes, quota, parameters, then the operation itself.

use axum::http::HeaderMap;
use bytes::Bytes;

use super::answer::Answer;
use super::drive::AccountRef;
use super::errors::ApiError;
use super::fields::Mask;
use super::operations::{Operation, SCOPE_PREFIX};
use super::params::Params;
use super::schema::Shape;
use super::state::{Google, Switches};
use super::{about, changes, downloads, drives, files, watch};
use crate::kernel::authz::AccessToken;
use crate::kernel::faults::Hint;

/// A call whose caller is known and allowed to make it.
pub struct DriveCall<'a> {
    pub operation: &'static Operation,
    pub arguments: Vec<String>,
    pub params: Params,
    pub headers: &'a HeaderMap,
    pub body: &'a Bytes,
    pub token: AccessToken,
    pub me: AccountRef,
    pub now_ms: i64,
    pub switches: Switches,
    pub hint: Option<Hint>,
}

impl DriveCall<'_> {
    /// Returns the mask of the answer: what was asked, or the documented default.
    pub fn mask(&self, shape: &'static Shape, default: Mask) -> Result<Mask, ApiError> {
        match self.params.get("fields") {
            Some(text) => Mask::parse(text, shape),
            None => Ok(default),
        }
    }

    pub fn wants_media(&self) -> bool {
        self.params.get("alt") == Some("media")
    }

    pub fn supports_all_drives(&self) -> Result<bool, ApiError> {
        self.params.either_flag("supportsAllDrives", "supportsTeamDrives")
    }

    /// Says whether only files picked for the calling client may be seen.
    pub fn sees_only_picked(&self) -> bool {
        let wide = ["drive", "drive.readonly", "drive.metadata", "drive.metadata.readonly"];
        !self.has_scope(&wide) && self.has_scope(&["drive.file"])
    }

    pub fn has_scope(&self, short_names: &[&str]) -> bool {
        has_scope(&self.token, short_names)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

fn has_scope(token: &AccessToken, short_names: &[&str]) -> bool {
    token
        .scopes
        .iter()
        .any(|scope| scope.strip_prefix(SCOPE_PREFIX).is_some_and(|short| short_names.contains(&short)))
}

/// Returns the bearer token of a call, from the header or the older query parameters.
pub fn bearer(headers: &HeaderMap, params: &Params) -> Option<String> {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok());
    if let Some(header) = header {
        let (scheme, token) = header.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned());
    }
    params.get("access_token").or_else(|| params.get("oauth_token")).map(str::to_owned)
}

/// Checks the credentials of a call and returns its token and account.
pub fn authenticate(
    google: &Google,
    headers: &HeaderMap,
    params: &Params,
) -> Result<(AccessToken, AccountRef), ApiError> {
    let text = bearer(headers, params).ok_or_else(ApiError::login_required)?;
    let token =
        google.kernel.authz.find_access(&text, google.now_ms()).ok_or_else(ApiError::invalid_credentials)?;
    let me = google.read_drive().find_account(&token.subject).ok_or_else(ApiError::invalid_credentials)?;
    Ok((token, me))
}

/// Runs one operation.
pub fn run(
    google: &Google,
    operation: &'static Operation,
    arguments: Vec<String>,
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
    hint: Option<Hint>,
) -> Result<Answer, ApiError> {
    let params = Params::parse(query);
    let (token, me) = authenticate(google, headers, &params)?;
    let switches = google.switches();
    if !has_scope(&token, operation.scopes) {
        return Err(ApiError::insufficient_scope(operation.id));
    }
    let now_ms = google.now_ms();
    let call = DriveCall { operation, arguments, params, headers, body, token, me, now_ms, switches, hint };
    let downloads = call.wants_media() || operation.id == "drive.files.export";
    let units = if downloads { 200 } else { operation.quota_units };
    let user = call.params.get("quotaUser").unwrap_or(&call.token.subject);
    let limits = &call.switches.quotas;
    google.quota.charge(limits, &call.token.client_id, user, units, now_ms)?;
    if call.switches.strict_parameters {
        call.params.check_known(operation.parameters)?;
    }
    dispatch(google, &call)
}

fn dispatch(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    match call.operation.id {
        "drive.about.get" => about::get(google, call),
        "drive.files.list" => files::list::list(google, call),
        "drive.files.get" => files::get::get(google, call),
        "drive.files.export" => files::content::export(google, call),
        "drive.files.download" => downloads::start(google, call),
        "drive.operations.get" => downloads::get(google, call),
        "drive.files.watch" => watch::watch_file(google, call),
        "drive.files.listLabels" => files::get::list_labels(google, call),
        "drive.revisions.list" => files::revisions::list(google, call),
        "drive.revisions.get" => files::revisions::get(google, call),
        "drive.permissions.list" => files::permissions::list(google, call),
        "drive.permissions.get" => files::permissions::get(google, call),
        "drive.drives.list" => drives::list(google, call),
        "drive.drives.get" => drives::get(google, call),
        "drive.changes.getStartPageToken" => changes::start_page_token(google, call),
        "drive.changes.list" => changes::list(google, call),
        "drive.changes.watch" => watch::watch_changes(google, call),
        "drive.channels.stop" => watch::stop(google, call),
        other => Err(ApiError::new(501, "notImplemented", format!("{other} is not emulated"))),
    }
}
