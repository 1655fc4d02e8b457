//! Pushes: the genuine ones get through, the others do not.

use chrono::Duration;
use gangway_effects::random_token;
use gangway_model::{SecretString, Timestamp};

use super::Harness;
use crate::contract::Connector;
use crate::notification::{
    NotificationKey, NotificationRequest, Rejected, SubscribeRequest, Subscription, Verdict,
};

async fn subscribe<H: Harness>(harness: &H) -> (Subscription, SecretString, Timestamp) {
    let source = harness.source();
    let feed = source.default_feed();
    let secret = SecretString::from(random_token(""));
    let now = harness.now();
    let request = SubscribeRequest {
        id: random_token("s").chars().take(36).collect(),
        cursor: source.start_cursor(&feed).await.unwrap(),
        feed,
        secret: secret.clone(),
        address: harness.push_address(),
        now,
    };
    let subscription = source.subscribe(&request).await.unwrap();
    assert_eq!((&subscription.id, &subscription.feed), (&request.id, &request.feed));
    (subscription, secret, now)
}

fn verdict<H: Harness>(
    harness: &H,
    request: &NotificationRequest,
    subscription: &Subscription,
    secret: &SecretString,
) -> Result<Verdict, Rejected> {
    let connector: &dyn Connector = harness.connector();
    match connector.notification_key(request)? {
        NotificationKey::Subscription { id } if id == subscription.id => {
            connector.verify_notification(request, secret)
        }
        NotificationKey::Subscription { .. } => Err(Rejected("another_subscription")),
        NotificationKey::App => connector.verify_notification(request, &harness.app_secret()),
    }
}

pub async fn a_change_is_pushed_and_verified<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let (subscription, secret, now) = subscribe(harness).await;
    if let Some(end) = subscription.expires_at {
        assert!(end > now + Duration::hours(2), "a subscription that ends at once is of no use");
    }
    harness.pushes().await;
    harness.create_file(&home, "a.txt", "a").await;
    let pushes = harness.pushes().await;
    let verdicts: Vec<_> = pushes.iter().map(|push| verdict(harness, push, &subscription, &secret)).collect();
    let is_call = |verdict: &Result<Verdict, Rejected>| match verdict {
        Ok(Verdict::Poll { feeds }) => feeds.is_empty() || feeds.contains(&subscription.feed),
        Ok(Verdict::PollAccounts { .. }) => true,
        _ => false,
    };
    assert!(verdicts.iter().any(is_call), "{verdicts:?}");
}

pub async fn forged_notifications_are_rejected<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let (subscription, secret, _) = subscribe(harness).await;
    harness.pushes().await;
    harness.create_file(&home, "a.txt", "a").await;
    let genuine = harness.pushes().await.pop().unwrap();
    assert!(verdict(harness, &genuine, &subscription, &secret).is_ok());

    let other_secret = SecretString::from(random_token(""));
    assert!(harness.connector().verify_notification(&genuine, &other_secret).is_err());
    let mut bare = genuine.clone();
    bare.headers.clear();
    assert!(verdict(harness, &bare, &subscription, &secret).is_err());
    // Without any one of its headers it is either refused or still asks for nothing but a look.
    for name in genuine.headers.keys() {
        let mut lacking = genuine.clone();
        lacking.headers.remove(name);
        let verdict = verdict(harness, &lacking, &subscription, &secret);
        assert!(!matches!(verdict, Ok(Verdict::Answer { .. })), "without {name}: {verdict:?}");
    }
    // An empty secret, should one ever be stored, opens nothing.
    let mut empty = genuine.clone();
    for value in empty.headers.values_mut() {
        *value = http::HeaderValue::from_static("");
    }
    assert!(harness.connector().verify_notification(&empty, &SecretString::from("")).is_err());
}

pub async fn ending_a_subscription_twice_is_no_error<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let (subscription, ..) = subscribe(harness).await;
    harness.source().unsubscribe(&subscription).await.unwrap();
    harness.source().unsubscribe(&subscription).await.unwrap();
    harness.pushes().await;
    harness.create_file(&home, "a.txt", "a").await;
    assert!(harness.pushes().await.is_empty());
}
