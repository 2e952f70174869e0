//! The request for validation that an opening may still answer.

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId};
use crate::domain::state::UnsealState;
use crate::store::desk::{Unseal, Validation};
use crate::store::{self, Tx};
use crate::vault::unseal::UnsealRequest;
use crate::vault::validation::validation_request_hash;

/// The request of a case that an opening may still answer: open, in force, and not answered yet.
pub(crate) async fn waiting(
    tx: &mut Tx,
    (instance, now): (InstanceId, UnixSeconds),
    case: CaseId,
) -> store::Result<Option<Validation>> {
    let open = store::desk::open_validation_of(tx, case).await?;
    let Some(request) = open.filter(|request| now <= request.expires_at) else {
        return Ok(None);
    };
    let hash = validation_request_hash(instance, &request.payload);
    let is_answer = |unseal: &Unseal| {
        let request = UnsealRequest::read(&unseal.request).ok();
        let answers = request.and_then(|request| request.answers);
        unseal.state != UnsealState::Refused && answers.is_some_and(|answers| answers.hash == hash)
    };
    let unseals = store::desk::unseals_of(tx, case).await?;
    Ok((!unseals.iter().any(is_answer)).then_some(request))
}
