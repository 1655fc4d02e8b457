//! Google's error answers: the v1 shape of the API and the flat shape of the OAuth endpoints.

use serde_json::{Map, Value, json};

use super::answer::{self, Answer};

/// A refused API call; boxed because it travels through every result.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Refusal>);

/// What a refusal says.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    pub reason: String,
    pub message: String,
    domain: &'static str,
    location: Option<(String, &'static str)>,
    rpc_status: Option<&'static str>,
    details: Option<Value>,
    challenge: bool,
    headers: Vec<(String, String)>,
}

impl std::ops::Deref for ApiError {
    type Target = Refusal;

    fn deref(&self) -> &Refusal {
        &self.0
    }
}

impl std::ops::DerefMut for ApiError {
    fn deref_mut(&mut self) -> &mut Refusal {
        &mut self.0
    }
}

impl ApiError {
    pub fn new(status: u16, reason: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Refusal {
            status,
            reason: reason.to_owned(),
            message: message.into(),
            domain: domain_of(reason),
            location: None,
            rpc_status: None,
            details: None,
            challenge: false,
            headers: Vec::new(),
        }))
    }

    fn at(mut self, location: &str, kind: &'static str) -> Self {
        self.location = Some((location.to_owned(), kind));
        self
    }

    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A parameter whose value means nothing, such as a garbage page token or query.
    pub fn invalid_value(parameter: &str) -> Self {
        Self::new(400, "invalid", "Invalid Value").at(parameter, "parameter")
    }

    pub fn invalid_parameter(parameter: &str, message: impl Into<String>) -> Self {
        Self::new(400, "invalidParameter", message).at(parameter, "parameter")
    }

    pub fn required(parameter: &str) -> Self {
        let message = format!("Required parameter: {parameter}");
        Self::new(400, "required", message).at(parameter, "parameter")
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "badRequest", message)
    }

    pub fn unknown_parameter(name: &str) -> Self {
        let message = format!(
            "Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter. \
             Field '{name}' could not be found in request message."
        );
        let mut error = Self::new(400, "invalid", message.clone());
        error.rpc_status = Some("INVALID_ARGUMENT");
        error.details = Some(json!([{
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"description": message}],
        }]));
        error
    }

    pub fn file_not_found(id: &str) -> Self {
        Self::new(404, "notFound", format!("File not found: {id}.")).at("fileId", "parameter")
    }

    pub fn not_found(what: &str, id: &str, location: &str) -> Self {
        Self::new(404, "notFound", format!("{what} not found: {id}.")).at(location, "parameter")
    }

    pub fn forbidden(reason: &str, message: impl Into<String>) -> Self {
        Self::new(403, reason, message)
    }

    /// A call without any credentials.
    pub fn login_required() -> Self {
        let mut error = Self::new(
            401,
            "required",
            "Request is missing required authentication credential. Expected OAuth 2 access token, \
             login cookie or other valid authentication credential. See \
             https://developers.google.com/identity/sign-in/web/devconsole-project.",
        )
        .at("Authorization", "header");
        error.rpc_status = Some("UNAUTHENTICATED");
        error.challenge = true;
        error
    }

    /// A call with a token that is expired, revoked or made up.
    pub fn invalid_credentials() -> Self {
        let mut error = Self::new(
            401,
            "authError",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login \
             cookie or other valid authentication credential. See \
             https://developers.google.com/identity/sign-in/web/devconsole-project.",
        )
        .at("Authorization", "header");
        error.rpc_status = Some("UNAUTHENTICATED");
        error.challenge = true;
        error
    }

    /// A token whose scopes do not allow the operation.
    pub fn insufficient_scope(method: &str) -> Self {
        let mut error =
            Self::new(403, "insufficientPermissions", "Request had insufficient authentication scopes.");
        error.rpc_status = Some("PERMISSION_DENIED");
        error.details = Some(json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "domain": "googleapis.com",
            "metadata": {"service": "drive.googleapis.com", "method": method},
        }]));
        error
    }

    /// Turns the error into an answer; inside the list 401 and scope errors carry shorter texts.
    pub fn into_answer(self) -> Answer {
        let refusal = *self.0;
        let inner_message = match refusal.reason.as_str() {
            "authError" => "Invalid Credentials",
            "required" if refusal.status == 401 => "Login Required.",
            "insufficientPermissions" if refusal.details.is_some() => "Insufficient Permission",
            _ => refusal.message.as_str(),
        };
        let mut entry = Map::new();
        entry.insert("message".into(), inner_message.into());
        entry.insert("domain".into(), refusal.domain.into());
        entry.insert("reason".into(), refusal.reason.clone().into());
        if let Some((location, kind)) = &refusal.location {
            entry.insert("location".into(), location.clone().into());
            entry.insert("locationType".into(), (*kind).into());
        }
        let mut error = Map::new();
        error.insert("code".into(), refusal.status.into());
        error.insert("message".into(), refusal.message.into());
        error.insert("errors".into(), json!([entry]));
        if let Some(rpc_status) = refusal.rpc_status {
            error.insert("status".into(), rpc_status.into());
        }
        if let Some(details) = refusal.details {
            error.insert("details".into(), details);
        }
        let mut answer = answer::json(refusal.status, json!({"error": error}).to_string());
        if refusal.challenge {
            let mut challenge = String::from("Bearer realm=\"https://accounts.google.com/\"");
            if refusal.reason == "authError" {
                challenge.push_str(", error=\"invalid_token\"");
            }
            answer = answer.with_header("WWW-Authenticate", challenge);
        }
        for (name, value) in refusal.headers {
            answer = answer.with_header(&name, value);
        }
        answer
    }
}

