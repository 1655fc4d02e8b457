//! Assistants: what registers itself, what people allow it, and the tokens it holds for that.

use std::time::Duration;

use gangway_model::{AssistantClientId, AssistantId, AssistantScope, Timestamp};
use gangway_store::testing::{TestStore, each_backend};
use gangway_store::{
    AssistantClient, ClientAuth, NewAssistantCode, NewAssistantTokens, NewTask, Paging, Presented,
    RevokedAssistantToken, Rotated, StoreError, TakenCode, UserChange,
};
use serde_json::json;

use crate::fixture::World;

pub const RESOURCE: &str = "https://gw.example/mcp";
pub const MANY: (u32, Duration) = (1000, Duration::from_secs(60));

pub fn client(created_at: Timestamp) -> AssistantClient {
    AssistantClient {
        id: AssistantClientId::fresh(),
        name: "A program".to_owned(),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        auth: ClientAuth::None,
        secret_hash: None,
        created_at,
        expires_at: created_at + Duration::from_secs(86_400),
        fresh_until: None,
    }
}

pub async fn registered(test: &TestStore, at: Timestamp) -> AssistantClientId {
    let client = client(at);
    test.store.create_assistant_client(&client, MANY, 1000).await.unwrap().unwrap();
    client.id
}

pub fn code(world: &World, client: &AssistantClientId, hash: &str) -> NewAssistantCode {
    NewAssistantCode {
        hash: hash.to_owned(),
        user_id: world.user.id.clone(),
        client_id: client.clone(),
        redirect_uri: "https://app.example/cb".to_owned(),
        scopes: vec![AssistantScope::Search, AssistantScope::Read],
        resource: RESOURCE.to_owned(),
        signed_in_hash: "signed in".to_owned(),
        challenge: "challenge".to_owned(),
        expires_at: world.now + Duration::from_secs(60),
    }
}

/// A pair that ends after an hour and after a month.
pub fn pair(name: &str, now: Timestamp) -> NewAssistantTokens {
    NewAssistantTokens {
        access_hash: format!("access {name}"),
        access_expires_at: now + Duration::from_secs(3600),
        refresh_hash: format!("refresh {name}"),
        refresh_expires_at: now + Duration::from_secs(30 * 86_400),
    }
}

pub async fn allow(
    test: &TestStore,
    world: &World,
    client: &AssistantClientId,
    name: &str,
) -> Result<AssistantId, StoreError> {
    let code = code(world, client, name);
    test.store.create_assistant_code(&code).await?;
    let taken = test.store.take_assistant_code(name, client, world.now).await?;
    assert_eq!(taken, TakenCode::Taken(Box::new(code.clone())));
    test.store
        .create_assistant(&code, &pair(name, world.now), world.now + Duration::from_secs(90 * 86_400))
        .await
}

async fn works(test: &TestStore, name: &str, now: Timestamp) -> bool {
    test.store.find_assistant_caller(&format!("access {name}"), now).await.unwrap().is_some()
}

async fn rotate(
    test: &TestStore,
    client: &AssistantClientId,
    old: &str,
    new: &str,
    wanted: Option<&[AssistantScope]>,
    now: Timestamp,
) -> Rotated {
    let hash = format!("refresh {old}");
    let shown = Presented { hash: &hash, client, resource: RESOURCE, now };
    let ends = now + Duration::from_secs(90 * 86_400);
    test.store.rotate_assistant_tokens(shown, wanted, &pair(new, now), ends).await.unwrap()
}

