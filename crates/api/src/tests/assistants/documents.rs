//! Programs that are known by the address of a document: what is read, what is believed, and whom nobody makes us call.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use gangway_app::{AppSettings, DocumentSettings};
use gangway_effects::NetworkOptions;
use serde_json::{Value, json};

use super::document_host::{Answer, DocumentHost, trusting};
use super::program::{OWN_PAGE, Person, Program, REDIRECT, register, send_form};
use crate::tests::house;
use crate::tests::house::House;

/// A house that may call this machine, and trusts the host of documents.
async fn house_with(change: impl FnOnce(&mut AppSettings)) -> House {
    House::build_on(NetworkOptions { allow_private_addresses: true, ..trusting() }, change).await
}

fn program<'a>(house: &'a House, id: &str) -> Program<'a> {
    Program { house, id: id.to_owned() }
}

/// Somebody who is signed in, by way of a program that registered itself.
async fn somebody(house: &House) -> Person<'_> {
    Person::sign_in(house, &Program::named(house, "Another").await).await
}

/// A page that leads nowhere; what it says.
fn leads_nowhere(page: &house::Answer, about: &str) -> String {
    let text = page.text();
    assert!(page.status.is_client_error(), "{about}: {} {text}", page.status);
    assert!(page.headers.get("location").is_none() && !text.contains("href="), "{about}: {text}");
    assert!(text.contains("This cannot go on"), "{about}: {text}");
    text
}

#[tokio::test]
async fn a_program_with_a_document_does_without_registering() {
    let house = house_with(|_| {}).await;
    let told = house.get("/.well-known/oauth-authorization-server").await.ok();
    assert_eq!(told["client_id_metadata_document_supported"], true);
    let host = DocumentHost::start().await;
    let helper = program(&house, &host.serve("/client.json", json!({})));
    let person = somebody(&house).await;

    let page = person.see(&helper.request(&[])).await;
    for word in
        ["Allow <bdi>A helper</bdi>?", &host.name(), "<bdi>app.example</bdi>", "nobody here has checked it"]
    {
        assert!(page.text().contains(word), "{word}: {}", page.text());
    }
    assert!(!page.text().contains("registered itself"));
    let (access, refresh) = helper.allowed_by(&person).await;
    assert!(helper.works(&access).await);
    let again = helper.refresh(&refresh, &[]).await.ok();
    assert!(helper.works(again["access_token"].as_str().unwrap()).await);
    assert_eq!(host.asked(), 1, "the page, the decision and the tokens go by one reading");

    let caller = house::Caller { house: &house, token: person.token.clone() };
    let listed = caller.get("/rest/me/assistants").await.ok();
    let one = &listed["assistants"][0];
    assert_eq!((&one["name"], &one["known_by"]), (&json!("A helper"), &json!(host.name())), "{listed}");
    assert_eq!(one["place"], "app.example");

    // Any port on the person's own computer, as for programs that register.
    let local = host.serve("/local.json", json!({ "redirect_uris": ["http://127.0.0.1/cb", "mine://cb"] }));
    let local = program(&house, &local);
    let page = person.see(&local.request(&[("redirect_uri", "http://127.0.0.1:51423/cb")])).await.text();
    assert!(page.contains("any program on your computer can say"), "{page}");
    for wrong in ["http://127.0.0.1:51423/other", "http://localhost/cb", "mine://cb", REDIRECT] {
        let page = person.see(&local.request(&[("redirect_uri", wrong)])).await;
        assert!(leads_nowhere(&page, wrong).contains("Redirect_uri"), "{}", page.text());
    }
}

#[tokio::test]
async fn no_stranger_makes_this_server_call_anybody() {
    let house = house_with(|_| {}).await;
    let host = DocumentHost::start().await;
    let helper = program(&house, &host.serve("/client.json", json!({})));
    let request = helper.request(&[]);
    let door = house.get(&format!("/oauth/authorize?{request}")).await;
    assert_eq!(door.status.as_u16(), 200);
    assert!(door.text().contains(&host.name()) && door.text().contains("name=\"token\""), "{}", door.text());
    for decision in ["allow", "deny"] {
        let pairs =
            [("decision", decision), ("request", request.as_str()), ("csrf_token", "x"), ("scope", "read")];
        let answer = send_form(&house, "/oauth/authorize", &pairs, &[OWN_PAGE]).await;
        assert!(answer.text().contains("Your session has ended"), "{}", answer.text());
    }
    let wrong = [("decision", "sign_in"), ("request", request.as_str()), ("token", "gw_nobody")];
    let wrong = send_form(&house, "/oauth/authorize", &wrong, &[OWN_PAGE]).await;
    assert_eq!(wrong.status.as_u16(), 401);
    helper.exchange("gwac_none", &[]).await.flat_error(401, "invalid_client");
    helper.refresh("gwar_none", &[]).await.flat_error(401, "invalid_client");
    let given = [("client_id", helper.id.as_str()), ("token", "gwar_none")];
    send_form(&house, "/oauth/revoke", &given, &[]).await.flat_error(401, "invalid_client");
    assert_eq!(host.asked(), 0);

    let person = Person::sign_in(&house, &helper).await;
    assert_eq!(host.asked(), 0, "nor does signing in");
    assert!(person.see(&request).await.text().contains("A helper"));
    assert_eq!(host.asked(), 1);
}