fn domain_of(reason: &str) -> &'static str {
    match reason {
        "userRateLimitExceeded"
        | "rateLimitExceeded"
        | "dailyLimitExceeded"
        | "quotaExceeded"
        | "sharingRateLimitExceeded"
        | "subscriptionRateLimitExceeded"
        | "downloadQuotaExceeded"
        | "accessNotConfigured" => "usageLimits",
        _ => "global",
    }
}

/// Returns the message Google sends with a reason, for faults that name only the reason.
pub fn usual_message(reason: &str) -> &'static str {
    match reason {
        "userRateLimitExceeded" => {
            "User Rate Limit Exceeded. Rate of requests for user exceed configured project quota, \
             you may consider re-evaluating expected per-user traffic to the API and adjust project \
             quota limits accordingly."
        }
        "rateLimitExceeded" => "Rate Limit Exceeded",
        "sharingRateLimitExceeded" => "Rate limit exceeded.",
        "subscriptionRateLimitExceeded" => "Rate limit exceeded for creating file subscriptions.",
        "dailyLimitExceeded" => "Daily Limit Exceeded",
        "downloadQuotaExceeded" => "The download quota for this file has been exceeded.",
        "backendError" => "Backend Error",
        "internalError" => "Internal Error",
        "teamDriveMembershipRequired" => "The attempted action requires shared drive membership.",
        "domainPolicy" => "The domain administrators have disabled Drive apps.",
        "accessNotConfigured" => {
            "Google Drive API has not been used in this project before or it is disabled."
        }
        "insufficientFilePermissions" => "The user does not have sufficient permissions for this file.",
        _ => "Request failed",
    }
}

/// Returns the status Google uses with a reason.
pub fn usual_status(reason: &str) -> u16 {
    match reason {
        "backendError" => 503,
        "internalError" => 500,
        "notFound" => 404,
        "authError" => 401,
        "invalid" | "badRequest" | "invalidParameter" => 400,
        _ => 403,
    }
}

/// A refusal of the token or revocation endpoint.
pub fn oauth_error(status: u16, code: &str, description: &str) -> Answer {
    let body = if description.is_empty() {
        json!({"error": code})
    } else {
        json!({"error": code, "error_description": description})
    };
    answer::json(status, body.to_string())
}
