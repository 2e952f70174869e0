//! Validation requests, unseals, letters, the history of a case.

use sigilo::domain::facets::Verdict;
use sigilo::domain::ids::{LetterId, UnsealId, ValidationId};
use sigilo::domain::role::Role;
use sigilo::domain::state::{UnsealState, ValidationState};
use sigilo::store::desk::{self, CaseEvent, Letter, Unseal, Validation};
use sigilo::store::{cases, seals, staff};

use super::{Fresh, TODAY, bytes, new_case, new_entry, new_staff, rng, stories};

stories!(
    one_request_at_a_time_waits_at_the_desk,
    an_unseal_goes_from_request_to_verdict,
    history_and_letters_read_back
);

async fn one_request_at_a_time_waits_at_the_desk(fresh: Fresh) {
    let (ana, new) = (new_staff(Role::Analyst), new_case("norte", TODAY));
    let mut tx = fresh.db.begin().await.unwrap();
    let entry_id = new_entry(&mut tx, 50, None).await;
    let request = || Validation {
        id: ValidationId::random(&mut rng()),
        case_id: new.case.id,
        requested_by: ana.id,
        requested_at: 50,
        expires_at: 60,
        payload: bytes(200),
        entry_id,
        letter: bytes(90),
        state: ValidationState::Open,
    };
    let (first, second) = (request(), request());
    staff::insert(&mut tx, &ana).await.unwrap();
    cases::insert(&mut tx, &new).await.unwrap();
    desk::insert_validation(&mut tx, &first).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fresh.db.begin().await.unwrap();
    assert!(
        desk::insert_validation(&mut tx, &second)
            .await
            .unwrap_err()
            .is_duplicate()
    );
    drop(tx);
    let mut tx = fresh.db.begin().await.unwrap();
    let open = desk::open_validation_of(&mut tx, new.case.id).await.unwrap();
    assert_eq!(open, Some(first));
    desk::settle_validations(&mut tx, new.case.id).await.unwrap();
    assert_eq!(desk::open_validation_of(&mut tx, new.case.id).await.unwrap(), None);
    desk::insert_validation(&mut tx, &second).await.unwrap();
}

async fn an_unseal_goes_from_request_to_verdict(fresh: Fresh) {
    let (oda, new) = (new_staff(Role::Officer), new_case("norte", TODAY));
    let mut tx = fresh.db.begin().await.unwrap();
    staff::insert(&mut tx, &oda).await.unwrap();
    cases::insert(&mut tx, &new).await.unwrap();
    let unseal = Unseal {
        id: UnsealId::random(&mut rng()),
        case_id: new.case.id,
        seal_id: new.seal.as_ref().map(|seal| seal.id),
        officer_id: oda.id,
        class: "validation".into(),
        request: bytes(300),
        request_hash: bytes(32),
        signature: bytes(64),
        witness_letter: bytes(300),
        entry_id: new_entry(&mut tx, 60, Some(new.case.id)).await,
        requested_at: 60,
        state: UnsealState::Requested,
        verdict: None,
        checks: None,
        decided_at: None,
    };
    desk::insert_unseal(&mut tx, &unseal).await.unwrap();
    assert_eq!(
        desk::requested_unseals(&mut tx).await.unwrap(),
        std::slice::from_ref(&unseal)
    );
    // An identity that was never opened gets no verdict.
    assert!(
        desk::decide_unseal(&mut tx, unseal.id, Verdict::Valid, b"checks", 70)
            .await
            .is_err()
    );
    desk::answer_unseal(&mut tx, unseal.id, UnsealState::Released)
        .await
        .unwrap();
    assert!(
        desk::answer_unseal(&mut tx, unseal.id, UnsealState::Refused)
            .await
            .is_err()
    );
    desk::decide_unseal(&mut tx, unseal.id, Verdict::Mismatch, b"checks", 70)
        .await
        .unwrap();
    assert!(
        desk::decide_unseal(&mut tx, unseal.id, Verdict::Valid, b"checks", 71)
            .await
            .is_err()
    );
    // Erasing the identity keeps the record of its opening.
    seals::erase(&mut tx, new.case.id).await.unwrap();
    let now = desk::unseal(&mut tx, unseal.id).await.unwrap().unwrap();
    assert_eq!(
        (now.seal_id, now.verdict, now.decided_at),
        (None, Some(Verdict::Mismatch), Some(70))
    );
    assert_eq!(desk::unseals_of(&mut tx, new.case.id).await.unwrap(), [now]);
}

async fn history_and_letters_read_back(fresh: Fresh) {
    let (eva, new) = (new_staff(Role::Auditor), new_case("norte", TODAY));
    let mut tx = fresh.db.begin().await.unwrap();
    staff::insert(&mut tx, &eva).await.unwrap();
    cases::insert(&mut tx, &new).await.unwrap();
    let entry = new_entry(&mut tx, 60, Some(new.case.id)).await;
    let letter = Letter {
        id: LetterId::random(&mut rng()),
        case_id: new.case.id,
        kind: "purpose".into(),
        to_staff: eva.id,
        entry_id: entry,
        file: bytes(300),
    };
    desk::insert_letter(&mut tx, &letter).await.unwrap();
    assert_eq!(
        desk::letters_for(&mut tx, entry, eva.id).await.unwrap(),
        std::slice::from_ref(&letter)
    );
    assert_eq!(desk::letters_to(&mut tx, eva.id).await.unwrap(), [letter]);
    let event = CaseEvent {
        id: entry,
        case_id: new.case.id,
        at: 60,
        staff_id: Some(eva.id),
        what: "state".into(),
        old_value: Some("received".into()),
        new_value: Some("in_review".into()),
        record_id: Some(new.records[0].id),
    };
    desk::insert_event(&mut tx, &event).await.unwrap();
    assert_eq!(desk::events_of(&mut tx, new.case.id).await.unwrap(), [event]);
}
