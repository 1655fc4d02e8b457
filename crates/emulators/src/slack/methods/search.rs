//! `search.*`: words, phrases, `in:`, `from:`, `before:`, `after:`, `on:` and `has:`.

use serde_json::{Value, json};

use super::paging::ClassicPage;
use crate::kernel::clock::parse_rfc3339;
use crate::slack::call::Call;
use crate::slack::errors::ApiError;
use crate::slack::render::{files as render_files, messages as render};
use crate::slack::workspace::{Channel, ChannelKind, Message, SlackFile, Ts, Workspace};

const DAY_S: i64 = 86_400;

/// A parsed query; words are lower case.
#[derive(Debug, Default, PartialEq)]
struct Query {
    words: Vec<String>,
    unwanted: Vec<String>,
    within: Option<String>,
    from: Option<String>,
    /// In seconds, inside.
    since: Option<i64>,
    until: Option<i64>,
    has: Vec<String>,
}

fn parse(text: &str) -> Query {
    let mut query = Query::default();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (token, after) = next_token(rest);
        rest = after.trim_start();
        let lower = token.to_lowercase();
        let day = |text: &str| parse_rfc3339(text).ok().map(|ms| ms / 1000);
        match lower.split_once(':') {
            Some(("in", place)) => {
                query.within =
                    Some(token[3..].trim_start_matches(['#', '@']).to_owned()).filter(|_| !place.is_empty());
            }
            Some(("from", _)) => query.from = Some(token[5..].trim_start_matches('@').to_owned()),
            Some(("after", text)) => query.since = day(text).map(|day| day + DAY_S),
            Some(("before", text)) => query.until = day(text).map(|day| day - 1),
            Some(("on" | "during", text)) => {
                query.since = day(text);
                query.until = query.since.map(|day| day + DAY_S - 1);
            }
            Some(("has", what)) => query.has.push(what.to_owned()),
            _ => match lower.strip_prefix('-') {
                Some(unwanted) if !unwanted.is_empty() => query.unwanted.push(unwanted.to_owned()),
                _ if !lower.is_empty() => query.words.push(lower),
                _ => {}
            },
        }
    }
    query
}

/// Takes a word or a quoted phrase.
fn next_token(text: &str) -> (&str, &str) {
    if let Some(inside) = text.strip_prefix('"') {
        return inside.split_once('"').unwrap_or((inside, ""));
    }
    text.split_once(' ').unwrap_or((text, ""))
}

impl Query {
    fn fits_text(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.words.iter().all(|word| text.contains(word.trim_end_matches('*')))
            && !self.unwanted.iter().any(|word| text.contains(word))
    }

    fn fits_time(&self, seconds: i64) -> bool {
        self.since.is_none_or(|since| seconds >= since) && self.until.is_none_or(|until| seconds <= until)
    }

    fn fits_author(&self, call: &Call<'_>, workspace: &Workspace, user: &str) -> bool {
        let Some(wish) = &self.from else { return true };
        let wish = if wish == "me" { call.me.id.as_str() } else { wish.as_str() };
        let wish = wish.trim_start_matches('<').trim_start_matches('@').trim_end_matches('>');
        workspace.find_user(wish).is_ok_and(|found| found.id == user)
    }

    fn fits_channel(&self, channel: &Channel) -> bool {
        self.within.as_ref().is_none_or(|wish| channel.name == *wish || channel.id == *wish)
    }

    fn fits_message(&self, text: &str, message: &Message) -> bool {
        self.has.iter().all(|what| match what.as_str() {
            "link" => text.contains("<http"),
            "reaction" => message.rest.as_ref().is_some_and(|rest| !rest.reactions.is_empty()),
            "file" => message.rest.as_ref().is_some_and(|rest| !rest.files.is_empty()),
            _ => true,
        })
    }
}

fn found_messages(call: &Call<'_>, workspace: &Workspace, query: &Query) -> Vec<(String, Ts)> {
    let mut found = Vec::new();
    for channel in workspace.channels.values() {
        let visible = workspace.users.get(&call.me.id).is_some_and(|me| workspace.can_see(me, channel));
        if !visible || !query.fits_channel(channel) {
            continue;
        }
        for (ts, message) in &channel.log.messages {
            if !query.fits_time(ts.seconds()) || !query.fits_author(call, workspace, &message.user) {
                continue;
            }
            if message.subtype.as_deref() == Some("tombstone") {
                continue;
            }
            let text = message.words.text();
            if query.fits_text(&text) && query.fits_message(&text, message) {
                found.push((channel.id.clone(), *ts));
            }
        }
    }
    found
}

