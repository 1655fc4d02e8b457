//! The page: who may decide, that nobody decides for them, and that it shows what is.

use axum::body::Body;
use axum::http::Request;
use gangway_model::Plan;

use super::program::{OWN_PAGE, Person, Program, send_form, sent_back};
use crate::tests::house::{ADMIN_KEY, House};

#[tokio::test]
async fn a_person_signs_in_sees_what_is_asked_and_the_answer_goes_back() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let request = program.request(&[]);
    let door = house.get(&format!("/oauth/authorize?{request}")).await;
    assert_eq!(door.status.as_u16(), 200);
    assert!(door.text().contains("name=\"token\"") && !door.text().contains("csrf_token"));
    let person = Person::sign_in(&house, &program).await;
    let page = person.see(&request).await;
    for word in ["A helper", "app.example", "nobody here has checked it", "Search your documents"] {
        assert!(page.text().contains(word), "{word}");
    }
    assert!(!page.text().contains("<script"), "it works without one");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for word in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self' https://app.example;"] {
        assert!(policy.contains(word), "{policy}");
    }
    assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["referrer-policy"], "same-origin");

    let allowed = person.decide(&request, "allow", &["search", "read", "sync"]).await;
    assert_eq!(sent_back(&allowed, "state"), "their state & more");
    assert_eq!(sent_back(&allowed, "iss"), "https://gw.example");
    let tokens = program.exchange(&sent_back(&allowed, "code"), &[]).await;
    assert_eq!(tokens.headers["cache-control"], "no-store");
    let tokens = tokens.ok();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&"Bearer".into(), &3600.into()));
    assert_eq!(tokens["scope"], "search read sync");
    assert!(program.works(tokens["access_token"].as_str().unwrap()).await);
}

#[tokio::test]
async fn a_person_may_allow_less_or_nothing() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let person = Person::sign_in(&house, &program).await;
    let request = program.request(&[("scope", "search read")]);
    let less = person.decide(&request, "allow", &["search", "sync"]).await;
    let tokens = program.exchange(&sent_back(&less, "code"), &[]).await.ok();
    assert_eq!(tokens["scope"], "search", "nor more than was asked for");
    let nothing = person.decide(&request, "allow", &[]).await;
    assert_eq!(nothing.status.as_u16(), 400);
    assert!(nothing.text().contains("Choose at least one thing"));
    let denied = person.decide(&request, "deny", &["search"]).await;
    assert_eq!(sent_back(&denied, "error"), "access_denied");
    assert_eq!(sent_back(&denied, "state"), "their state & more");
    let log = house.admin().get("/rest/admin/audit").await.ok();
    assert_eq!(log["entries"][0]["deed"], "deny_assistant");
}

#[tokio::test]
async fn no_other_page_decides_for_a_person() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let (person, other) = (Person::sign_in(&house, &program).await, Person::sign_in(&house, &program).await);
    let request = program.request(&[]);
    let (own, others) = (person.csrf(&request).await, other.csrf(&request).await);
    let pairs = |csrf| {
        [("request", request.as_str()), ("csrf_token", csrf), ("decision", "allow"), ("scope", "read")]
    };
    for (csrf, header) in [
        ("", OWN_PAGE),
        ("guessed", OWN_PAGE),
        (others.as_str(), OWN_PAGE),
        (own.as_str(), ("origin", "https://evil.example")),
        (own.as_str(), ("origin", "https://app.example")),
        (own.as_str(), ("origin", "null")),
        (own.as_str(), ("sec-fetch-site", "cross-site")),
        (own.as_str(), ("sec-fetch-site", "same-site")),
    ] {
        let refused = person.post(&pairs(csrf), &[header]).await;
        assert_eq!(refused.status.as_u16(), 403, "{csrf} {header:?}");
        assert!(refused.headers.get("location").is_none());
    }
    let without_session = send_form(&house, "/oauth/authorize", &pairs(&own), &[OWN_PAGE]).await;
    assert!(without_session.text().contains("name=\"token\""), "sign in first");
    assert_eq!(without_session.headers.get("location"), None);
    assert_eq!(person.post(&pairs(&own), &[OWN_PAGE]).await.status.as_u16(), 303);

    let foreign = [("decision", "sign_in"), ("token", person.token.as_str()), ("request", &request)];
    let foreign =
        send_form(&house, "/oauth/authorize", &foreign, &[("origin", "https://evil.example")]).await;
    assert_eq!((foreign.status.as_u16(), foreign.headers.get("set-cookie")), (403, None));
}

#[tokio::test]
async fn only_users_sign_in_and_a_wrong_token_is_not_repeated() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let person = Person::sign_in(&house, &program).await;
    let (access, _) = program.allowed_by(&person).await;
    let request = program.request(&[]);
    for token in ["gw_wrong", ADMIN_KEY, access.as_str(), ""] {
        let pairs = [("decision", "sign_in"), ("token", token), ("request", request.as_str())];
        let refused = send_form(&house, "/oauth/authorize", &pairs, &[OWN_PAGE]).await;
        assert_eq!(refused.status.as_u16(), 401, "{token}");
        assert!(refused.headers.get("set-cookie").is_none(), "{token}");
        assert!(refused.text().contains("role=\"alert\""));
        assert!(token.is_empty() || !refused.text().contains(token), "{token}");
    }
    let anew = person.see(&format!("{request}&prompt=login")).await.text();
    assert!(anew.contains("name=\"token\"") && !anew.contains("prompt=login"), "as somebody else");
}

#[tokio::test]
async fn a_browser_from_another_site_comes_in_once_more_with_its_cookie() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let address = format!("/oauth/authorize?{}", program.request(&[]));
    let come = async |site: &str| {
        let request = Request::get(&address).header("sec-fetch-site", site).body(Body::empty()).unwrap();
        house.send(request).await.text()
    };
    let first = come("cross-site").await;
    assert!(first.contains("http-equiv=\"refresh\"") && !first.contains("name=\"token\""), "{first}");
    assert!(first.contains(&address.replace('&', "&amp;")));
    for site in ["same-origin", "none"] {
        assert!(come(site).await.contains("name=\"token\""), "and not for ever");
    }
}

#[tokio::test]
async fn a_name_is_text_and_nothing_else() {
    let house = House::build().await;
    let hostile = "<img src=x onerror=alert(1)>\"'&";
    let program = Program::named(&house, hostile).await;
    let user = house.user(Plan::Pro).await;
    let person = Person::with_token(&house, &program, user.token).await;
    let request = format!("{}&x=%22%3E%3Cscript%3E", program.request(&[("state", "\"><script>")]));
    let door = house.get(&format!("/oauth/authorize?{request}")).await.text();
    for page in [person.see(&request).await.text(), door] {
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"), "{page}");
        assert!(!page.contains("<img") && !page.contains("<script"), "{page}");
    }
}
