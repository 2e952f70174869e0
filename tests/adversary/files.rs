//! Rows 1 to 4 for files: a stolen copy of database and folder, alone, and with the keys of an analyst, an officer, the
//! witness.

use sigilo::vault::record::ContentKind;
use sqlx::Row as _;

use super::forge::area_of;
use super::loot::{Copy, Read, plunder};
use super::{STORY, again, file_with, key_of, of_byte};
use crate::support::app::{ANALYST, AREA, OFFICER, OTHER_ANALYST, TestApp};
use crate::support::needles::Needles;
use crate::support::on_both_stores;

on_both_stores!(
    router: row_1_stored_files_tell_buckets_and_days,
    row_2_an_analysts_keys_open_the_files_of_the_area_only,
    rows_3_and_4_officers_and_witnesss_keys_open_no_file,
);

const CONTENT: &str = "Berilocentinela";
const OTHER_CONTENT: &str = "Jaspecentinela";
const LIST: &str = "Agatacentinela lista.txt";
const PHOTO: &str = "Onixcentinela foto.jpg";
const OTHER_LIST: &str = "Opalocentinela lista.txt";
const DAY: i64 = 86_400;
/// Two sizes that are padded to the same.
const SIZES: [usize; 2] = [200_000, 200_700];

fn photograph() -> Vec<u8> {
    include_bytes!("../media/turned.jpg").to_vec()
}

/// A text of so many bytes.
fn text(sentinel: &str, size: usize) -> Vec<u8> {
    let line = format!("{sentinel}: caja que no llega.\n");
    line.bytes().cycle().take(size).collect()
}

/// A denuncia with a text and a photograph, a queja of another area with a text of another size.
async fn with_files(app: TestApp) -> TestApp {
    let (list, photo) = (text(CONTENT, SIZES[0]), photograph());
    file_with(&app, false, &[(LIST, &list), (PHOTO, &photo)]).await;
    file_with(&app, true, &[(OTHER_LIST, &text(OTHER_CONTENT, SIZES[1]))]).await;
    app
}

