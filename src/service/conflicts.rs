//! Errors of the store that mean that somebody else was first.

use crate::service::error::{Error, Result};
use crate::store;

/// Turns a duplicate into [`Error::Conflict`]: the same thing was done before.
pub(crate) fn conflict_if_duplicate<T>(result: store::Result<T>) -> Result<T> {
    result.map_err(|error| {
        if error.is_duplicate() {
            Error::Conflict
        } else {
            error.into()
        }
    })
}

/// Turns a missing row into [`Error::Conflict`]: a file that was there a moment ago was sent or removed meanwhile.
pub(crate) fn conflict_if_missing<T>(kept: store::Result<T>) -> Result<T> {
    kept.map_err(|error| match error {
        store::Error::Rows { .. } => Error::Conflict,
        error => error.into(),
    })
}
