//! Rows 3 and 4: a stolen copy with all keys of one officer, or with the witness's.

use sigilo::vault::record::ContentKind;

use super::loot::{Copy, plunder};
use super::{IDENTITY, again, key_of, worked};
use crate::support::app::OFFICER;

#[tokio::test]
async fn row_3_an_officers_keys_open_shares_and_no_identity() {
    let app = worked().await;
    let (officer, witness) = (key_of(&app, OFFICER).await, app.witness_keys.identity.identity());
    let (instance, copy) = (app.app().instance, Copy::of(&app));

    let read = plunder(&copy, instance, vec![again(&officer)]).await;
    assert_eq!((read.opened("share.file"), read.opened("seal.witness_half")), (3, 0));
    assert_eq!(read.texts.len(), 0, "neither stories nor identities");

    let twin = plunder(&copy, instance, vec![officer, witness]).await;
    assert_eq!(twin.count(ContentKind::Identity), 3);
    assert!(IDENTITY.iter().all(|text| twin.has(text)));
}

#[tokio::test]
async fn row_4_the_witnesss_keys_open_halves_and_no_identity() {
    let app = worked().await;
    let (officer, witness) = (key_of(&app, OFFICER).await, app.witness_keys.identity.identity());
    let (instance, copy) = (app.app().instance, Copy::of(&app));

    let read = plunder(&copy, instance, vec![again(&witness)]).await;
    assert_eq!((read.opened("share.file"), read.opened("seal.witness_half")), (0, 3));
    assert_eq!(read.texts.len(), 0);

    let twin = plunder(&copy, instance, vec![witness, officer]).await;
    assert_eq!(twin.count(ContentKind::Identity), 3);
}