#[tokio::test]
async fn a_code_is_good_once_for_its_client_and_showing_it_again_ends_what_it_made() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let (client, other) = (registered(&test, ann.now).await, registered(&test, ann.now).await);
        let store = &test.store;
        let one = code(&ann, &client, "one");
        store.create_assistant_code(&one).await.unwrap();
        let stranger = store.take_assistant_code("one", &other, ann.now).await.unwrap();
        assert_eq!(stranger, TakenCode::NotFound, "and it is still good");
        assert!(matches!(
            store.take_assistant_code("one", &client, ann.now).await.unwrap(),
            TakenCode::Taken(_)
        ));
        let ends = ann.now + Duration::from_secs(90 * 86_400);
        let id = store.create_assistant(&one, &pair("one", ann.now), ends).await.unwrap();
        let caller = store.find_assistant_caller("access one", ann.now).await.unwrap().unwrap();
        assert_eq!((&caller.user, &caller.assistant_id), (&ann.user, &id));
        assert_eq!((caller.scopes, caller.resource.as_str()), (one.scopes.clone(), RESOURCE));
        assert!(!works(&test, "one", ann.now + Duration::from_secs(3600)).await, "an hour and no longer");
        assert_eq!(store.find_assistant_caller("refresh one", ann.now).await.unwrap(), None);

        assert_eq!(store.take_assistant_code("one", &other, ann.now).await.unwrap(), TakenCode::NotFound);
        assert!(works(&test, "one", ann.now).await, "a stranger ends nothing");
        let again = store.take_assistant_code("one", &client, ann.now).await.unwrap();
        assert_eq!(again, TakenCode::ShownAgain { user_id: ann.user.id.clone(), ended: Some(id) });
        assert!(!works(&test, "one", ann.now).await);

        // Shown twice before anything was made of it: nothing is.
        let two = code(&ann, &client, "two");
        store.create_assistant_code(&two).await.unwrap();
        store.take_assistant_code("two", &client, ann.now).await.unwrap();
        store.take_assistant_code("two", &client, ann.now).await.unwrap();
        let late = store.create_assistant(&two, &pair("two", ann.now), ends).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");

        let three = code(&ann, &client, "three");
        store.create_assistant_code(&three).await.unwrap();
        let late = store.take_assistant_code("three", &client, three.expires_at).await.unwrap();
        assert_eq!(late, TakenCode::NotFound, "past its end");
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_once_and_showing_it_again_ends_all_of_it() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let (client, other) = (registered(&test, ann.now).await, registered(&test, ann.now).await);
        allow(&test, &ann, &client, "one").await.unwrap();
        assert_eq!(rotate(&test, &other, "one", "x", None, ann.now).await, Rotated::NotFound);
        let too_much = [AssistantScope::Sync];
        assert_eq!(rotate(&test, &client, "one", "x", Some(&too_much), ann.now).await, Rotated::TooMuch);
        let elsewhere = Presented {
            hash: "refresh one",
            client: &client,
            resource: "https://other.example/mcp",
            now: ann.now,
        };
        let elsewhere =
            test.store.rotate_assistant_tokens(elsewhere, None, &pair("x", ann.now), ann.now).await;
        assert_eq!(elsewhere.unwrap(), Rotated::NotFound);

        let later = ann.now + Duration::from_secs(20 * 86_400);
        let less = [AssistantScope::Search];
        assert_eq!(
            rotate(&test, &client, "one", "two", Some(&less), later).await,
            Rotated::Exchanged(less.to_vec())
        );
        let caller = test.store.find_assistant_caller("access two", later).await.unwrap().unwrap();
        assert_eq!(caller.scopes, less, "what was asked for");
        let all = [AssistantScope::Search, AssistantScope::Read];
        let even_later = later + Duration::from_secs(20 * 86_400);
        assert_eq!(
            rotate(&test, &client, "two", "three", None, even_later).await,
            Rotated::Exchanged(all.to_vec()),
            "all of it again, and longer than the first would have lived"
        );
        assert_eq!(rotate(&test, &other, "one", "x", None, even_later).await, Rotated::NotFound);
        assert!(works(&test, "three", even_later).await, "a stranger ends nothing");
        let reused = rotate(&test, &client, "two", "x", None, even_later).await;
        assert!(matches!(&reused, Rotated::Reused(ended) if ended.user_id == ann.user.id), "{reused:?}");
        assert!(!works(&test, "three", even_later).await);
        assert_eq!(rotate(&test, &client, "three", "x", None, even_later).await, Rotated::NotFound);
        let left = test.store.list_assistants(&ann.user.id, even_later, &Paging::first(9)).await.unwrap();
        assert!(left.rows.is_empty());
    })
    .await;
}