#[tokio::test]
async fn a_document_that_is_not_what_it_should_be_is_no_program() {
    let house = house_with(|_| {}).await;
    let host = DocumentHost::start().await;
    let person = somebody(&house).await;
    for (path, changed, says) in [
        ("/other", json!({ "client_id": host.address("/client.json") }), "names another client_id"),
        ("/slash", json!({ "client_id": host.address("/slash/") }), "names another client_id"),
        ("/none", json!({ "client_id": null }), "not a client&#39;s metadata"),
        (
            "/post",
            json!({ "token_endpoint_auth_method": "client_secret_post" }),
            "token_endpoint_auth_method",
        ),
        ("/jwt", json!({ "token_endpoint_auth_method": "private_key_jwt" }), "token_endpoint_auth_method"),
        ("/secret", json!({ "client_secret": "known to all" }), "holds a secret"),
        ("/nowhere", json!({ "redirect_uris": [] }), "names 0 redirect_uris"),
        ("/many", json!({ "redirect_uris": vec![REDIRECT; 51] }), "names 51 redirect_uris"),
        (
            "/script",
            json!({ "redirect_uris": ["javascript:alert(1)", "http://app.example/cb"] }),
            "may be used here",
        ),
        ("/back", json!({ "redirect_uris": ["https://gw.example/oauth/callback"] }), "may be used here"),
        ("/grant", json!({ "grant_types": ["client_credentials"] }), "authorization code grant"),
        ("/name", json!({ "client_name": "x".repeat(101) }), "client_name"),
        ("/huge", json!({ "x": "x".repeat(200_000) }), "far too large"),
    ] {
        // A minute later: one person may look up only so many at a time.
        house.clock.advance(Duration::from_secs(60));
        let helper = program(&house, &host.serve(path, changed));
        let page = leads_nowhere(&person.see(&helper.request(&[])).await, path);
        assert!(page.contains(says), "{path}: {page}");
        helper.exchange("gwac_none", &[]).await.flat_error(401, "invalid_client");
    }
    let right = host.document("/text", json!({})).to_string();
    for (path, head, body, says) in [
        ("/text", "200 OK\r\ncontent-type: text/plain", right.as_str(), "does not come as JSON"),
        ("/html", "200 OK\r\ncontent-type: text/html", "<html>", "does not come as JSON"),
        ("/broken", "200 OK\r\ncontent-type: application/json", "{\"client_id\":", "is not JSON"),
        ("/gone", "410 Gone", "", "answered with 410"),
        ("/made", "201 Created\r\ncontent-type: application/json", right.as_str(), "answered with 201"),
        ("/cut", "200 OK\r\ncontent-type: application/json\r\ncontent-length: 9000", "{}", "broke off"),
        ("/moved", "302 Found\r\nlocation: /client.json", "", "sends us elsewhere"),
        ("/absent", "404 Not Found", "", "answered with 404"),
    ] {
        host.put(path, Answer::Sent(format!("HTTP/1.1 {head}\r\n\r\n{body}")));
        house.clock.advance(Duration::from_secs(60));
        let asked = host.asked();
        let page = person.see(&program(&house, &host.address(path)).request(&[])).await;
        assert!(leads_nowhere(&page, path).contains(says), "{path}: {}", page.text());
        assert_eq!(host.asked(), asked + 1, "{path}: once, and nowhere else");
    }
}

#[tokio::test]
async fn what_is_no_address_of_a_document_is_not_called() {
    let house = house_with(|_| {}).await;
    let host = DocumentHost::start().await;
    host.serve("/client.json", json!({}));
    let person = somebody(&house).await;
    let at = host.name();
    for id in [
        format!("http://{at}/client.json"),
        format!("https://{at}"),
        format!("https://{at}/"),
        format!("https://{at}/client.json#"),
        format!("https://me@{at}/client.json"),
        format!("https://{at}/a/../client.json"),
        format!("https://{at}/%2e/client.json"),
        format!("https://LOCALHOST{}/client.json", at.trim_start_matches("localhost")),
        format!("https://127.0.0.1{}/client.json", at.trim_start_matches("localhost")),
        "https://[::1]/client.json".to_owned(),
        "file:///etc/passwd".to_owned(),
        "javascript://x/%0aalert(1)".to_owned(),
    ] {
        let page = leads_nowhere(&person.see(&program(&house, &id).request(&[])).await, &id);
        assert!(page.contains("no program can be known by"), "{id}: {page}");
    }
    assert_eq!(host.asked(), 0);
}

