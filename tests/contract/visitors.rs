//! Drafts, shown receipts, follow-up sessions.

use sigilo::store::visitors::{self, FollowUp};
use sigilo::store::{Error, cases};

use super::{Fresh, TODAY, bytes, new_case, stories};

stories!(
    a_draft_changes_by_revision,
    of_two_submissions_the_first_wins,
    what_expires_is_swept
);

async fn a_draft_changes_by_revision(fresh: Fresh) {
    let token = bytes(32);
    let mut tx = fresh.db.begin().await.unwrap();
    visitors::insert_draft(&mut tx, &token, b"one", 7200).await.unwrap();
    assert!(visitors::update_draft(&mut tx, &token, 1, b"two", 7200).await.unwrap());
    assert!(!visitors::update_draft(&mut tx, &token, 1, b"late", 7200).await.unwrap());
    let draft = visitors::draft(&mut tx, &token, 100).await.unwrap().unwrap();
    assert_eq!((draft.revision, draft.body.as_slice()), (2, b"two".as_slice()));
    assert_eq!(visitors::draft(&mut tx, &token, 7200).await.unwrap(), None);
    assert!(visitors::discard_draft(&mut tx, &token).await.unwrap());
    // A row that tells the second is refused.
    assert!(visitors::insert_draft(&mut tx, &token, b"one", 7201).await.is_err());
}

async fn of_two_submissions_the_first_wins(fresh: Fresh) {
    let token = bytes(32);
    let mut tx = fresh.db.begin().await.unwrap();
    visitors::insert_draft(&mut tx, &token, b"draft", 7200).await.unwrap();
    tx.commit().await.unwrap();
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let (db, token) = (fresh.db.clone(), token.clone());
            tokio::spawn(async move {
                let (new, token) = (&new_case("norte", TODAY), token.as_slice());
                db.write("test", |mut tx| async move {
                    if !visitors::take_draft(&mut tx, token, 1).await? {
                        let shown = visitors::shown_receipt(&mut tx, token, 100).await?;
                        return Ok::<_, Error>((false, shown.expect("the first one's receipt is there")));
                    }
                    cases::insert(&mut tx, new).await?;
                    visitors::show_receipt(&mut tx, token, new.case.number.as_bytes(), 1800).await?;
                    tx.commit().await?;
                    Ok((true, new.case.number.clone().into_bytes()))
                })
                .await
            })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap().unwrap());
    }
    assert_eq!(results.iter().filter(|(won, _)| *won).count(), 1);
    assert_eq!(results[0].1, results[1].1);
    let mut tx = fresh.db.begin().await.unwrap();
    assert!(visitors::forget_receipt(&mut tx, &token).await.unwrap());
    assert_eq!(visitors::shown_receipt(&mut tx, &token, 100).await.unwrap(), None);
}

async fn what_expires_is_swept(fresh: Fresh) {
    let new = new_case("norte", TODAY);
    let mut tx = fresh.db.begin().await.unwrap();
    cases::insert(&mut tx, &new).await.unwrap();
    let session = |expires_at| FollowUp {
        token_hash: bytes(32),
        case_id: new.case.id,
        keys: bytes(90),
        language: "es".into(),
        expires_at,
    };
    let (gone, stays) = (session(600), session(1200));
    for session in [&gone, &stays] {
        visitors::insert_follow_up(&mut tx, session).await.unwrap();
    }
    visitors::insert_draft(&mut tx, &bytes(32), b"x", 0).await.unwrap();
    visitors::show_receipt(&mut tx, &bytes(32), b"x", 600).await.unwrap();
    assert_eq!(visitors::follow_up(&mut tx, &gone.token_hash, 700).await.unwrap(), None);
    let swept = visitors::sweep(&mut tx, 700).await.unwrap();
    assert_eq!(swept.drafts + swept.receipts + swept.sessions, 3);
    assert_eq!(
        visitors::follow_up(&mut tx, &stays.token_hash, 700).await.unwrap(),
        Some(stays.clone())
    );
    assert!(visitors::end_follow_up(&mut tx, &stays.token_hash).await.unwrap());
    assert_eq!(visitors::end_follow_ups_of(&mut tx, new.case.id).await.unwrap(), 0);
}