#[tokio::test]
async fn two_who_show_one_refresh_token_at_once_end_it() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let client = registered(&test, ann.now).await;
        allow(&test, &ann, &client, "one").await.unwrap();
        let (first, second) = tokio::join!(
            rotate(&test, &client, "one", "two", None, ann.now),
            rotate(&test, &client, "one", "three", None, ann.now)
        );
        let exchanged = |one: &Rotated| matches!(one, Rotated::Exchanged(_));
        let reused = |one: &Rotated| matches!(one, Rotated::Reused(_));
        assert!(
            (exchanged(&first) && reused(&second)) || (exchanged(&second) && reused(&first)),
            "{first:?} {second:?}"
        );
        assert!(!works(&test, "two", ann.now).await && !works(&test, "three", ann.now).await);
    })
    .await;
}

#[tokio::test]
async fn it_ends_with_its_user_with_the_token_that_signed_in_and_when_it_is_revoked() {
    each_backend(|test| async move {
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        let store = &test.store;
        let client = registered(&test, ann.now).await;
        let first = allow(&test, &ann, &client, "first").await.unwrap();
        let id = allow(&test, &ann, &client, "again").await.unwrap();
        assert!(!works(&test, "first", ann.now).await, "allowing it again replaces what was allowed before");
        allow(&test, &bob, &client, "bob").await.unwrap();
        let listed = store.list_assistants(&ann.user.id, ann.now, &Paging::first(9)).await.unwrap().rows;
        assert_eq!(listed.len(), 1);
        assert_eq!((&listed[0].id, listed[0].name.as_str()), (&id, "A program"));

        for foreign in [(&bob.user.id, &id), (&ann.user.id, &first)] {
            let answer = store.delete_assistant(Some(foreign.0), foreign.1).await;
            assert!(matches!(answer, Err(StoreError::NotFound)), "{answer:?}");
        }
        let all = store.list_users_assistants(None, ann.now, &Paging::first(1)).await.unwrap();
        assert_eq!(
            (all.rows[0].assistant.user_id.clone(), all.rows[0].user_external_id.as_deref()),
            (bob.user.id.clone(), Some("bob"))
        );
        let rest = Paging::after(all.next.clone(), 1);
        let rest = store.list_users_assistants(None, ann.now, &rest).await.unwrap();
        assert_eq!(
            (rest.rows[0].assistant.id.clone(), rest.next),
            (id.clone(), None),
            "the newest first, in pages"
        );
        let anns = store.list_users_assistants(Some(&ann.user.id), ann.now, &Paging::first(9)).await.unwrap();
        assert_eq!(anns.rows, rest.rows);
        let ended = store.delete_assistant(Some(&ann.user.id), &id).await.unwrap();
        assert_eq!(ended, (ann.user.id.clone(), client.clone()));
        assert!(!works(&test, "again", ann.now).await && works(&test, "bob", ann.now).await);

        let token = store.create_token(&ann.user.id, "signed in", None, None).await.unwrap();
        let other = store.create_token(&ann.user.id, "another", None, None).await.unwrap();
        allow(&test, &ann, &client, "by token").await.unwrap();
        store.create_assistant_code(&code(&ann, &client, "open")).await.unwrap();
        store.delete_token(&ann.user.id, &other).await.unwrap();
        assert!(works(&test, "by token", ann.now).await);
        store.delete_token(&ann.user.id, &token).await.unwrap();
        assert!(!works(&test, "by token", ann.now).await);
        assert_eq!(store.take_assistant_code("open", &client, ann.now).await.unwrap(), TakenCode::NotFound);

        allow(&test, &ann, &client, "last").await.unwrap();
        store.create_assistant_code(&code(&ann, &client, "taken")).await.unwrap();
        store.take_assistant_code("taken", &client, ann.now).await.unwrap();
        let task = NewTask::new("leave", json!({}));
        store.start_user_deletion(&ann.user.id, &task).await.unwrap();
        assert!(!works(&test, "last", ann.now).await, "at once, long before the rows are taken apart");
        let ends = ann.now + Duration::from_secs(1);
        let late = store.create_assistant(&code(&ann, &client, "taken"), &pair("late", ann.now), ends).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");
    })
    .await;
}

