//! The server for the browsers of staff: a router in this process, or the program under test over HTTP.

use std::sync::Arc;

use serde_json::Value;
use sigilo::domain::ids::InstanceId;
use sigilo::vault::roster::VerifiedRoster;

use crate::app::TestApp;
use crate::requests::{Reply, Visitor};

/// A server as a staff browser knows it.
#[expect(async_fn_in_trait, reason = "only tests use it, and await on their own thread")]
pub trait Host {
    fn instance(&self) -> InstanceId;
    fn roster(&self) -> Arc<VerifiedRoster>;
    /// Unix seconds.
    fn now(&self) -> i64;
    async fn get(&self, visitor: &mut Visitor, path: &str) -> Reply;
    async fn post_json(&self, visitor: &mut Visitor, path: &str, body: &Value) -> Reply;
}

impl Host for TestApp {
    fn instance(&self) -> InstanceId {
        self.app().instance
    }

    fn roster(&self) -> Arc<VerifiedRoster> {
        self.app().rosters.current().unwrap()
    }

    fn now(&self) -> i64 {
        self.app().now()
    }

    async fn get(&self, visitor: &mut Visitor, path: &str) -> Reply {
        self.get(visitor, path).await
    }

    async fn post_json(&self, visitor: &mut Visitor, path: &str, body: &Value) -> Reply {
        self.post_json(visitor, path, body).await
    }
}
