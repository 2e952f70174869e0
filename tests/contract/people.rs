//! Staff, sessions, failed sign-ins, rosters, areas.

use sigilo::domain::role::{Role, StaffState};
use sigilo::store::roster::{self, AreaKey, AreaMember, Roster};
use sigilo::store::staff::{self, Session};
use sigilo::store::{Error, Tx};

use super::{Fresh, bytes, new_staff, stories};

stories!(
    who_leaves_has_no_session,
    failures_are_counted,
    rosters_follow_each_other,
    area_keys_reach_their_members
);

async fn who_leaves_has_no_session(fresh: Fresh) {
    let ana = new_staff(Role::Analyst);
    let session = Session {
        token_hash: bytes(32),
        staff_id: ana.id,
        created_at: 5,
        seen_at: 5,
        reauthenticated_at: 5,
    };
    let mut tx = fresh.db.begin().await.unwrap();
    staff::insert(&mut tx, &ana).await.unwrap();
    staff::insert_session(&mut tx, &session).await.unwrap();
    staff::touch_session(&mut tx, &session.token_hash, 8).await.unwrap();
    staff::set_password(&mut tx, ana.id, (b"check", 2), b"blob")
        .await
        .unwrap();
    staff::set_language(&mut tx, ana.id, "en").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fresh.db.begin().await.unwrap();
    assert_eq!(
        staff::session(&mut tx, &session.token_hash)
            .await
            .unwrap()
            .unwrap()
            .seen_at,
        8
    );
    staff::reauthenticate_session(&mut tx, &session.token_hash, 9)
        .await
        .unwrap();
    assert_eq!(
        staff::session(&mut tx, &session.token_hash)
            .await
            .unwrap()
            .unwrap()
            .reauthenticated_at,
        9
    );
    let now = staff::by_email(&mut tx, &ana.email).await.unwrap().unwrap();
    assert_eq!(
        (now.login_check.as_slice(), now.language.as_str()),
        (b"check".as_slice(), "en")
    );
    staff::leave(&mut tx, ana.id).await.unwrap();
    assert_eq!(staff::session(&mut tx, &session.token_hash).await.unwrap(), None);
    assert!(!staff::end_session(&mut tx, &session.token_hash).await.unwrap());
    assert_eq!(
        staff::by_id(&mut tx, ana.id).await.unwrap().unwrap().state,
        StaffState::Left
    );
    assert_eq!(
        staff::by_email(&mut tx, &ana.email).await.unwrap(),
        None,
        "it is free again"
    );
    assert!(matches!(staff::leave(&mut tx, ana.id).await, Err(Error::Rows { .. })));
    assert_eq!(staff::list(&mut tx).await.unwrap().len(), 1);
    assert_eq!(staff::sweep_sessions(&mut tx, 100, 0).await.unwrap(), 0);
}

async fn failures_are_counted(fresh: Fresh) {
    let mut tx = fresh.db.begin().await.unwrap();
    assert_eq!(staff::failures(&mut tx, b"subject").await.unwrap(), None);
    for now in [10, 20] {
        staff::add_failure(&mut tx, b"subject", now).await.unwrap();
    }
    let failures = staff::failures(&mut tx, b"subject").await.unwrap().unwrap();
    assert_eq!((failures.failures, failures.last_at), (2, 20));
    assert_eq!(staff::sweep_failures(&mut tx, 20).await.unwrap(), 0);
    staff::clear_failures(&mut tx, b"subject").await.unwrap();
    assert_eq!(staff::failures(&mut tx, b"subject").await.unwrap(), None);
}

async fn rosters_follow_each_other(fresh: Fresh) {
    let mut tx = fresh.db.begin().await.unwrap();
    assert_eq!(roster::latest(&mut tx).await.unwrap(), None);
    let rosters: Vec<_> = (1..=2)
        .map(|version| Roster {
            version,
            hash: bytes(32),
            note: bytes(90),
            published_at: version,
        })
        .collect();
    for new in &rosters {
        roster::publish(&mut tx, new).await.unwrap();
    }
    assert_eq!(roster::latest(&mut tx).await.unwrap().as_ref(), Some(&rosters[1]));
    assert_eq!(
        roster::by_hash(&mut tx, &rosters[0].hash).await.unwrap().as_ref(),
        Some(&rosters[0])
    );
    assert_eq!(
        roster::by_version(&mut tx, 1).await.unwrap().as_ref(),
        Some(&rosters[0])
    );
    assert_eq!(roster::history(&mut tx).await.unwrap(), rosters);
    assert!(roster::publish(&mut tx, &rosters[1]).await.unwrap_err().is_duplicate());
}

async fn area_keys_reach_their_members(fresh: Fresh) {
    let (ana, eva) = (new_staff(Role::Analyst), new_staff(Role::Analyst));
    let mut tx = fresh.db.begin().await.unwrap();
    for member in [&ana, &eva] {
        staff::insert(&mut tx, member).await.unwrap();
    }
    let member = |version, staff_id| AreaMember {
        area: "norte".into(),
        version,
        staff_id,
        wrapped: bytes(200),
        wrapper: ana.id,
        signature: bytes(64),
    };
    for version in 1..=2 {
        let key = AreaKey {
            area: "norte".into(),
            version,
            recipient: format!("age1n{version}"),
            reserve: (version == 2).then(|| "age1r".into()),
            maker: ana.id,
            maker_key: bytes(32),
            signature: bytes(64),
            created_at: 1,
        };
        roster::insert_area_key(&mut tx, &key, &[member(version, ana.id)])
            .await
            .unwrap();
    }
    roster::put_area_member(&mut tx, &member(2, eva.id)).await.unwrap();
    let versions = async |tx: &mut Tx, id| -> Vec<i64> {
        roster::memberships(tx, id)
            .await
            .unwrap()
            .iter()
            .map(|member| member.version)
            .collect()
    };
    assert_eq!(versions(&mut tx, ana.id).await, [2, 1]);
    assert_eq!(versions(&mut tx, eva.id).await, [2]);
    assert_eq!(
        roster::latest_area_key(&mut tx, "norte")
            .await
            .unwrap()
            .unwrap()
            .recipient,
        "age1n2"
    );
    assert_eq!(roster::members(&mut tx, "norte", 2).await.unwrap().len(), 2);
    assert_eq!(roster::area_keys(&mut tx).await.unwrap().len(), 2);
    assert_eq!(roster::remove_member(&mut tx, ana.id).await.unwrap(), 2);
    assert!(versions(&mut tx, ana.id).await.is_empty());
    // A wrap to an unknown member is refused.
    assert!(
        roster::put_area_member(&mut tx, &member(2, new_staff(Role::Analyst).id))
            .await
            .is_err()
    );
}
