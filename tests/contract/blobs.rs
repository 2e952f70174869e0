//! Contract tests of the blob store: the same tests run on a folder and on a bucket.

use sigilo::domain::ids::AttachmentId;
use sigilo::store::blobs::{BlobError, BlobStore};

use super::{TODAY, bytes, rng};
use crate::support::s3::{S3, S3Behavior};

macro_rules! stories {
    ($($name:ident),+ $(,)?) => {
        mod in_a_folder {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::$name(sigilo::store::blobs::BlobStore::open_folder(folder.path()).unwrap()).await;
            })+
        }
        mod in_a_bucket {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let s3 = crate::support::s3::S3::start().await;
                super::$name(s3.files()).await;
            })+
        }
    };
}

stories!(
    what_is_written_is_read_back,
    what_is_given_up_was_never_there,
    a_file_is_replaced_at_the_end_only,
    deleting_is_for_good_and_may_be_repeated,
);

fn id() -> AttachmentId {
    AttachmentId::random(&mut rng())
}

async fn write(files: &BlobStore, id: AttachmentId, content: &[u8], pieces: usize) {
    let mut upload = files.begin(id).await.unwrap();
    for piece in content.chunks(pieces) {
        upload.write(piece.to_vec()).await.unwrap();
    }
    assert_eq!(upload.finish(TODAY).await.unwrap(), content.len() as u64);
}

async fn what_is_written_is_read_back(files: BlobStore) {
    for (size, pieces) in [(1, 1), (600_000, 70_000), (12_000_001, 524_500)] {
        let (id, content) = (id(), bytes(size));
        write(&files, id, &content, pieces).await;
        assert_eq!(files.size(id).await.unwrap(), size as u64);
        assert_eq!(files.read(id, 0..size as u64).await.unwrap(), content);
        let (from, to) = (size / 3, size / 2 + 1);
        assert_eq!(files.read(id, from as u64..to as u64).await.unwrap(), content[from..to]);
        let (told, stream) = files.stream(id).await.unwrap();
        let read: Vec<_> = futures_util::TryStreamExt::try_collect(stream).await.unwrap();
        assert_eq!((told, read.concat()), (size as u64, content));
    }
}

async fn is_missing(files: &BlobStore, id: AttachmentId) -> bool {
    matches!(files.size(id).await, Err(BlobError::Missing)) && matches!(files.stream(id).await, Err(BlobError::Missing))
}

async fn what_is_given_up_was_never_there(files: BlobStore) {
    let id = id();
    let mut upload = files.begin(id).await.unwrap();
    upload.write(bytes(6_000_000)).await.unwrap();
    assert!(is_missing(&files, id).await, "not before the end");
    upload.abort().await;
    assert!(is_missing(&files, id).await);
}

async fn a_file_is_replaced_at_the_end_only(files: BlobStore) {
    let id = id();
    let (old, new) = (bytes(100_000), bytes(7_000_000));
    write(&files, id, &old, 100_000).await;
    let mut upload = files.begin(id).await.unwrap();
    upload.write(new.clone()).await.unwrap();
    assert_eq!(files.read(id, 0..100_000).await.unwrap(), old);
    upload.finish(TODAY).await.unwrap();
    assert_eq!(files.read(id, 0..7_000_000).await.unwrap(), new);
}

async fn deleting_is_for_good_and_may_be_repeated(files: BlobStore) {
    let id = id();
    write(&files, id, &bytes(1000), 1000).await;
    files.delete(id).await.unwrap();
    assert!(is_missing(&files, id).await);
    files.delete(id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_tells_days_only_and_is_its_owners() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("files");
    let files = BlobStore::open_folder(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    let told_id = id();
    let content = bytes(10);
    write(&files, told_id, &content, 10).await;
    let id = told_id.to_string();
    let stored = path.join(&id[..2]).join(&id);
    let told = || std::fs::metadata(&stored).unwrap();
    let read = told().atime();
    assert_eq!((told().mtime(), read % 86_400), (TODAY.0 * 86_400, 0));
    assert_eq!(std::fs::read(&stored).unwrap(), content);
    assert_eq!(told().atime(), read, "nor when it was read");
    let folders_tell_nothing = |when: &str| {
        for folder in [path.as_path(), stored.parent().unwrap()] {
            assert_eq!(std::fs::metadata(folder).unwrap().mtime(), 0, "{when}");
        }
    };
    folders_tell_nothing("after a file has come");

    // The next start removes files that a crash left half-written, and nothing else.
    let half = stored.with_file_name(format!("{id}#1"));
    std::fs::write(&half, "half").unwrap();
    let files = BlobStore::open_folder(&path).unwrap();
    assert!(!half.exists() && stored.exists());
    folders_tell_nothing("after a start");
    files.begin(told_id).await.unwrap().abort().await;
    folders_tell_nothing("after one was given up");
    files.delete(told_id).await.unwrap();
    assert!(!stored.exists());
    folders_tell_nothing("after one has gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_refuses_in_the_middle_keeps_nothing() {
    let s3 = S3::start().await;
    let files = s3.files();
    let id = id();
    let mut upload = files.begin(id).await.unwrap();
    upload.write(bytes(5_300_000)).await.unwrap();
    s3.set_behavior(S3Behavior::ReadOnly);
    let refused = upload.write(bytes(5_300_000)).await;
    assert!(matches!(refused, Err(BlobError::Store(_))), "{refused:?}");
    upload.abort().await;
    s3.set_behavior(S3Behavior::Normal);
    assert!(is_missing(&files, id).await);
    // Afterwards it works again.
    write(&files, id, &bytes(10), 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_does_not_answer_is_not_waited_for() {
    let s3 = S3::start().await;
    let files = s3.impatient_files();
    let (there, content) = (id(), bytes(10));
    write(&files, there, &content, 10).await;
    s3.set_behavior(S3Behavior::Stalling(0));
    assert!(matches!(files.size(there).await, Err(BlobError::TimedOut)));
    assert!(matches!(files.read(there, 0..10).await, Err(BlobError::TimedOut)));
    assert!(matches!(files.stream(there).await.err(), Some(BlobError::TimedOut)));
    assert!(matches!(files.delete(there).await, Err(BlobError::TimedOut)));
    assert!(matches!(files.begin(id()).await.err(), Some(BlobError::TimedOut)));
    for (answers, size) in [(1, 5_300_000), (2, 10)] {
        let id = id();
        s3.set_behavior(S3Behavior::Stalling(answers));
        let mut upload = files.begin(id).await.unwrap();
        let written = upload.write(bytes(size)).await;
        if answers == 1 {
            assert!(matches!(written, Err(BlobError::TimedOut)), "{written:?}");
            upload.abort().await;
        } else {
            let finished = upload.finish(TODAY).await;
            assert!(matches!(finished, Err(BlobError::TimedOut)), "{finished:?}");
        }
    }
    s3.set_behavior(S3Behavior::Normal);
    write(&files, id(), &content, 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_takes_nobody_elses_word() {
    let s3 = S3::start().await;
    let mut stranger = s3.bucket.clone();
    stranger.secret_access_key = "another secret".into();
    let files = BlobStore::open_bucket(&stranger).unwrap();
    assert!(files.begin(id()).await.is_err(), "the signature is checked");
}
