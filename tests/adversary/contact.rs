//! Addresses for notices: who opens them, whether they can be sent elsewhere, and what is left of one that was taken back.

use memchr::memmem::find;
use sigilo::domain::notice::NoticeChannel;
use sigilo::vault::contact;

use super::loot::{Copy, open, plunder, write};
use super::{again, key_of};
use crate::flows::mail::{ADDRESS, close, give, opened};
use crate::flows::report::{submit, words_of};
use crate::support::app::{ANALYST, OFFICER, Visitor};
use crate::support::mailing::Mailing;
use crate::support::needles::Needles;
use crate::support::staff::OpenCase;

/// A report with an address, its number already sent; its reporter's words and browser.
async fn with_notices() -> (Mailing, String, Visitor) {
    let mailing = Mailing::new().await;
    let mut visitor = Visitor::default();
    let words = words_of(&submit(&mailing.app, &mut visitor).await.text());
    give(&mailing.app, &mut visitor).await;
    assert_eq!(mailing.round().await, 1);
    (mailing, words, visitor)
}

/// The sealed address.
async fn sealed(copy: &Copy) -> Vec<u8> {
    let mut cells = copy.cells().await;
    cells.retain(|cell| cell.place == "contact.file");
    assert_eq!(cells.len(), 1);
    cells.remove(0).bytes
}

#[tokio::test]
async fn row_1_neither_a_copy_nor_staffs_keys_open_an_address() {
    let (mailing, _, _) = with_notices().await;
    let app = &mailing.app;
    let (analyst, officer) = (key_of(app, ANALYST).await, key_of(app, OFFICER).await);
    let witness = app.witness_keys.identity.identity();
    let (instance, copy) = (app.app().instance, Copy::of(app));

    let needles = Needles::new([ADDRESS, "buzon-inventado"]);
    for (name, bytes) in &copy.database {
        assert_eq!(needles.found(bytes), [], "{name}");
    }
    for cell in copy.cells().await {
        assert_eq!(needles.found(&cell.bytes), [], "{}", cell.place);
    }
    let read = plunder(&copy, instance, vec![analyst, officer, again(&witness)]).await;
    assert_eq!(read.opened("contact.file"), 0);
    assert!(read.opened("case_key.file") > 0, "the keys are the right ones");

    // Twin: with the server's notifier key, of the key file, the address opens, and nothing else does.
    let notifier = app.app().keys().notifier.identity();
    let twin = plunder(&copy, instance, vec![again(&notifier)]).await;
    assert_eq!(twin.opened, ["contact.file"]);
    let (_, OpenCase { id, .. }) = opened(app).await;
    let address = contact::open(&notifier, instance, id, NoticeChannel::Email, &sealed(&copy).await);
    assert_eq!(*address.unwrap(), ADDRESS);
}

#[tokio::test]
async fn an_address_that_was_moved_to_another_case_gets_nothing() {
    let (mailing, _, _) = with_notices().await;
    submit(&mailing.app, &mut Visitor::default()).await;
    let mut connection = open(&mailing.app.folder.path().join("sigilo.sqlite")).await;
    let moved = "UPDATE contact SET case_id = (SELECT id FROM cases WHERE id NOT IN (SELECT case_id FROM contact))";
    assert_eq!(write(&mut connection, moved).await, 1);
    let told = "INSERT INTO notice (id, channel, what, case_id, attempts, next_at)
                SELECT zeroblob(16), 'email', 'number', case_id, 0, 0 FROM contact";
    assert_eq!(write(&mut connection, told).await, 1);
    assert_eq!((mailing.round().await, mailing.waiting().await), (1, 0));
}

#[tokio::test]
async fn of_an_address_that_was_taken_back_or_whose_case_is_closed_not_even_the_sealed_form_is_left() {
    for by_closing in [false, true] {
        let (mailing, _, mut visitor) = with_notices().await;
        let app = &mailing.app;
        let copy = Copy::of(app);
        let sealed = sealed(&copy).await;
        let holds = |copy: &Copy| {
            let pieces = || sealed.chunks_exact(24);
            let files = copy.database.iter();
            files
                .map(|(_, bytes)| pieces().filter(|piece| find(bytes, piece).is_some()).count())
                .sum::<usize>()
        };
        assert!(holds(&copy) > 0, "the search finds what is there");
        if by_closing {
            let (mut ana, mut case) = opened(app).await;
            close(app, &mut ana, &mut case).await;
            assert_eq!(mailing.round().await, 2);
            app.app().operations.sweep().await.unwrap();
        } else {
            app.post(&mut visitor, "/report/receipt/notices/end", &[]).await;
        }
        // The first line of an age file is the same in all.
        let left = holds(&Copy::of(app));
        assert!(left <= 2, "{left} pieces of {} are left", sealed.len() / 24);
    }
}
