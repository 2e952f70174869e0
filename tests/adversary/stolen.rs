//! Rows 1 and 2: a stolen copy, alone and with all keys of one analyst.

use sigilo::vault::record::ContentKind;

use super::loot::{Copy, plunder};
use super::{IDENTITY, NOTE, OF_THE_AREA, OTHER_STORY, STORY, again, key_of, of_byte, worked};
use crate::support::app::{ANALYST, OFFICER, OTHER_ANALYST};
use crate::support::needles::Needles;

#[tokio::test]
async fn row_1_a_copy_alone_tells_nothing_that_was_typed() {
    let app = worked().await;
    let analyst = key_of(&app, ANALYST).await;
    let (instance, copy) = (app.app().instance, Copy::of(&app));

    let needles = Needles::new(OF_THE_AREA.into_iter().chain(IDENTITY).chain([OTHER_STORY]));
    for (name, bytes) in &copy.database {
        assert_eq!(needles.found(bytes), [], "{name}");
    }
    for cell in copy.cells().await {
        assert_eq!(needles.found(&cell.bytes), [], "{}", cell.place);
    }
    let read = plunder(&copy, instance, vec![of_byte(1), of_byte(2), of_byte(3)]).await;
    assert_eq!((read.opened.len(), read.texts.len()), (0, 0));

    let twin = plunder(&copy, instance, vec![analyst]).await;
    assert!(twin.has(STORY));
}

#[tokio::test]
async fn row_2_an_analysts_keys_open_the_areas_cases_and_no_identity() {
    let app = worked().await;
    let (analyst, other) = (key_of(&app, ANALYST).await, key_of(&app, OTHER_ANALYST).await);
    let (officer, witness) = (key_of(&app, OFFICER).await, app.witness_keys.identity.identity());
    let (instance, copy) = (app.app().instance, Copy::of(&app));

    let read = plunder(&copy, instance, vec![again(&analyst)]).await;
    for text in OF_THE_AREA {
        assert!(read.has(text), "{text}");
    }
    assert_eq!(
        (read.count(ContentKind::Narrative), read.count(ContentKind::Identity)),
        (2, 0)
    );
    assert!(!read.has(OTHER_STORY));
    for text in IDENTITY {
        assert!(!read.has(text), "{text}");
    }

    let twin = plunder(&copy, instance, vec![again(&analyst), other]).await;
    assert!(twin.has(OTHER_STORY));
    // Of the two that an identity takes, either alone adds nothing to an analyst's keys.
    for one in [&officer, &witness] {
        let read = plunder(&copy, instance, vec![again(&analyst), again(one)]).await;
        assert_eq!(read.count(ContentKind::Identity), 0);
    }
    let twin = plunder(&copy, instance, vec![analyst, officer, witness]).await;
    assert_eq!(twin.count(ContentKind::Identity), 3);
    assert!(IDENTITY.iter().all(|text| twin.has(text)) && twin.has(NOTE));
}
