//! The OpenAPI document: generated from the endpoints, made honest where the generator cannot be.

use serde_json::{Map, Value};
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa::{IntoResponses, PartialSchema};

use crate::documented::Forbidden;
use crate::problem::{ErrorBody, ErrorObject, FlatErrorBody};

/// The document before any endpoint has been added to it.
pub fn skeleton() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Gangway")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Connectors for your product: connect accounts by OAuth, bring documents into collections, search them.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let mut components = Components::new();
    components.schemas.insert("Error".to_owned(), ErrorBody::schema());
    components.schemas.insert("ErrorObject".to_owned(), ErrorObject::schema());
    components.schemas.insert("OAuthError".to_owned(), FlatErrorBody::schema());
    for (name, scheme) in security_schemes() {
        components.add_security_scheme(name, scheme);
    }
    OpenApiBuilder::new().info(info).components(Some(components)).tags(Some(tags())).build()
}

fn security_schemes() -> [(&'static str, SecurityScheme); 4] {
    let bearer = |about: &str| {
        SecurityScheme::Http(
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build(),
        )
    };
    let key = ApiKeyValue::with_description("X-Picker-Key", "The part after `#` in a picker's address.");
    let session = ApiKeyValue::with_description(
        "gangway_session",
        "A browser that signed in at `/console/session`: its cookie stands for the token it signed in with. Calls that \
         change something also send the session's `csrf_token` as `X-CSRF-Token`. Over HTTPS the cookie is called \
         `__Host-gangway_session`.",
    );
    [
        ("user_token", bearer("A user token: acts as one user.")),
        ("admin_key", bearer("The server's admin key: makes organisations, users and user tokens.")),
        ("console_session", SecurityScheme::ApiKey(ApiKey::Cookie(session))),
        ("picker_key", SecurityScheme::ApiKey(ApiKey::Header(key))),
    ]
}

fn tags() -> Vec<Tag> {
    [
        ("connectors", "What there is to connect, and what is connected."),
        ("oauth", "Connecting accounts by OAuth."),
        ("files", "Files at the source."),
        ("picker", "A page on which a person chooses files."),
        ("sync", "Bringing files into collections, and following their changes."),
        ("uploads", "Files from the user's own disk."),
        ("collections", "Named sets of documents (Spaces)."),
        ("search", "Finding passages in documents."),
        ("users", "The user behind a token."),
        ("admin", "Organisations, users, tokens, the audit log: with the admin key."),
        ("console", "Signing in and out of the web console."),
        ("webhooks", "What providers push to us."),
        ("operations", "Health, metrics, this description."),
    ]
    .into_iter()
    .map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build())
    .collect()
}

/// The whole document.
pub fn document() -> Value {
    let (_, generated) = crate::router::routes().split_for_parts();
    let mut document = serde_json::to_value(generated).expect("the generated document is JSON");
    if let Some(paths) = document["paths"].as_object_mut() {
        for (method, operation) in
            paths.values_mut().filter_map(Value::as_object_mut).flat_map(|item| item.iter_mut())
        {
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            parameters.into_iter().flatten().for_each(|parameter| never_null(&mut parameter["schema"]));
            let bodies = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
            bodies
                .into_iter()
                .flat_map(|bodies| bodies.values_mut())
                .for_each(|body| never_null(&mut body["schema"]));
            say_who_may_not(operation);
            if method == "head" {
                without_bodies(operation);
            }
            let_sessions_in(operation);
        }
    }
    inline_limits(&mut document);
    crate::examples::insert(&mut document);
    document
}

/// Wherever a user token is wanted, the admin key answers 403: it acts for no user.
fn say_who_may_not(operation: &mut Value) {
    let wants_user = operation
        .get("security")
        .and_then(Value::as_array)
        .is_some_and(|ways| ways.iter().any(|way| way.get("user_token").is_some()));
    if !wants_user {
        return;
    }
    for (status, response) in Forbidden::responses() {
        let response = serde_json::to_value(response).expect("a response is JSON");
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            responses.entry(status).or_insert(response);
        }
    }
}

/// Whatever `HEAD` answers has headers only.
fn without_bodies(operation: &mut Value) {
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for response in responses.into_iter().flat_map(|responses| responses.values_mut()) {
        if let Some(response) = response.as_object_mut() {
            response.remove("content");
        }
    }
}

/// Whatever takes a token takes a browser's session in its stead.
fn let_sessions_in(operation: &mut Value) {
    let Some(ways) = operation.get_mut("security").and_then(Value::as_array_mut) else { return };
    if ways.iter().any(|way| way.get("user_token").is_some() || way.get("admin_key").is_some()) {
        ways.push(serde_json::json!({ "console_session": [] }));
    }
}

/// Writes the schemas of limited values (`Text`, `Whole`, `Listed`, `Id`) where they are used: their names mean
/// nothing to a reader.
fn inline_limits(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let is_limit = |name: &str| {
        let bounds = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
        name == "Id" || ["", "Text", "Whole"].iter().any(|kind| name.strip_prefix(kind).is_some_and(bounds))
    };
    let limits: Map<String, Value> = schemas
        .iter()
        .filter(|(name, _)| is_limit(name))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    schemas.retain(|name, _| !limits.contains_key(name));
    replace_references(document, &limits);
}

fn replace_references(value: &mut Value, limits: &Map<String, Value>) {
    if let Some(reference) = value.get("$ref").and_then(Value::as_str)
        && let Some(schema) =
            reference.strip_prefix("#/components/schemas/").and_then(|name| limits.get(name))
    {
        let mut schema = schema.clone();
        if let Some(description) = value.get("description") {
            schema["description"] = description.clone();
        }
        *value = schema;
    }
    match value {
        Value::Array(list) => list.iter_mut().for_each(|one| replace_references(one, limits)),
        Value::Object(map) => map.values_mut().for_each(|one| replace_references(one, limits)),
        _ => {}
    }
}

/// The document as it is served and checked in.
pub fn document_text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).expect("a JSON value can be written");
    text.push('\n');
    text
}

/// A query parameter or a body may be left out, but it cannot be null.
fn never_null(schema: &mut Value) {
    for words in ["oneOf", "anyOf"] {
        let Some(choices) = schema.get_mut(words).and_then(Value::as_array_mut) else { continue };
        choices.retain(|choice| choice["type"] != "null");
        if choices.len() == 1 {
            *schema = choices.remove(0);
            break;
        }
    }
    if let Some(types) = schema.get_mut("type").filter(|types| types.is_array()) {
        let named = types.as_array().into_iter().flatten().find(|name| *name != "null").cloned();
        *types = named.unwrap_or_default();
    }
}