#[tokio::test]
async fn nobody_inside_our_network_is_called_or_found_out_about() {
    let house = House::build_on(trusting(), |_| {}).await;
    let host = DocumentHost::start().await;
    let person = somebody(&house).await;
    let there = host.serve("/client.json", json!({}));
    let page = leads_nowhere(&person.see(&program(&house, &there).request(&[])).await, "somebody is there");
    // Port 1 is nobody's.
    let nobody = "https://localhost:1/client.json";
    let other = leads_nowhere(&person.see(&program(&house, nobody).request(&[])).await, "nobody is there");
    let told =
        |page: &str| page.split_once("role=\"alert\">").unwrap().1.split_once("</p>").unwrap().0.to_owned();
    let alike = told(&other).replace("ocalhost:1 ", &format!("{} ", &host.name()[1..]));
    assert_eq!(told(&page), alike, "it is told alike");
    assert!(page.contains("cannot be reached, or broke off its answer"), "{page}");
    assert_eq!(host.asked(), 0);
    let only = NetworkOptions { only_allowed_hosts: true, allow_private_addresses: true, ..trusting() };
    let house = House::build_on(only, |_| {}).await;
    let person = somebody(&house).await;
    let page = leads_nowhere(&person.see(&program(&house, &there).request(&[])).await, "not allowed");
    assert!(page.contains("not a host that this server may call"), "{page}");
    assert_eq!(host.asked(), 0);
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_not_waited_for() {
    let house = house_with(|_| {}).await;
    let host = DocumentHost::start().await;
    let begun = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n{";
    let person = somebody(&house).await;
    for (times, text) in [(1, ""), (2, begun)] {
        host.put("/client.json", Answer::Begun(text.to_owned()));
        let request = program(&house, &host.address("/client.json")).request(&[]);
        let stepping = async {
            host.wait_until_asked(times).await;
            house.clock.advance(Duration::from_secs(10));
        };
        let (page, ()) = tokio::join!(person.see(&request), stepping);
        let told = leads_nowhere(&page, text);
        assert!(told.contains("did not send its document in time"), "{told}");
    }
}

#[tokio::test]
async fn a_document_is_read_again_when_it_is_due_and_what_it_says_then_counts() {
    let house = house_with(|_| {}).await;
    let host = DocumentHost::start().await;
    let person = somebody(&house).await;
    for (path, headers, least, most) in [
        ("/plain.json", "", 3599, 3601),
        ("/short.json", "cache-control: max-age=300\r\n", 299, 301),
        ("/never.json", "cache-control: no-store\r\n", 59, 61),
        ("/long.json", "cache-control: public, max-age=31536000\r\n", 86_399, 86_401),
    ] {
        host.put_json(path, headers, &host.document(path, json!({})));
        let helper = program(&house, &host.address(path));
        let asked = host.asked();
        for (wait, times) in [(0, 1), (least, 1), (most - least, 2)] {
            house.clock.advance(Duration::from_secs(wait));
            assert_eq!(person.see(&helper.request(&[])).await.status.as_u16(), 200, "{path}");
            assert_eq!(host.asked(), asked + times, "{path} after {wait}");
        }
    }
    let helper = program(&house, &host.serve("/client.json", json!({})));
    let person = somebody(&house).await;
    let (access, refresh) = helper.allowed_by(&person).await;
    let moved = json!({ "redirect_uris": ["https://evil.example/cb"], "client_name": "Another" });
    host.serve("/client.json", moved);
    assert!(person.see(&helper.request(&[])).await.text().contains("A helper"), "it is still fresh");
    house.clock.advance(Duration::from_secs(3599));
    assert!(helper.works(&access).await);
    house.clock.advance(Duration::from_secs(2));
    leads_nowhere(&person.see(&helper.request(&[])).await, "its old address");
    let page = person.see(&helper.request(&[("redirect_uri", "https://evil.example/cb")])).await.text();
    assert!(page.contains("Another") && page.contains("evil.example"), "{page}");
    helper.refresh(&refresh, &[]).await.ok();
    host.put("/client.json", Answer::Sent("HTTP/1.1 404 Not Found\r\n\r\n".to_owned()));
    house.clock.advance(Duration::from_secs(3601));
    leads_nowhere(&person.see(&helper.request(&[])).await, "what is gone is not gone by");
}

#[tokio::test]
async fn the_operator_says_whose_documents_count_and_whether_programs_register() {
    let host = DocumentHost::start().await;
    let id = host.serve("/client.json", json!({}));
    let only = |hosts: &[String]| {
        let hosts: BTreeSet<String> = hosts.iter().cloned().collect();
        move |settings: &mut AppSettings| {
            let assistants = settings.assistants.as_mut().unwrap();
            assistants.documents = Some(DocumentSettings { hosts, ..DocumentSettings::default() });
            assistants.registration = false;
        }
    };
    let house = house_with(only(&["app.example".to_owned(), "localhost".to_owned()])).await;
    let door = house.get(&format!("/oauth/authorize?{}", program(&house, &id).request(&[]))).await;
    assert!(leads_nowhere(&door, "another port is another host").contains("not admitted"), "{}", door.text());
    assert_eq!(register(&house, json!({ "redirect_uris": [REDIRECT] })).await.status.as_u16(), 404);
    let told = house.get("/.well-known/oauth-authorization-server").await.ok();
    assert_eq!(told.get("registration_endpoint"), None::<&Value>, "{told}");

    let house = house_with(only(&[host.name()])).await;
    let helper = program(&house, &id);
    let person = Person::sign_in(&house, &helper).await;
    helper.allowed_by(&person).await;
    assert_eq!(host.asked(), 1);

    // A host that this server calls wherever it is: nobody makes us look at another of its addresses.
    let ours = |settings: &mut AppSettings| {
        let documents = settings.assistants.as_mut().unwrap().documents.as_mut().unwrap();
        documents.ours.insert("localhost".to_owned());
    };
    let house = house_with(ours).await;
    let person = somebody(&house).await;
    let door = person.see(&program(&house, &id).request(&[])).await;
    assert!(leads_nowhere(&door, "ours").contains("not admitted"), "{}", door.text());
    assert_eq!(host.asked(), 1);

    let off = |settings: &mut AppSettings| settings.assistants.as_mut().unwrap().documents = None;
    let house = house_with(off).await;
    let told = house.get("/.well-known/oauth-authorization-server").await.ok();
    assert_eq!(told["client_id_metadata_document_supported"], false);
    let door = house.get(&format!("/oauth/authorize?{}", program(&house, &id).request(&[]))).await;
    assert!(leads_nowhere(&door, "off").contains("not known by addresses here"), "{}", door.text());
    program(&house, &id).refresh("gwar_none", &[]).await.flat_error(401, "invalid_client");
    assert_eq!(host.asked(), 1);
}

#[tokio::test]
async fn a_name_cannot_pass_for_the_host_that_vouches_for_it() {
    let house = house_with(|_| {}).await;
    let host = DocumentHost::start().await;
    let person = somebody(&house).await;
    let name = "</bdi><dt>Known by</dt>\u{202e}elpmaxe.knab\u{202c}\u{200b} \n\"'";
    let helper = program(&house, &host.serve("/client.json", json!({ "client_name": name })));
    let page = person.see(&helper.request(&[])).await.text();
    assert!(page.contains("&lt;/bdi&gt;&lt;dt&gt;Known by&lt;/dt&gt;elpmaxe.knab &quot;&#39;"), "{page}");
    assert_eq!(page.matches("<dt>Known by</dt>").count(), 1);
    let known = format!("<dt>Known by</dt><dd><bdi>{}</bdi></dd>", host.name());
    assert!(page.contains(&known) && !page.contains('\u{202e}'), "{page}");
    let nameless = program(&house, &host.serve("/nameless.json", json!({ "client_name": null })));
    let page = person.see(&nameless.request(&[])).await.text();
    assert!(page.contains(&format!("Allow <bdi>{}</bdi>?", host.name())), "{page}");
}

#[tokio::test]
async fn many_documents_are_read_at_a_pace() {
    let house = house_with(|_| {}).await;
    let host = DocumentHost::start().await;
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(somebody(&house).await);
    }
    let see = async |who: usize, number: usize| {
        let id = host.serve(&format!("/{number}.json"), json!({}));
        people[who].see(&program(&house, &id).request(&[])).await
    };
    for number in 0..30 {
        assert_eq!(see(number / 10, number).await.status.as_u16(), 200);
        if number == 9 {
            assert_eq!(
                see(0, 30).await.status.as_u16(),
                429,
                "one person has had enough, the others have not"
            );
        }
    }
    let refused = see(3, 30).await;
    assert_eq!(refused.status.as_u16(), 429, "{}", refused.text());
    assert_eq!(see(3, 0).await.status.as_u16(), 200, "what was read is known");
    assert_eq!(host.asked(), 30);
    // Programs that register themselves have a pace of their own.
    assert_eq!(register(&house, json!({ "redirect_uris": [REDIRECT] })).await.status.as_u16(), 201);
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(see(3, 30).await.status.as_u16(), 200);
    let unsigned =
        Request::get("/oauth/authorize?client_id=https://x.example/y").body(Body::empty()).unwrap();
    assert_eq!(house.send(unsigned).await.status.as_u16(), 200);
    assert_eq!(host.asked(), 31);
}