#[tokio::test]
async fn a_client_gives_back_its_own_tokens_only() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let (client, other) = (registered(&test, ann.now).await, registered(&test, ann.now).await);
        let id = allow(&test, &ann, &client, "one").await.unwrap();
        let store = &test.store;
        for token in ["access one", "refresh one"] {
            assert_eq!(store.revoke_assistant_token(token, &other).await.unwrap(), None);
        }
        assert_eq!(store.revoke_assistant_token("unknown", &client).await.unwrap(), None);
        assert!(works(&test, "one", ann.now).await);
        let access = store.revoke_assistant_token("access one", &client).await.unwrap();
        assert_eq!(access, Some(RevokedAssistantToken::Access));
        assert!(!works(&test, "one", ann.now).await);
        assert!(matches!(rotate(&test, &client, "one", "two", None, ann.now).await, Rotated::Exchanged(_)));
        let all = store.revoke_assistant_token("refresh two", &client).await.unwrap();
        assert_eq!(all, Some(RevokedAssistantToken::Assistant { user_id: ann.user.id.clone(), id }));
        assert!(!works(&test, "two", ann.now).await);
    })
    .await;
}

#[tokio::test]
async fn registering_is_bounded_in_pace_and_in_number() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let store = &test.store;
        let pace = (3, Duration::from_secs(60));
        let kept = registered(&test, ann.now - Duration::from_secs(900)).await;
        allow(&test, &ann, &kept, "one").await.unwrap();
        let mut made = Vec::new();
        for _ in 0..3 {
            let client = client(ann.now);
            assert!(store.create_assistant_client(&client, pace, 5).await.unwrap().is_some());
            made.push(client.id);
        }
        assert!(store.create_assistant_client(&client(ann.now), pace, 5).await.unwrap().is_none());
        let mut now = ann.now;
        for _ in 0..4 {
            now += Duration::from_secs(61);
            let client = client(now);
            assert!(store.create_assistant_client(&client, pace, 5).await.unwrap().is_some());
            made.push(client.id);
        }
        let mut left = Vec::new();
        for id in &made {
            left.push(store.find_assistant_client(id, now).await.unwrap().is_some());
        }
        assert_eq!(left[3..], [true; 4], "the newest stay: {left:?}");
        assert!(left.iter().filter(|there| **there).count() <= 5, "{left:?}");
        assert!(store.find_assistant_client(&kept, now).await.unwrap().is_some(), "what is used stays");
    })
    .await;
}

#[tokio::test]
async fn what_has_ended_is_forgotten() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let store = &test.store;
        let (used, unused) = (registered(&test, ann.now).await, registered(&test, ann.now).await);
        allow(&test, &ann, &used, "one").await.unwrap();
        assert_eq!(store.delete_expired_assistants(ann.now).await.unwrap(), 0);
        let day = ann.now + Duration::from_secs(86_400);
        assert_eq!(store.find_assistant_client(&unused, day).await.unwrap(), None, "also before it is swept");
        let later = day + Duration::from_secs(1);
        assert_eq!(
            store.delete_expired_assistants(later).await.unwrap(),
            3,
            "a client, a code, an access token"
        );
        assert!(store.find_assistant_client(&used, later).await.unwrap().is_some());
        let month = ann.now + Duration::from_secs(30 * 86_400 + 1);
        assert_eq!(store.delete_expired_assistants(month).await.unwrap(), 2, "a refresh token and the rest");
        let quarter = ann.now + Duration::from_secs(90 * 86_400 + 1);
        assert_eq!(store.delete_expired_assistants(quarter).await.unwrap(), 1, "the client");
    })
    .await;
}

