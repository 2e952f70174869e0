//! What the tests share.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod chat;
pub(crate) mod coverage;
pub(crate) mod fresh;
pub(crate) mod host;
pub(crate) mod installed;
pub(crate) mod keys;
pub(crate) mod mail_server;
pub(crate) mod mailing;
pub(crate) mod needles;
pub(crate) mod officer;
pub(crate) mod postgres;
pub(crate) mod program;
pub(crate) mod s3;
pub(crate) mod staff;

/// Makes each story a test with sealed files in a folder and one with sealed files in a bucket; told by the router or by
/// the real program.
macro_rules! on_both_stores {
    (router: $($name:ident),+ $(,)?) => {
        $crate::support::on_both_stores! { $crate::support::app::TestApp: $($name),+ }
    };
    (program: $($name:ident),+ $(,)?) => {
        $crate::support::on_both_stores! { $crate::support::program::Installation: $($name),+ }
    };
    ($of:ty: $($name:ident),+) => {
        mod in_a_folder {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(<$of>::in_a_folder().await).await;
            })+
        }
        mod in_a_bucket {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(<$of>::in_a_bucket().await).await;
            })+
        }
    };
}
pub(crate) use on_both_stores;
