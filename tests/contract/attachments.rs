//! Rows of attachments, from the upload until they are kept or deleted.

use sigilo::domain::ids::{AttachmentId, CaseId};
use sigilo::store::attachments::{self, NewAttachment};
use sigilo::store::{Error, Tx, cases};

use super::{Fresh, TODAY, bytes, new_case, rng, stories};

stories!(
    a_file_is_announced_arrives_and_is_kept,
    only_what_waits_for_its_owner_is_kept,
    what_nobody_submits_is_given_up_and_forgotten,
    a_case_is_erased_with_its_files,
);

async fn case(tx: &mut Tx) -> CaseId {
    let new = new_case("farmacia", TODAY);
    cases::insert(tx, &new).await.unwrap();
    new.case.id
}

/// A file that waits for `owner`.
async fn waiting(tx: &mut Tx, owner: &[u8], expires_at: i64) -> AttachmentId {
    let id = AttachmentId::random(&mut rng());
    attachments::announce(tx, id, owner, expires_at).await.unwrap();
    assert!(attachments::arrived(tx, id, 70_000, b"described").await.unwrap());
    id
}

fn kept(id: AttachmentId) -> NewAttachment {
    NewAttachment {
        id,
        author: "reporter".into(),
        day: TODAY,
        at: None,
        body: b"sealed".to_vec(),
    }
}

async fn a_file_is_announced_arrives_and_is_kept(fresh: Fresh) {
    let mut tx = fresh.db.begin().await.unwrap();
    let (case, owner) = (case(&mut tx).await, bytes(32));
    let id = AttachmentId::random(&mut rng());
    attachments::announce(&mut tx, id, &owner, 3600).await.unwrap();
    assert_eq!(attachments::count(&mut tx, &owner).await.unwrap(), 1);
    assert!(
        attachments::waiting(&mut tx, &owner).await.unwrap().is_empty(),
        "not yet"
    );
    assert!(attachments::arrived(&mut tx, id, 70_000, b"described").await.unwrap());
    assert!(!attachments::arrived(&mut tx, id, 70_000, b"again").await.unwrap());
    let second = waiting(&mut tx, &owner, 3600).await;
    assert_eq!(attachments::waiting(&mut tx, &owner).await.unwrap().len(), 2);
    assert!(attachments::describe(&mut tx, id, &owner, b"otherwise").await.unwrap());
    assert!(!attachments::describe(&mut tx, id, b"somebody", b"x").await.unwrap());

    attachments::keep(&mut tx, case, &owner, &[kept(second), kept(id)])
        .await
        .unwrap();
    let of_case = attachments::of_case(&mut tx, case).await.unwrap();
    let places: Vec<_> = of_case
        .iter()
        .map(|file| (file.position, file.id, file.stored_size))
        .collect();
    assert_eq!(places, [(1, second, 70_000), (2, id, 70_000)]);
    assert_eq!(of_case[0].body, b"sealed");
    assert_eq!(attachments::count(&mut tx, &owner).await.unwrap(), 0);
    // The previous owner cannot change it any more.
    assert!(!attachments::mark_for_deletion(&mut tx, id, &owner).await.unwrap());
    assert_eq!(
        attachments::mark_expired_for_deletion(&mut tx, i64::MAX).await.unwrap(),
        0
    );
    tx.commit().await.unwrap();
}

async fn only_what_waits_for_its_owner_is_kept(fresh: Fresh) {
    let (owner, other) = (bytes(32), bytes(32));
    let mut tx = fresh.db.begin().await.unwrap();
    let case = case(&mut tx).await;
    let arriving = AttachmentId::random(&mut rng());
    attachments::announce(&mut tx, arriving, &owner, 3600).await.unwrap();
    let of_another = waiting(&mut tx, &other, 3600).await;
    tx.commit().await.unwrap();
    for id in [arriving, of_another, AttachmentId::random(&mut rng())] {
        let mut tx = fresh.db.begin().await.unwrap();
        let refused = attachments::keep(&mut tx, case, &owner, &[kept(id)]).await;
        assert!(matches!(refused, Err(Error::Rows { .. })), "{refused:?}");
    }
}

async fn what_nobody_submits_is_given_up_and_forgotten(fresh: Fresh) {
    let owner = bytes(32);
    let mut tx = fresh.db.begin().await.unwrap();
    let early = waiting(&mut tx, &owner, 3600).await;
    let late = waiting(&mut tx, &owner, 7200).await;
    assert_eq!(attachments::mark_expired_for_deletion(&mut tx, 3600).await.unwrap(), 1);
    assert_eq!(
        attachments::list_marked_for_deletion(&mut tx, 0, 10).await.unwrap(),
        [early]
    );
    attachments::forget(&mut tx, late).await.unwrap();
    assert_eq!(
        attachments::count(&mut tx, &owner).await.unwrap(),
        1,
        "only the marked ones are forgotten"
    );
    attachments::forget(&mut tx, early).await.unwrap();
    assert!(
        attachments::list_marked_for_deletion(&mut tx, 0, 10)
            .await
            .unwrap()
            .is_empty()
    );
    // Marked while it was arriving: an upload may still be writing it.
    let arriving = AttachmentId::random(&mut rng());
    attachments::announce(&mut tx, arriving, &owner, 3600).await.unwrap();
    assert!(attachments::mark_for_deletion(&mut tx, arriving, &owner).await.unwrap());
    assert!(
        attachments::list_marked_for_deletion(&mut tx, 3599, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        attachments::list_marked_for_deletion(&mut tx, 3600, 10).await.unwrap(),
        [arriving]
    );
    attachments::forget(&mut tx, arriving).await.unwrap();
    attachments::prolong(&mut tx, &owner, 10_800).await.unwrap();
    assert_eq!(attachments::mark_expired_for_deletion(&mut tx, 7200).await.unwrap(), 0);
    assert_eq!(attachments::mark_all_for_deletion(&mut tx, &owner).await.unwrap(), 1);
    assert!(!attachments::arrived(&mut tx, late, 1, b"too late").await.unwrap());
}

async fn a_case_is_erased_with_its_files(fresh: Fresh) {
    let owner = bytes(32);
    let mut tx = fresh.db.begin().await.unwrap();
    let case = case(&mut tx).await;
    let id = waiting(&mut tx, &owner, 3600).await;
    attachments::keep(&mut tx, case, &owner, &[kept(id)]).await.unwrap();
    sigilo::store::seals::erase(&mut tx, case).await.unwrap();
    assert_eq!(attachments::mark_case_for_deletion(&mut tx, case).await.unwrap(), 1);
    cases::erase(&mut tx, case).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fresh.db.read().await.unwrap();
    assert_eq!(
        attachments::list_marked_for_deletion(&mut tx, 0, 10).await.unwrap(),
        [id]
    );
    assert!(cases::by_id(&mut tx, case).await.unwrap().is_none());
}
