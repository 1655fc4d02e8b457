//! One call of the Web API: who calls, whether they may, how often, and the answer's frame.

use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::args::Args;
use super::errors::ApiError;
use super::limits::Tier;
use super::methods::{self, Method};
use super::state::{Grid, Slack, Switches};
use super::tokens::{Kind, Token};
use super::workspace::{Channel, ChannelKind, User, Workspace};
use crate::kernel::answer::Answer;
use crate::kernel::faults::Hint;

/// A call that is let in.
pub struct Call<'a> {
    pub slack: &'a Slack,
    pub args: Args,
    pub token: Token,
    pub token_text: String,
    pub me: User,
    pub switches: Switches,
    pub hint: Option<Hint>,
    pub now_ms: i64,
}

/// Answers `/api/<method>` for everything but the OAuth methods.
pub fn run(
    slack: &Slack,
    name: &str,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
    hint: Option<Hint>,
) -> Answer {
    let Some(method) = methods::find(name) else {
        let mut error = ApiError::new("unknown_method");
        error.more.insert("req_method".into(), name.into());
        return error.into_answer();
    };
    let args = match Args::read(query, headers, body, method.takes_json) {
        Ok(args) => args,
        Err(error) => return error.into_answer(),
    };
    let warnings = args.warnings.clone();
    let token = bearer(headers).or_else(|| args.form_token.clone());
    let (call, answer) = match admit(slack, method, args, token, hint) {
        Ok(call) => {
            let result = check(&call, method).and_then(|()| (method.run)(&call));
            (Some(call), result)
        }
        Err(error) => (None, Err(error)),
    };
    let mut answer = match answer {
        Ok(mut body) => {
            body["ok"] = true.into();
            if let Some(first) = warnings.first() {
                body["warning"] = (*first).into();
                body["response_metadata"]["warnings"] = json!(warnings);
            }
            Answer::json(200, body.to_string())
        }
        Err(error) => error.into_answer(),
    };
    if let Some(call) = call {
        answer = answer.with_header("X-OAuth-Scopes", call.token.provided());
        if let Some(accepted) = method.scopes(call.token.holder.kind) {
            answer = answer.with_header("X-Accepted-OAuth-Scopes", accepted.join(","));
        }
    }
    answer
}

pub fn bearer(headers: &HeaderMap) -> Option<String> {
    let header = headers.get("authorization")?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn admit<'a>(
    slack: &'a Slack,
    method: &Method,
    args: Args,
    token: Option<String>,
    hint: Option<Hint>,
) -> Result<Call<'a>, ApiError> {
    let token_text = token.ok_or("not_authed")?;
    if token_text.starts_with("xapp-") {
        return Err("not_allowed_token_type".into());
    }
    let now_ms = slack.now_ms();
    let workspace = slack.read();
    let token = slack.tokens().authenticate(&slack.kernel.authz, &workspace, &token_text, now_ms)?;
    let me = workspace.users.get(&token.holder.user_id).cloned().ok_or("account_inactive")?;
    drop(workspace);
    let switches = slack.switches();
    let call = Call { slack, args, token, token_text, me, switches, hint, now_ms };
    call.take_rate(method)?;
    Ok(call)
}

fn check(call: &Call<'_>, method: &Method) -> Result<(), ApiError> {
    let scopes = method.scopes(call.token.holder.kind).ok_or("not_allowed_token_type")?;
    if !scopes.is_empty() && !scopes.iter().any(|scope| call.token.has(scope)) {
        return Err(call.missing_scope(&scopes.join(",")));
    }
    if call.hint == Some(Hint::ExpiredCursor) && call.args.get("cursor").is_some() {
        return Err("invalid_cursor".into());
    }
    Ok(())
}