fn match_json(workspace: &Workspace, id: &str, ts: Ts) -> Option<Value> {
    let channel = workspace.channels.get(id)?;
    let message = channel.log.messages.get(&ts)?;
    let shared = !channel.connected_team_ids.is_empty();
    let author = workspace.users.get(&*message.user);
    let shown = render::message(workspace, channel, ts);
    let mut row = json!({
        "iid": render::search_iid(channel, ts),
        "team": channel.team_id,
        "score": 0,
        "channel": {
            "id": channel.id,
            "is_channel": channel.kind == ChannelKind::Public,
            "is_group": channel.kind == ChannelKind::Private,
            "is_im": channel.kind == ChannelKind::Im,
            "is_mpim": channel.kind == ChannelKind::Mpim,
            "is_shared": shared,
            "is_org_shared": false,
            "is_ext_shared": shared,
            "is_private": channel.is_private(),
            "name": channel.name,
            "pending_shared": [],
            "is_pending_ext_shared": false,
        },
        "type": "message",
        "user": &*message.user,
        "username": author.map_or("", |user| user.name.as_str()),
        "ts": ts.to_string(),
        "text": shown["text"],
        "permalink": render::permalink(workspace, channel, ts),
        "no_reactions": message.rest.as_ref().is_none_or(|rest| rest.reactions.is_empty()),
    });
    for key in ["blocks", "attachments", "files"] {
        if !shown[key].is_null() {
            row[key] = shown[key].clone();
        }
    }
    Some(row)
}

fn asked(call: &Call<'_>) -> Result<(String, Query), ApiError> {
    let text = call.args.get("query").filter(|text| !text.trim().is_empty()).ok_or("no_query")?;
    let query = parse(&text);
    Ok((text, query))
}

fn section(page: &ClassicPage, total: usize, matches: Vec<Value>) -> Value {
    let first = if total == 0 { 0 } else { (page.page - 1) * page.count + 1 };
    json!({
        "total": total,
        "pagination": {
            "total_count": total,
            "page": page.page,
            "per_page": page.count,
            "page_count": page.pages(total),
            "first": first,
            "last": (first + matches.len()).saturating_sub(1),
        },
        "paging": page.paging(total),
        "matches": matches,
    })
}

fn message_section(call: &Call<'_>, query: &Query, page: &ClassicPage) -> Value {
    let workspace = call.slack.read();
    let mut found = found_messages(call, &workspace, query);
    found.sort_by_key(|(_, ts)| *ts);
    if call.args.get("sort_dir").as_deref() != Some("asc") {
        found.reverse();
    }
    let matches = page.slice(&found).iter().filter_map(|(id, ts)| match_json(&workspace, id, *ts)).collect();
    section(page, found.len(), matches)
}

fn file_section(call: &Call<'_>, query: &Query, page: &ClassicPage) -> Value {
    let workspace = call.slack.read();
    let in_channel = |file: &SlackFile| {
        query.within.is_none()
            || file.shares.iter().any(|share| {
                workspace.channels.get(&share.channel).is_some_and(|channel| query.fits_channel(channel))
            })
    };
    let mut found: Vec<&SlackFile> = workspace
        .files
        .values()
        .filter(|file| !file.deleted && !file.pending && call.sees_file(&workspace, file))
        .filter(|file| query.fits_time(file.created) && query.fits_author(call, &workspace, &file.user))
        .filter(|file| in_channel(file))
        .filter(|file| {
            let names = [file.name.as_deref(), file.title.as_deref()];
            let mut text = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
            if file.mimetype.starts_with("text/") {
                text.push(' ');
                text.push_str(&String::from_utf8_lossy(&file.content.bytes()));
            }
            query.fits_text(&text)
        })
        .collect();
    found.sort_by_key(|file| std::cmp::Reverse(file.created));
    let matches = page.slice(&found).iter().map(|file| render_files::whole(&workspace, file, true)).collect();
    section(page, found.len(), matches)
}

pub fn messages(call: &Call<'_>) -> Result<Value, ApiError> {
    let (text, query) = asked(call)?;
    let page = ClassicPage::read(call, 20, 100)?;
    call.team_id(&call.slack.read())?;
    Ok(json!({"query": text, "messages": message_section(call, &query, &page)}))
}

pub fn files(call: &Call<'_>) -> Result<Value, ApiError> {
    let (text, query) = asked(call)?;
    let page = ClassicPage::read(call, 20, 100)?;
    call.team_id(&call.slack.read())?;
    Ok(json!({"query": text, "files": file_section(call, &query, &page)}))
}

pub fn all(call: &Call<'_>) -> Result<Value, ApiError> {
    let (text, query) = asked(call)?;
    let page = ClassicPage::read(call, 20, 100)?;
    Ok(json!({
        "query": text,
        "messages": message_section(call, &query, &page),
        "files": file_section(call, &query, &page),
        "posts": section(&page, 0, Vec::new()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_taken_apart() {
        let query = parse(r#"Refund "annual plan" in:#support from:@ada after:2026-02-01 -draft has:link"#);
        assert_eq!(query.words, ["refund", "annual plan"]);
        assert_eq!(query.unwanted, ["draft"]);
        assert_eq!(query.within.as_deref(), Some("support"));
        assert_eq!(query.from.as_deref(), Some("ada"));
        assert_eq!(query.since, Some(1_769_904_000 + DAY_S));
        assert_eq!(query.has, ["link"]);
    }
}
