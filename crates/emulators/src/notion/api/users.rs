//! People and bots of the workspace.

use serde_json::Value;

use super::{Call, Result, list_by_id, object};
use crate::kernel::answer::Answer;
use crate::notion::ids::Id;
use crate::notion::workspace::UserInfo;

pub fn me(call: &Call<'_>) -> Result<Answer> {
    let store = call.notion.read();
    Ok(object(call.view(&store).bot(&call.bot)))
}

pub fn list_all(call: &Call<'_>) -> Result<Answer> {
    call.only_params(&["start_cursor", "page_size"])?;
    call.require(call.switches.capabilities.user_info != UserInfo::None)?;
    let paging = call.paging()?;
    let store = call.notion.read();
    let view = call.view(&store);
    let people = store.people.iter().filter(|person| !person.guest && !person.deactivated);
    let mut rows: Vec<(Id, Value)> = people.map(|person| (person.id, view.person(person))).collect();
    rows.push((call.bot.id, view.bot(&call.bot)));
    Ok(object(list_by_id("user", &rows, &paging)?))
}

pub fn get(call: &Call<'_>, id: Id) -> Result<Answer> {
    call.require(call.switches.capabilities.user_info != UserInfo::None)?;
    let store = call.notion.read();
    let view = call.view(&store);
    let known = store.find_person_by_id(id).is_some() || store.bots.get(&id).is_some_and(|bot| bot.live);
    if !known {
        return Err(call.not_found("user", id));
    }
    Ok(object(view.user(id)))
}