impl Call<'_> {
    pub fn missing_scope(&self, needed: &str) -> ApiError {
        ApiError::missing_scope(needed, &self.token.provided())
    }

    pub fn is_bot(&self) -> bool {
        self.token.holder.kind == Kind::Bot
    }

    /// Says whether this method is slowed down to one call a minute.
    pub fn is_restricted(&self, name: &str) -> bool {
        self.switches.restricted_history && matches!(name, "conversations.history" | "conversations.replies")
    }

    fn take_rate(&self, method: &Method) -> Result<(), ApiError> {
        let restricted = self.is_restricted(method.name);
        if !restricted && !self.switches.rate_limits {
            return Ok(());
        }
        let tier = if restricted { Tier::One } else { method.tier };
        let team = self.args.get("team_id").unwrap_or_else(|| self.token.holder.team_id.clone());
        let key = format!("{}/{team}/{}", method.name, self.token.holder.client_id);
        self.slack.limits.take(&key, tier.per_minute(), self.now_ms).map_err(ApiError::rate_limited)
    }

    /// Returns the workspace a list is about; an organisation's token must name it.
    pub fn team_id(&self, workspace: &Workspace) -> Result<String, ApiError> {
        if !self.token.holder.organisation {
            return Ok(self.token.holder.team_id.clone());
        }
        let asked = self.args.get("team_id").ok_or("missing_argument")?;
        if workspace.teams.iter().any(|team| team.id == asked) {
            Ok(asked)
        } else {
            Err("team_access_not_granted".into())
        }
    }

    /// Returns the key under which channels name their home team.
    pub fn team_key(&self, in_list: bool) -> &'static str {
        if in_list && self.switches.grid != Grid::Off { "team" } else { "context_team_id" }
    }

    pub fn user<'w>(&self, workspace: &'w Workspace) -> Result<&'w User, ApiError> {
        workspace.users.get(&self.me.id).ok_or_else(|| "account_inactive".into())
    }

    /// Finds a conversation whose existence the caller may know of.
    pub fn channel<'w>(&self, workspace: &'w Workspace, id: &str) -> Result<&'w Channel, ApiError> {
        let channel = workspace.channels.get(id).ok_or("channel_not_found")?;
        let me = self.user(workspace)?;
        let visible = if self.is_bot() {
            channel.kind == ChannelKind::Public || channel.members.contains(&me.id)
        } else {
            workspace.can_see(me, channel)
        };
        if !visible || !self.same_team(channel) {
            return Err("channel_not_found".into());
        }
        Ok(channel)
    }

    fn same_team(&self, channel: &Channel) -> bool {
        let holder = &self.token.holder;
        holder.organisation
            || channel.team_id == holder.team_id
            || channel.connected_team_ids.contains(&holder.team_id)
    }

    /// Finds a conversation whose messages the caller may read, with the scope of its kind.
    pub fn readable<'w>(
        &self,
        workspace: &'w Workspace,
        id: &str,
        scope: &str,
    ) -> Result<&'w Channel, ApiError> {
        let channel = self.channel(workspace, id)?;
        self.need_family(channel.kind, scope)?;
        if channel.limited_access {
            return Err("channel_is_limited_access".into());
        }
        if self.is_bot() && !channel.members.contains(&self.me.id) {
            return Err("not_in_channel".into());
        }
        Ok(channel)
    }

    /// Asks for `channels:`, `groups:`, `im:` or `mpim:` with the given ending.
    pub fn need_family(&self, kind: ChannelKind, ending: &str) -> Result<(), ApiError> {
        let needed = format!("{}:{ending}", kind.scope_family());
        if self.token.has(&needed) { Ok(()) } else { Err(self.missing_scope(&needed)) }
    }

    /// Says whether a file shows up for the caller: shared where they may read, or their own.
    pub fn sees_file(&self, workspace: &Workspace, file: &super::workspace::SlackFile) -> bool {
        let Some(me) = workspace.users.get(&self.me.id) else { return false };
        file_visible(workspace, file, me, self.is_bot())
    }

    /// Returns the oldest moment that is not hidden, in seconds.
    pub fn hidden_before(&self) -> Option<i64> {
        let days = self.switches.hidden_after_days;
        (days > 0).then(|| self.now_ms / 1000 - days * 86_400)
    }

    /// Says whether a page must come back empty, whatever there is.
    pub fn wants_empty_page(&self) -> bool {
        self.hint == Some(Hint::EmptyPage)
    }

    /// Returns an answer as JSON or the refusal's own words.
    pub fn cursor_or_repeat(&self, next: String) -> String {
        if self.hint == Some(Hint::RepeatPageToken) {
            return self.args.get("cursor").unwrap_or(next);
        }
        next
    }
}

/// Says whether someone may see a file.
pub fn file_visible(
    workspace: &Workspace,
    file: &super::workspace::SlackFile,
    me: &User,
    is_bot: bool,
) -> bool {
    if file.user == me.id {
        return true;
    }
    file.shares.iter().any(|share| {
        workspace.channels.get(&share.channel).is_some_and(|channel| {
            if is_bot { channel.members.contains(&me.id) } else { workspace.can_see(me, channel) }
        })
    })
}

/// Returns the JSON of an empty success.
pub fn done() -> Result<Value, ApiError> {
    Ok(json!({}))
}
