//! Turns a refusal of the server into a failure with a remedy.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::failure::{Exit, Failure};

#[derive(Deserialize)]
#[serde(untagged)]
enum Refusal {
    /// The API's shape.
    Full { error: Body },
    /// The flat shape of OAuth endpoints.
    Flat { error: String, error_description: Option<String> },
}

#[derive(Deserialize)]
struct Body {
    code: String,
    message: String,
    #[serde(default)]
    details: Value,
}

/// The failure behind a refused call.
pub fn failure(status: u16, body: &[u8], retry_after: Option<u64>, url: &Url) -> Failure {
    let (code, message, details) = match serde_json::from_slice(body) {
        Ok(Refusal::Full { error }) => (error.code, error.message, error.details),
        Ok(Refusal::Flat { error, error_description }) => {
            let message = error_description.unwrap_or_else(|| error.clone());
            (error, message, Value::Null)
        }
        Err(_) => {
            return Failure::failed(format!("{url} answered {status}"))
                .why("the answer is not one of Gangway's: another program or a proxy may stand there");
        }
    };
    let exit = match status {
        401 | 403 => Exit::Refused,
        404 => Exit::NotFound,
        400 | 422 => Exit::Usage,
        _ => Exit::Failed,
    };
    let mut failure = Failure::new(exit, message);
    failure.why = Some(explain(status, &code, &details));
    failure.remedy = remedy(&code, retry_after, &connector(url));
    failure.code = Some(code);
    failure
}

fn explain(status: u16, code: &str, details: &Value) -> String {
    let mut text = format!("the server answered {status} {code}");
    for name in ["field", "required_plan", "error_type", "reason"] {
        if let Some(value) = details.get(name).and_then(Value::as_str) {
            text.push_str(&format!(", {name}: {value}"));
        }
    }
    text
}

fn remedy(code: &str, retry_after: Option<u64>, connector: &str) -> Option<String> {
    Some(match code {
        "unauthorized" => {
            "check GANGWAY_TOKEN (or GANGWAY_ADMIN_KEY); `gangway users token` makes a new token".to_owned()
        }
        "plan_required" => {
            "an admin raises the plan: `gangway users update <user> --plan enterprise`".to_owned()
        }
        "not_connected" => format!("connect it first: `gangway connect {connector}`"),
        "needs_reauth" | "token_expired" | "invalid_grant" => {
            format!("connect it again: `gangway connect {connector}`")
        }
        "connector_unavailable" => {
            "`gangway status` says which connectors can be used and why others cannot".to_owned()
        }
        "rate_limit" | "connector_error" => match retry_after {
            Some(seconds) => format!("try again in {seconds} s"),
            None => "try again in a moment".to_owned(),
        },
        "invalid_scope" => "leave --scope out to ask for the usual permissions".to_owned(),
        _ => return None,
    })
}

fn connector(url: &Url) -> String {
    let mut segments =
        url.path_segments().into_iter().flatten().skip_while(|segment| *segment != "connectors");
    segments.nth(1).unwrap_or("<connector>").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Failure {
        let url = Url::parse("http://h/rest/connectors/google_drive/files").unwrap();
        failure(status, body.as_bytes(), Some(7), &url)
    }

    #[test]
    fn both_shapes_are_read_and_get_a_remedy() {
        let full =
            refused(409, r#"{"error":{"code":"not_connected","message":"Not connected","details":{}}}"#);
        assert_eq!(full.remedy.as_deref(), Some("connect it first: `gangway connect google_drive`"));
        let flat = refused(400, r#"{"error":"invalid_scope","error_description":"no such scope"}"#);
        assert_eq!((flat.what.as_str(), flat.exit), ("no such scope", Exit::Usage));
        let limited = refused(429, r#"{"error":{"code":"rate_limit","message":"Slow down"}}"#);
        assert_eq!(limited.remedy.as_deref(), Some("try again in 7 s"));
    }

    #[test]
    fn an_answer_of_something_else_says_so() {
        assert!(refused(502, "<html>").why.unwrap().contains("proxy"));
    }
}
