//! `/console/session`: signing in with a token, and out again.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use chrono::{DateTime, Utc};
use gangway_app::{AppSettings, Code, ExposeSecret, SignedIn, csrf_token};
use gangway_model::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::caller::{Session, session_cookie, session_of};
use crate::documented::{Forbidden, Internal, JsonBody, Unauthorized, Unavailable};
use crate::origin::comes_from_here;
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;
use crate::strict::{Body, Text};
use crate::v1::admin::UserView;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// A user token or the admin key.
    token: Text<1, 512>,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    role: Role,
    /// The user; absent for the admin, who acts for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserView>,
    /// The session ends then, or with the token that signed in if that ends earlier.
    expires_at: DateTime<Utc>,
    /// What calls that change something send as `X-CSRF-Token`.
    csrf_token: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SessionRole)]
enum Role {
    User,
    Admin,
}

impl SessionView {
    fn of(secret: &SecretString, who: SignedIn, expires_at: DateTime<Utc>) -> Self {
        let (role, user) = match who {
            SignedIn::User(user) => (Role::User, Some(UserView::from(*user))),
            SignedIn::Admin => (Role::Admin, None),
        };
        Self { role, user, expires_at, csrf_token: csrf_token(secret) }
    }
}

/// Signs this browser in: from now on its cookie stands for the token, which no page keeps.
#[utoipa::path(
    post, path = "/console/session", tag = "console", request_body = SignInRequest,
    responses(
        (status = 200, description = "Signed in.", body = SessionView, headers(
            ("Set-Cookie" = String, description = "The session, for this browser and no script.")
        )),
        JsonBody, Unauthorized, Forbidden, Internal, Unavailable
    )
)]
pub async fn sign_in(
    State(state): State<ApiState>,
    headers: HeaderMap,
    Body(body): Body<SignInRequest>,
) -> ApiResult<impl IntoResponse> {
    let settings = &state.app.settings;
    if !comes_from_here(&headers, &settings.own_origin()) {
        return Err(ApiError::new(Code::Forbidden, "only this server's own pages may sign in"));
    }
    let token = SecretString::from(body.token.trim());
    let before = session_of(&headers, settings);
    let started = state.app.start_session(&token, before.as_ref()).await?;
    let cookie = cookie(settings, started.secret.expose_secret(), started.lifetime.as_secs());
    let view = SessionView::of(&started.secret, started.who, started.expires_at);
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(view)))
}

/// Shows who is signed in in this browser.
#[utoipa::path(
    get, path = "/console/session", tag = "console", security(("console_session" = [])),
    responses(
        (status = 200, description = "Signed in.", body = SessionView),
        Unauthorized, Forbidden, Internal, Unavailable
    )
)]
pub async fn get_session(
    Session(session): Session,
    State(state): State<ApiState>,
) -> ApiResult<Json<SessionView>> {
    let (who, expires_at) = state.app.get_session(&session).await?;
    Ok(Json(SessionView::of(&session, who, expires_at)))
}

/// Signs this browser out.
#[utoipa::path(
    delete, path = "/console/session", tag = "console", security(("console_session" = [])),
    responses((status = 204, description = "Signed out."), Unauthorized, Forbidden, Internal, Unavailable)
)]
pub async fn sign_out(
    Session(session): Session,
    State(state): State<ApiState>,
) -> ApiResult<impl IntoResponse> {
    state.app.end_session(&session).await?;
    let gone = cookie(&state.app.settings, "", 0);
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, gone)])))
}

/// A cookie that no script reads and that comes with no call from another site.
pub fn cookie(settings: &AppSettings, value: &str, seconds: u64) -> HeaderValue {
    let secure = if settings.public_url.scheme() == "https" { "; Secure" } else { "" };
    let name = session_cookie(settings);
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let mut cookie = HeaderValue::try_from(text).expect("tokens are made of letters and digits");
    cookie.set_sensitive(true);
    cookie
}
