//! Fixtures that the tests and benches of `sigilo` share: installations, services on loopback, the program under test,
//! and the browsers of visitors and staff, in Rust.

pub mod accounts;
pub mod app;
pub mod binary;
pub mod browser;
pub mod chat;
pub mod coverage;
pub mod database;
mod folder_copy;
pub mod fresh;
pub mod host;
pub mod installed;
pub mod keys;
pub mod mail_server;
pub mod mailing;
pub mod needles;
pub mod officer;
pub mod postgres;
pub mod program;
pub mod requests;
pub mod s3;
mod snapshot;
pub mod staff;

/// Makes two tests of each story: one with sealed files in a folder, one with sealed files in a bucket. The story runs
/// against the router or against the real program.
#[macro_export]
macro_rules! on_both_stores {
    (router: $($name:ident),+ $(,)?) => {
        $crate::on_both_stores! { $crate::app::TestApp: $($name),+ }
    };
    (program: $($name:ident),+ $(,)?) => {
        $crate::on_both_stores! { $crate::program::Installation: $($name),+ }
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

/// Makes two tests of each story, which takes the kind of its database: one on SQLite, one on PostgreSQL.
#[macro_export]
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::database::Database::Sqlite).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::database::Database::Postgres).await;
            })+
        }
    };
}
