//! Form replay: the form of a refused request stands in the page of the error, to be sent again, and nowhere else.

use axum::body::Body;
use axum::extract::{Form, FromRequest as _, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use zeroize::Zeroizing;

use crate::http::error::RouteError;

const FORM: &str = "application/x-www-form-urlencoded";
/// Fields of a form. No form of ours has nearly as many.
const MAX_FIELDS: usize = 128;

/// The body of a form, and the address to which it was sent.
#[derive(Clone)]
pub(crate) struct KeptForm {
    body: Bytes,
    action: String,
}

/// One field of a form.
pub struct FormField {
    pub name: String,
    pub value: Zeroizing<String>,
}

impl FormField {
    /// Returns true for text that a person wrote, who shall see that it is still there.
    fn is_text(&self) -> bool {
        ["value", "text"].contains(&self.name.as_str()) && self.value.contains(char::is_whitespace)
    }
}

/// A form to be sent again.
pub struct ReplayForm {
    /// A path of ours.
    pub action: String,
    pub fields: Vec<FormField>,
}

impl ReplayForm {
    /// Returns the fields that a person wrote, to be shown.
    pub fn texts(&self) -> impl Iterator<Item = &FormField> {
        self.fields.iter().filter(|field| field.is_text())
    }

    /// Returns the other fields, which go along unseen.
    pub fn others(&self) -> impl Iterator<Item = &FormField> {
        self.fields.iter().filter(|field| !field.is_text())
    }
}

impl KeptForm {
    /// Reads a form to its end, as far as the route's limit goes, and returns the request as it was.
    ///
    /// # Errors
    /// [`RouteError::TooLarge`], [`RouteError::BadRequest`] when it breaks off
    pub(super) async fn read(request: Request) -> Result<(Request, Option<Self>), RouteError> {
        let kind = request.headers().get(CONTENT_TYPE);
        if kind.is_some_and(|kind| !kind.as_bytes().starts_with(FORM.as_bytes())) {
            return Ok((request, None));
        }
        let (parts, body) = request.into_parts();
        // With the extensions, in which the limit stands.
        let whole = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
        let body = whole.map_err(|rejection| match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => RouteError::TooLarge,
            _ => RouteError::BadRequest,
        })?;
        let action = parts.uri.path_and_query().map(|path| path.as_str().to_owned());
        let kept = Self {
            body: body.clone(),
            action: action.unwrap_or_default(),
        };
        Ok((Request::from_parts(parts, body.into()), Some(kept)))
    }

    /// Makes a form that can be sent again; none when the body is no form.
    pub(crate) async fn into_form(self) -> Option<ReplayForm> {
        let request = Request::builder()
            .method(Method::POST)
            .header(CONTENT_TYPE, FORM)
            .body(Body::from(self.body));
        let form = Form::<Vec<(String, Zeroizing<String>)>>::from_request(request.ok()?, &());
        let Form(fields) = form.await.ok()?;
        if fields.len() > MAX_FIELDS {
            return None;
        }
        let fields = fields.into_iter().map(|(name, value)| FormField { name, value });
        Some(ReplayForm {
            action: self.action,
            fields: fields.collect(),
        })
    }
}

/// Takes the kept form out of a response.
pub(crate) fn take(response: &mut Response) -> Option<KeptForm> {
    response.extensions_mut().remove::<KeptForm>()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn again(body: &'static str) -> Option<ReplayForm> {
        let request = Request::post("/report?lang=en").body(Body::from(body)).unwrap();
        let (_, kept) = KeptForm::read(request).await.unwrap();
        kept.unwrap().into_form().await
    }

    #[tokio::test]
    async fn what_was_typed_comes_back_as_it_was() {
        let form = again("step=what&value=Un+%3Cb%3E+d%C3%ADa%0D%0Ados&skip=")
            .await
            .unwrap();
        assert_eq!(form.action, "/report?lang=en");
        let texts: Vec<&str> = form.texts().map(|field| field.value.as_str()).collect();
        assert_eq!(texts, ["Un <b> día\r\ndos"]);
        let others: Vec<&str> = form.others().map(|field| field.name.as_str()).collect();
        assert_eq!(others, ["step", "skip"]);
        // The eight words go along unseen.
        let words = again("words=abaco+nieve").await.unwrap();
        assert_eq!((words.texts().count(), words.others().count()), (0, 1));
        assert!(again("").await.unwrap().fields.is_empty());
    }

    #[tokio::test]
    async fn what_is_too_large_is_said_to_be() {
        let body = Body::from(vec![b'a'; (2 << 20) + 1]);
        let request = Request::post("/report").body(body).unwrap();
        assert_eq!(KeptForm::read(request).await.err(), Some(RouteError::TooLarge));
    }
}
