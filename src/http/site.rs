//! The state that every handler works with: the use cases, the texts, the assets.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::channels::whatsapp::Webhook;
use crate::http::assets::Assets;
use crate::http::middleware::guards::Guards;
use crate::http::page::Page;
use crate::i18n::Languages;
use crate::service::App;
use crate::service::operations::disks::Room;

/// The state of the router.
pub struct Site {
    pub app: Arc<App>,
    pub languages: Languages,
    pub assets: Assets,
    /// Scheme and host that people type.
    pub public_url: String,
    /// The address to which *leave at once* leads.
    pub leave_to: String,
    /// The limits that keep the service standing under load.
    pub guards: Guards,
    /// The inbox for notifications of Meta, if the channel is on.
    pub whatsapp: Option<Webhook>,
}

/// The state as handlers get it.
pub type SharedSite = Arc<Site>;

impl Site {
    /// Redirects to a path of ours, in a language. An unknown or missing language is the first one.
    pub(crate) fn redirect(&self, language: Option<&str>, path: &str) -> Response {
        Redirect::to(&self.page(language, "/").at(path)).into_response()
    }

    /// Returns other ways to complain while the disk takes no new reports; else none.
    pub(crate) fn other_ways_if_full(&self, language: &str) -> Vec<String> {
        match self.app.disks().room(self.app.now()) {
            Room::Nothing => self.app.profile().other_ways(language),
            Room::Reports | Room::Everything => Vec::new(),
        }
    }

    /// Makes what a page in `language` needs. An unknown or missing language is the first one.
    pub(crate) fn page(&self, language: Option<&str>, path: &'static str) -> Page {
        let t = self.languages.texts(language);
        let institution = self.app.profile().name.get(t.language()).into();
        Page {
            t,
            assets: self.assets.clone(),
            institution,
            path,
        }
    }
}
