//! `/oauth/authorize`: a program sends a person here, who signs in, decides, and is sent back with the answer.
//!
//! Nobody is sent anywhere before the program and its address are proven, and nobody is sent anywhere without having pressed
//! something: since any program may register, this server could otherwise be made to send people wherever somebody likes
//! (RFC 9700, 4.11.2).

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use gangway_app::{
    AppError, Asked, Asker, Asking, Code, Credential, ExposeSecret, RefusalWord, Refused, SignedIn, Wish,
    csrf_token, is_csrf_token,
};
use gangway_model::{AssistantScope, SecretString, User, UserId};

use super::consent::{self, Consent};
use super::fields::Fields;
use super::page::Page;
use crate::caller::session_of;
use crate::console::session::cookie;
use crate::origin::comes_from_here;
use crate::state::ApiState;

/// Bytes of the longest request that is taken along from page to page.
const LONGEST: usize = 8192;

/// A request as far as it was read.
enum Read {
    Whole(Box<Request>),
    /// Who asks is read only when somebody is signed in; until then a host is all that is known.
    Later {
        text: String,
        host: String,
    },
}

/// A request whose program and address are proven, and which asks for something that there is.
struct Request {
    text: String,
    asker: Asker,
    wish: Wish,
    state: Option<String>,
    /// Whether the person wants to sign in as somebody else.
    anew: bool,
}

