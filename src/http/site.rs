//! What every handler works with: the use cases, the texts, the assets.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::channels::whatsapp::Webhook;
use crate::http::assets::Assets;
use crate::http::guards::Guards;
use crate::http::pages::Page;
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
    /// Where *leave at once* leads.
    pub leave_to: String,
    /// What keeps it standing when too much comes.
    pub guards: Guards,
    /// Where Meta delivers, if the channel is on.
    pub whatsapp: Option<Webhook>,
}

/// How handlers get it.
pub type SharedSite = Arc<Site>;

impl Site {
    /// To a path of ours, in a language: an unknown or missing one is the first.
    pub(crate) fn redirect(&self, language: Option<&str>, path: &str) -> Response {
        Redirect::to(&self.page(language, "/").at(path)).into_response()
    }

    /// Where else one can go, while the disk takes no new reports; nothing else.
    pub(crate) fn other_ways_if_full(&self, language: &str) -> Vec<String> {
        match self.app.disks.room(self.app.now()) {
            Room::Nothing => self.app.profile().other_ways(language),
            Room::Reports | Room::Everything => Vec::new(),
        }
    }

    /// What a page in `language` needs; an unknown or missing language is the first one.
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
