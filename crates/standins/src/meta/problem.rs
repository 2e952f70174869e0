//! Errors as the Graph API answers them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error as the Graph API answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// The HTTP status.
    pub(super) status: u16,
    /// Meta's own error code.
    pub(super) code: u32,
    title: &'static str,
    details: String,
}

impl Problem {
    fn new(status: u16, code: u32, title: &'static str, details: impl Into<String>) -> Self {
        Self {
            status,
            code,
            title,
            details: details.into(),
        }
    }

    pub(super) fn bearer() -> Self {
        let title = "Invalid OAuth access token - Cannot parse access token";
        Self::new(401, 190, title, "The bearer token is missing or wrong")
    }

    /// An unknown number, file or version.
    pub(super) fn unknown_object(id: &str) -> Self {
        let details = format!("Object with ID '{id}' does not exist, or cannot be loaded due to missing permissions");
        Self::new(400, 100, "Invalid parameter", details)
    }

    pub(super) fn parameter(details: impl Into<String>) -> Self {
        Self::new(400, 100, "Invalid parameter", details)
    }

    pub(super) fn missing(name: &str) -> Self {
        let details = format!("Parameter '{name}' is required");
        Self::new(400, 131_008, "Required parameter is missing", details)
    }

    pub(super) fn value(details: impl Into<String>) -> Self {
        Self::new(400, 131_009, "Parameter value is not valid", details)
    }

    pub(super) fn unsupported_type(kind: &str) -> Self {
        Self::new(
            400,
            131_051,
            "Unsupported message type",
            format!("'{kind}' is not spoken here"),
        )
    }

    pub(super) fn undeliverable() -> Self {
        Self::new(
            400,
            131_026,
            "Message undeliverable",
            "Message Undeliverable: nobody has this number",
        )
    }

    pub(super) fn window() -> Self {
        let details = "Message failed to send because more than 24 hours have passed since the customer last replied to this number";
        Self::new(400, 131_047, "Re-engagement message", details)
    }

    pub(super) fn template(name: &str, language: &str) -> Self {
        let details = format!("template name ({name}) does not exist in {language}");
        Self::new(404, 132_001, "Template name does not exist in the translation", details)
    }

    pub(super) fn throughput() -> Self {
        let details = "Message failed to send because there were too many messages sent from this phone number in a short period of time";
        Self::new(429, 130_429, "Rate limit hit", details)
    }

    pub(super) fn pair() -> Self {
        let details = "Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time";
        let title = "(Business Account, Consumer Account) pair rate limit hit";
        Self::new(429, 131_056, title, details)
    }

    pub(super) fn unavailable() -> Self {
        Self::new(
            503,
            2,
            "API Service",
            "Temporary due to downtime or due to being overloaded",
        )
    }

    /// The error as a status notification contains it.
    pub(super) fn to_status_error(&self) -> Value {
        json!({
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": { "details": self.details },
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        })
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({ "error": {
            "message": format!("(#{}) {}", self.code, self.title),
            "type": "OAuthException",
            "code": self.code,
            "error_data": { "messaging_product": "whatsapp", "details": self.details },
            "fbtrace_id": "ASyntheticTraceId0",
        }});
        let status = StatusCode::from_u16(self.status).expect("each status here is one of HTTP's");
        (status, Json(body)).into_response()
    }
}