/// Shows the person what is asked for.
pub async fn ask(State(state): State<ApiState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let session = session_of(&headers, &state.app.settings);
    let who = match signed_in(&state, session.as_ref()).await {
        Ok(who) => who,
        Err(error) => return consent::refused(&error.into()).into_response(),
    };
    let request = match read(&state, query.unwrap_or_default(), reader(&who)).await {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    if session.is_none() && comes_from_elsewhere(&headers) {
        return consent::come_in(format!("/oauth/authorize?{}", request.text())).into_response();
    }
    match (request, who) {
        (Read::Whole(request), Some((session, user))) if !request.anew => {
            shown(&request, &session, &user, None).into_response()
        }
        (request, _) => {
            consent::sign_in(request.name(), &without_prompt(request.text()), None).into_response()
        }
    }
}

/// Takes what the person decided, or signs them in first.
pub async fn decide(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if !comes_from_here(&headers, &state.app.settings.own_origin()) {
        let error = AppError::new(Code::Forbidden, "only this server's own page may decide for you");
        return consent::refused(&error.into()).into_response();
    }
    let form = match Fields::of_form(&headers, body) {
        Ok(form) => form,
        Err((status, refused)) => {
            let page = Page { status, ..consent::refused(&refused) };
            return page.into_response();
        }
    };
    let text = form.all("request").next().unwrap_or_default().to_owned();
    let session = session_of(&headers, &state.app.settings);
    let who = match signed_in(&state, session.as_ref()).await {
        Ok(who) => who,
        Err(error) => return consent::refused(&error.into()).into_response(),
    };
    let request = match read(&state, text, reader(&who)).await {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    match form.one("decision") {
        Ok(Some("sign_in")) => enter(&state, &headers, &request, &form).await,
        Ok(Some(decision @ ("allow" | "deny"))) => match (request, who) {
            (Read::Whole(request), Some((session, user))) => {
                answer(&state, &request, (&session, &user), &form, decision == "allow").await
            }
            (request, _) => {
                let ended = Some("your session has ended: sign in again");
                consent::sign_in(request.name(), request.text(), ended).into_response()
            }
        },
        Ok(_) => consent::refused(&Refused::request("decide: allow or deny")).into_response(),
        Err(refused) => consent::refused(&refused).into_response(),
    }
}

/// Proves the program and where its answer goes, then reads what it asks for. What is wrong before that is a page that leads
/// nowhere; what is wrong after it is one with a way back, on which the program is told.
async fn read(state: &ApiState, text: String, reader: Option<&UserId>) -> Result<Read, Box<Response>> {
    let shown = |refused: Refused| Box::new(consent::refused(&refused).into_response());
    if text.len() > LONGEST {
        return Err(shown(Refused::request(format!("the request has more than {LONGEST} characters"))));
    }
    let fields = Fields::read(&text);
    let client_id = fields.one("client_id").map_err(shown)?;
    let redirect_uri = fields.one("redirect_uri").map_err(shown)?;
    let asker = match state.app.find_asker(client_id, redirect_uri, reader).await.map_err(shown)? {
        Asking::Known(asker) => *asker,
        Asking::Unread { host } => return Ok(Read::Later { text, host }),
    };
    let issuer = state.app.settings.own_origin();
    let told = |state: Option<&str>, refused: Refused| {
        if refused.word == RefusalWord::ServerError {
            return shown(refused);
        }
        let answer = [("error", refused.word.as_str()), ("error_description", &refused.message)];
        let back = asker.back(&issuer, state, &answer);
        Box::new(consent::unfulfillable(&asker, &refused, back.as_str()).into_response())
    };
    let own_state = fields.one("state").map_err(|refused| told(None, refused))?.map(str::to_owned);
    let wish = wish(state, &fields).map_err(|refused| told(own_state.as_deref(), refused))?;
    let anew = fields.all("prompt").any(|prompt| prompt == "login");
    Ok(Read::Whole(Box::new(Request { asker, wish, state: own_state, anew, text })))
}

impl Read {
    fn text(&self) -> &str {
        match self {
            Self::Whole(request) => &request.text,
            Self::Later { text, .. } => text,
        }
    }

    /// What a person is told of who asks.
    fn name(&self) -> &str {
        match self {
            Self::Whole(request) => &request.asker.client.name,
            Self::Later { host, .. } => host,
        }
    }
}

fn wish(state: &ApiState, fields: &Fields) -> Result<Wish, Refused> {
    let one = |name: &str| Ok::<_, Refused>(fields.one(name)?.map(str::to_owned));
    let asked = Asked {
        response_type: one("response_type")?,
        scope: one("scope")?,
        resources: fields.all("resource").map(str::to_owned).collect(),
        code_challenge: one("code_challenge")?,
        code_challenge_method: one("code_challenge_method")?,
    };
    state.app.check_wish(&asked)
}

/// Signs the person in as the console does, and shows the question.
async fn enter(state: &ApiState, headers: &HeaderMap, request: &Read, form: &Fields) -> Response {
    let text = without_prompt(request.text());
    let again = |wrong: &str| consent::sign_in(request.name(), &text, Some(wrong)).into_response();
    let token = match form.one("token") {
        Ok(Some(token)) if token.len() <= 512 => SecretString::from(token.trim()),
        _ => return again("paste your token here first"),
    };
    let started = async {
        // The admin key would start a session too, of somebody who can allow nothing.
        state.app.sign_in(&Credential::Token(token.clone())).await?;
        state.app.start_session(&token, session_of(headers, &state.app.settings).as_ref()).await
    };
    match started.await {
        Ok(started) => {
            let settings = &state.app.settings;
            let cookie = cookie(settings, started.secret.expose_secret(), started.lifetime.as_secs());
            let back = sent_to(&format!("/oauth/authorize?{text}"));
            (AppendHeaders([(header::SET_COOKIE, cookie)]), back).into_response()
        }
        Err(error) if matches!(error.code, Code::Unauthorized | Code::Forbidden | Code::UserDisabled) => {
            again(&error.message)
        }
        Err(error) => consent::refused(&error.into()).into_response(),
    }
}

/// Sends the answer to the program. That it is the person's, the token in the form proves, which no other page knows.
async fn answer(
    state: &ApiState,
    request: &Request,
    (session, user): (&SecretString, &User),
    form: &Fields,
    allows: bool,
) -> Response {
    let is_proven = |shown: &str| is_csrf_token(session, shown);
    if !matches!(form.one("csrf_token"), Ok(Some(shown)) if is_proven(shown)) {
        let error = AppError::new(Code::Forbidden, "this page is not of the present session: open it again");
        return consent::refused(&error.into()).into_response();
    }
    let issuer = state.app.settings.own_origin();
    let back = |answer: &[(&str, &str)]| {
        sent_to(request.asker.back(&issuer, request.state.as_deref(), answer).as_str())
    };
    if !allows {
        return match state.app.deny_assistant(user, &request.asker).await {
            Ok(()) => back(&[("error", "access_denied"), ("error_description", "the person said no")]),
            Err(error) => consent::refused(&error.into()).into_response(),
        };
    }
    let chosen: Vec<_> = form.all("scope").filter_map(AssistantScope::parse).collect();
    match state.app.allow_assistant(session, &request.asker, &request.wish, &chosen).await {
        Ok(code) => back(&[("code", code.expose_secret())]),
        Err(error) if error.code == Code::InvalidRequest => {
            shown(request, session, user, Some(&error.message)).into_response()
        }
        Err(error) => consent::refused(&error.into()).into_response(),
    }
}

/// The user who is signed in in this browser. The admin, who acts for nobody, is nobody here.
async fn signed_in(
    state: &ApiState,
    session: Option<&SecretString>,
) -> Result<Option<(SecretString, User)>, AppError> {
    let Some(session) = session else { return Ok(None) };
    match state.app.get_session(session).await {
        Ok((SignedIn::User(user), _)) => Ok(Some((session.clone(), *user))),
        Ok((SignedIn::Admin, _)) => Ok(None),
        // Who is disabled hears it when they sign in; somebody else at this browser has to get that far.
        Err(error) if matches!(error.code, Code::Unauthorized | Code::UserDisabled) => Ok(None),
        Err(error) => Err(error),
    }
}

/// For whom a program's document may be read.
fn reader(who: &Option<(SecretString, User)>) -> Option<&UserId> {
    who.as_ref().map(|(_, user)| &user.id)
}

fn shown(request: &Request, session: &SecretString, user: &User, wrong: Option<&str>) -> Page {
    consent::consent(&Consent {
        asker: &request.asker,
        wish: &request.wish,
        user,
        csrf: &csrf_token(session),
        request: &request.text,
        wrong,
    })
}

/// Whether a page of another site sent the browser here.
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

fn without_prompt(text: &str) -> String {
    let others = text.split('&').filter(|pair| *pair != "prompt=login");
    others.collect::<Vec<_>>().join("&")
}

/// An answer that sends the browser on with a plain GET, whatever brought it here.
fn sent_to(address: &str) -> Response {
    match HeaderValue::from_str(address) {
        Ok(mut location) => {
            location.set_sensitive(true);
            (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
        }
        Err(_) => {
            consent::refused(&Refused::request("the address cannot be sent to a browser")).into_response()
        }
    }
}
