//! Extensions of a response: the access guard leaves the visitor's language and name there, for errors that are rendered
//! further out.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

use crate::service::people::sessions::Member;

/// The language of a reporter's session. Errors are rendered in it.
#[derive(Debug, Clone)]
pub(crate) struct SessionLanguage(pub(crate) String);

/// The member of staff who is signed in. Errors are rendered in their language, on a staff page.
#[derive(Debug, Clone)]
pub(crate) struct SignedInMember(pub(crate) Member);

/// Returns true if one of our scripts asks, which reads problem documents.
pub(crate) fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept == "application/json")
}