#[tokio::test]
async fn a_client_with_a_document_is_what_its_document_said_last() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let store = &test.store;
        let hour = Duration::from_secs(3600);
        let said = |name: &str, at: Timestamp| AssistantClient {
            id: AssistantClientId::from("https://app.example/client.json"),
            name: name.to_owned(),
            fresh_until: Some(at + hour),
            ..client(at)
        };
        let first = said("First", ann.now);
        store.put_assistant_client_document(&first, 1000).await.unwrap();
        assert_eq!(store.find_assistant_client(&first.id, ann.now).await.unwrap(), Some(first.clone()));
        allow(&test, &ann, &first.id, "one").await.unwrap();
        let later = ann.now + 2 * hour;
        let second = said("Second", later);
        store.put_assistant_client_document(&second, 1000).await.unwrap();
        let found = store.find_assistant_client(&first.id, later).await.unwrap().unwrap();
        assert_eq!(
            (found.name.as_str(), found.fresh_until, found.created_at),
            ("Second", second.fresh_until, ann.now)
        );
        assert!(
            found.expires_at > later + Duration::from_secs(80 * 86_400),
            "it is remembered for what it was allowed"
        );
        assert!(works(&test, "one", ann.now).await, "and that stays");
        // One that nobody allows anything gives way like any other.
        for number in 0..3 {
            let id = AssistantClientId::from(format!("https://app.example/{number}.json"));
            let at = later + Duration::from_secs(number);
            let other = AssistantClient { id, ..said("Other", at) };
            store.put_assistant_client_document(&other, 2).await.unwrap();
        }
        let is_kept = async |path: &str| {
            let id = AssistantClientId::from(format!("https://app.example/{path}.json"));
            store.find_assistant_client(&id, later).await.unwrap().is_some()
        };
        assert!(!is_kept("0").await && is_kept("1").await && is_kept("2").await && is_kept("client").await);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_users_codes_and_tokens_wait_unused() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let store = &test.store;
        let client = registered(&test, ann.now).await;
        allow(&test, &ann, &client, "one").await.unwrap();
        let two = code(&ann, &client, "two");
        store.create_assistant_code(&two).await.unwrap();
        let set = async |disabled: bool| {
            let change = UserChange { disabled: Some(disabled), ..UserChange::default() };
            store.update_user(&ann.user.id, &change).await.unwrap()
        };
        set(true).await;
        let caller = store.find_assistant_caller("access one", ann.now).await.unwrap().unwrap();
        assert_eq!(caller.user.disabled_at, Some(ann.now));
        assert_eq!(rotate(&test, &client, "one", "x", None, ann.now).await, Rotated::UserDisabled);
        assert_eq!(rotate(&test, &client, "none", "x", None, ann.now).await, Rotated::NotFound);
        assert_eq!(store.take_assistant_code("two", &client, ann.now).await.unwrap(), TakenCode::NotFound);
        set(false).await;
        assert!(matches!(rotate(&test, &client, "one", "x", None, ann.now).await, Rotated::Exchanged(_)));
        assert!(matches!(
            store.take_assistant_code("two", &client, ann.now).await.unwrap(),
            TakenCode::Taken(_)
        ));
        set(true).await;
        let reused = rotate(&test, &client, "one", "y", None, ann.now).await;
        assert!(matches!(reused, Rotated::Reused(_)), "a stolen one is stolen all the same");
    })
    .await;
}
