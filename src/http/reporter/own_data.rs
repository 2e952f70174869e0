//! The part of the case's page about the reporter's personal data: past requests, and those that are possible.

use crate::domain::day::Day;
use crate::domain::desk::{RequestKind, RequestState};
use crate::domain::state::State;
use crate::http::site::Site;
use crate::service::follow_up::OwnCase;
use crate::store::identity_requests::IdentityRequest;

/// A request of the reporter about their own data.
pub struct OwnRequest {
    /// The day of the request, or that of the decision.
    pub day: i64,
    /// The key of the outcome so far.
    pub key: &'static str,
    /// The decision's reason, in the reporter's words (from the profile).
    pub reason: Option<String>,
}

/// Past requests about the personal data, and those that are possible.
#[derive(Default)]
pub struct OwnData {
    /// Oldest first.
    pub requests: Vec<OwnRequest>,
    /// The data can be given anew.
    pub may_correct: bool,
    /// An erasure can be requested.
    pub may_erase: bool,
}

impl OwnData {
    pub(super) fn of(site: &Site, language: &str, own: &OwnCase) -> Self {
        let is_there = own.has_identity && !own.identity_erased;
        let requests = own.requests.iter();
        let erasures = own
            .requests
            .iter()
            .filter(|request| request.kind == RequestKind::Erasure);
        let mut states = erasures.map(|request| request.state);
        let is_erasing = states.clone().any(|state| state == RequestState::Erasing);
        let waits = is_erasing || states.any(|state| state == RequestState::Open);
        Self {
            may_correct: is_there && own.is_intact && own.case.state != State::Closed && !is_erasing,
            may_erase: is_there && !waits,
            requests: requests
                .map(|request| OwnRequest::of(site, language, request))
                .collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty() && !self.may_correct && !self.may_erase
    }
}

impl OwnRequest {
    fn of(site: &Site, language: &str, request: &IdentityRequest) -> Self {
        let decided = request.decided_at.map(|at| Day::at(at, &site.app.zone()).0);
        let profile = site.app.profile();
        let reason = request.reason.as_deref().and_then(|code| profile.erasure_reason(code));
        let (day, key) = match (request.kind, request.state) {
            (RequestKind::Correction, RequestState::Open) => (None, "own-correction-waits"),
            (RequestKind::Correction, _) => (None, "own-correction-made"),
            (RequestKind::Erasure, RequestState::Open) => (None, "own-erasure-waits"),
            (RequestKind::Erasure, RequestState::Erasing) => (decided, "own-erasure-begun"),
            (RequestKind::Erasure, RequestState::Done) => (decided, "own-erasure-done"),
            (RequestKind::Erasure, RequestState::Refused) => (decided, "own-erasure-refused"),
        };
        Self {
            day: day.unwrap_or(request.asked_on.0),
            key,
            reason: reason.map(|reason| reason.label.get(language).into()),
        }
    }
}