fn names(read: &Read) -> Vec<&str> {
    let mut names: Vec<&str> = read.files.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

/// The part of an age file after its header.
fn payload(file: &[u8]) -> &[u8] {
    let mac = memchr::memmem::find(file, b"\n--- ").unwrap() + 1;
    let end = mac + memchr::memchr(b'\n', &file[mac..]).unwrap();
    &file[end + 1..]
}

async fn row_1_stored_files_tell_buckets_and_days(app: TestApp) {
    let app = with_files(app).await;
    let analyst = key_of(&app, ANALYST).await;
    let (instance, copy) = (app.app().instance, Copy::of(&app));

    let texts = [
        CONTENT,
        OTHER_CONTENT,
        LIST,
        PHOTO,
        OTHER_LIST,
        STORY,
        "turned",
        "image/jpeg",
    ];
    let needles = Needles::new(texts.into_iter().chain(["Autora Inventada", "MARCA SINTETICA"]));
    for (name, bytes) in &copy.database {
        assert_eq!(needles.found(bytes), [], "{name}");
    }
    for cell in copy.cells().await {
        assert_eq!(needles.found(&cell.bytes), [], "{}", cell.place);
    }
    // Visible parts of the picture are not its hidden data: some of them, as they are.
    let picture = &photograph()[photograph().len() / 2..][..16];
    for (path, bytes) in copy.contents() {
        assert_eq!(needles.found(bytes), [], "{}", path.display());
        assert!(memchr::memmem::find(bytes, picture).is_none());
        assert!(
            memchr::memmem::find(bytes, b"age1").is_none(),
            "whom it is for stands nowhere"
        );
    }

    // Of times, days: of files, of the folders in which they lie, of rows. What a bucket's service keeps is its own.
    for stored in &copy.stored {
        assert!(
            app.is_in_a_bucket() || stored.modified % DAY == 0,
            "{}",
            stored.path.display()
        );
    }
    let sql = "SELECT expires_at, at, day, author, stored_size FROM attachment WHERE state = 'kept'";
    let rows = sqlx::query(sql).fetch_all(&mut copy.open().await).await.unwrap();
    assert_eq!(rows.len(), 3);
    for row in &rows {
        let (expires, at): (Option<i64>, Option<i64>) = (row.get(0), row.get(1));
        assert_eq!((expires, at), (None, None));
        assert_eq!(row.get::<i64, _>(2), app.app().today().0);
    }

    // Of sizes, buckets: two texts of one bucket are alike but for the header, whose length is drawn.
    let mut sizes: Vec<usize> = copy.contents().map(|(_, bytes)| payload(bytes).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes[1], sizes[2]);
    let sealed = |size: usize| 16 + size + 16 * size.div_ceil(65_536);
    assert_eq!(sizes, [65_536, 200_704, 200_704].map(sealed));
    for (path, bytes) in copy.contents() {
        let header = bytes.len() - payload(bytes).len();
        assert!((150..600).contains(&header), "{}: {header}", path.display());
    }

    let read = plunder(&copy, instance, vec![of_byte(1), of_byte(2), of_byte(3)]).await;
    assert_eq!((read.opened.len(), read.files.len()), (0, 0));
    let twin = plunder(&copy, instance, vec![analyst]).await;
    assert_eq!(names(&twin), [LIST, PHOTO]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_1_nor_when_a_file_was_read() {
    let app = with_files(TestApp::new().await).await;
    let day = Copy::of(&app).stored.iter().filter_map(|stored| stored.accessed).max();
    // Copying has read them all, as a reporter's visit does.
    for stored in &Copy::of(&app).stored {
        assert!(stored.accessed.is_none_or(|time| Some(time) == day), "{stored:?}");
    }
}

async fn row_2_an_analysts_keys_open_the_files_of_the_area_only(app: TestApp) {
    let app = with_files(app).await;
    let (analyst, other) = (key_of(&app, ANALYST).await, key_of(&app, OTHER_ANALYST).await);
    let (instance, copy) = (app.app().instance, Copy::of(&app));

    let read = plunder(&copy, instance, vec![again(&analyst)]).await;
    assert_eq!(names(&read), [LIST, PHOTO]);
    let list = read.files.iter().find(|(name, _)| name == LIST).unwrap();
    assert_eq!(list.1, text(CONTENT, SIZES[0]));
    // The area's copy has no more of the hidden data than anybody's.
    let hidden = Needles::new(["Autora Inventada", "MARCA SINTETICA"]);
    assert!(read.files.iter().all(|(_, content)| hidden.found(content).is_empty()));
    assert!(!hidden.found(&photograph()).is_empty());

    let twin = plunder(&copy, instance, vec![analyst, other]).await;
    assert_eq!(names(&twin), [LIST, PHOTO, OTHER_LIST]);
}

async fn rows_3_and_4_officers_and_witnesss_keys_open_no_file(app: TestApp) {
    let app = with_files(app).await;
    let analyst = key_of(&app, ANALYST).await;
    let (officer, witness) = (key_of(&app, OFFICER).await, app.witness_keys.identity.identity());
    let (instance, copy) = (app.app().instance, Copy::of(&app));
    let area = area_of(&mut copy.open().await, instance, AREA, &analyst).await;

    for keys in [
        vec![again(&officer)],
        vec![again(&witness)],
        vec![again(&officer), again(&witness)],
    ] {
        let both = keys.len() == 2;
        let read = plunder(&copy, instance, keys.iter().map(again).collect()).await;
        assert_eq!(
            (
                read.files.len(),
                read.opened("files"),
                read.count(ContentKind::Attachment)
            ),
            (0, 0, 0)
        );
        // Both together open identities, and still no file.
        assert_eq!(read.count(ContentKind::Identity), if both { 2 } else { 0 });
        let twin = plunder(&copy, instance, keys.into_iter().chain([again(&area)]).collect()).await;
        assert_eq!(names(&twin), [LIST, PHOTO]);
    }
}
