//! Pushes: the genuine ones get through, the others do not.

use chrono::Duration;
use gangway_effects::random_token;
use gangway_model::{SecretString, Timestamp};

use super::{Stage, StandIn};
use crate::contract::Connector;
use crate::descriptor::Push;
use crate::notification::{
    NotificationKey, NotificationRequest, Rejected, SubscribeRequest, Subscription, Verdict, Whose,
};

/// Has pushes about the default feed sent to the stage, in the way that the connector has them sent.
async fn subscribe<S: StandIn>(stage: &Stage<S>) -> (Subscription, SecretString, Timestamp) {
    let source = stage.source();
    let feed = source.default_feed();
    let secret = SecretString::from(random_token(""));
    let now = stage.now();
    if let Push::PerApp(_) = stage.connector.descriptor().capabilities.push {
        stage.push_to(&stage.push_address()).await;
        let whole_app = Subscription { id: String::new(), feed, resource_id: None, expires_at: None };
        return (whole_app, stage.app_secret(), now);
    }
    let request = SubscribeRequest {
        id: random_token("s").chars().take(36).collect(),
        cursor: source.start_cursor(&feed).await.unwrap(),
        feed,
        secret: secret.clone(),
        address: stage.push_address(),
        now,
    };
    let subscription = source.subscribe(&request).await.unwrap();
    assert_eq!((&subscription.id, &subscription.feed), (&request.id, &request.feed));
    (subscription, secret, now)
}

fn verdict<S: StandIn>(
    stage: &Stage<S>,
    request: &NotificationRequest,
    subscription: &Subscription,
    secret: &SecretString,
) -> Result<Verdict, Rejected> {
    let connector: &dyn Connector = stage.connector;
    match connector.notification_key(request)? {
        NotificationKey::Subscription { id } if id == subscription.id => {
            connector.verify_notification(request, secret)
        }
        NotificationKey::Subscription { .. } => Err(Rejected("another_subscription")),
        NotificationKey::App => connector.verify_notification(request, &stage.app_secret()),
        NotificationKey::Unsigned | NotificationKey::Offer { .. } => Err(Rejected("a_handshake")),
    }
}

pub async fn a_change_is_pushed_and_verified<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    let (subscription, secret, now) = subscribe(stage).await;
    if let Some(end) = subscription.expires_at {
        assert!(end > now + Duration::hours(2), "a subscription that ends at once is of no use");
    }
    stage.pushes().await;
    stage.create_file(&home, "a.txt", "a").await;
    let pushes = stage.pushes().await;
    let verdicts: Vec<_> = pushes.iter().map(|push| verdict(stage, push, &subscription, &secret)).collect();
    let is_call = |verdict: &Result<Verdict, Rejected>| match verdict {
        Ok(Verdict::Look(hint)) => hint.feeds || !hint.items.is_empty(),
        _ => false,
    };
    assert!(verdicts.iter().any(is_call), "{verdicts:?}");
    assert!(verdicts.iter().all(Result::is_ok), "{verdicts:?}");
    names_this_connection(stage, &verdicts).await;
}

/// What is said about whose connections a push concerns leads to this one.
async fn names_this_connection<S: StandIn>(stage: &Stage<S>, verdicts: &[Result<Verdict, Rejected>]) {
    let account = stage.source().account().await.unwrap();
    for verdict in verdicts {
        let Ok(Verdict::Look(hint)) = verdict else { continue };
        let is_ours = match &hint.whose {
            Whose::Subscription => stage.connector.descriptor().capabilities.push == Push::PerFeed,
            Whose::Accounts(ids) => ids.contains(&account.id),
            Whose::Workspace(workspace) => account.workspace.as_ref() == Some(workspace),
        };
        assert!(is_ours, "{hint:?} does not lead to {account:?}");
    }
}

pub async fn forged_notifications_are_rejected<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    let (subscription, secret, _) = subscribe(stage).await;
    stage.pushes().await;
    stage.create_file(&home, "a.txt", "a").await;
    let genuine = stage.pushes().await.pop().unwrap();
    assert!(verdict(stage, &genuine, &subscription, &secret).is_ok());

    let other_secret = SecretString::from(random_token(""));
    assert!(stage.connector.verify_notification(&genuine, &other_secret).is_err());
    // The same headers under another body: only those that are signed can tell.
    if let Push::PerApp(_) = stage.connector.descriptor().capabilities.push {
        let mut altered = genuine.clone();
        altered.body = [&genuine.body[..], b" "].concat().into();
        assert!(stage.connector.verify_notification(&altered, &secret).is_err());
    }
    let mut bare = genuine.clone();
    bare.headers.clear();
    assert!(verdict(stage, &bare, &subscription, &secret).is_err());
    // Without any one of its headers it is either refused or still asks for nothing but a look.
    for name in genuine.headers.keys() {
        let mut lacking = genuine.clone();
        lacking.headers.remove(name);
        let verdict = verdict(stage, &lacking, &subscription, &secret);
        assert!(!matches!(verdict, Ok(Verdict::Answer { .. })), "without {name}: {verdict:?}");
    }
    // An empty secret, should one ever be stored, opens nothing.
    let mut empty = genuine.clone();
    for value in empty.headers.values_mut() {
        *value = http::HeaderValue::from_static("");
    }
    assert!(stage.connector.verify_notification(&empty, &SecretString::from("")).is_err());
}

pub async fn ending_a_subscription_twice_is_no_error<S: StandIn>(stage: &Stage<S>) {
    if stage.connector.descriptor().capabilities.push != Push::PerFeed {
        return;
    }
    let home = stage.home();
    let (subscription, ..) = subscribe(stage).await;
    stage.source().unsubscribe(&subscription).await.unwrap();
    stage.source().unsubscribe(&subscription).await.unwrap();
    stage.pushes().await;
    stage.create_file(&home, "a.txt", "a").await;
    assert!(stage.pushes().await.is_empty());
}
