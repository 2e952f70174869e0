//! Style sheets, scripts and pictures. `make web` builds them into `web/dist`; they are embedded in the binary and served
//! under names that contain their hash, so that a browser may keep them for ever.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

/// The binary holds no usable `web/dist`.
#[derive(Debug, thiserror::Error)]
pub enum AssetsError {
    #[error("this binary was built without web/dist: run `make web`, then build again")]
    Missing,
    #[error("web/dist/manifest.json: {0}; run `make web`, then build again")]
    Manifest(#[from] serde_json::Error),
    #[error("web/dist/manifest.json names {0}, which is not there; run `make web`, then build again")]
    Absent(String),
}

/// Maps the name that a template knows (`reporter.css`) to the name that is served (`reporter-5KQ2….css`).
#[derive(Debug, Clone)]
pub struct Assets(Arc<BTreeMap<String, String>>);

/// An asset as it is sent.
#[derive(Debug)]
pub struct Asset {
    pub body: Cow<'static, [u8]>,
    pub content_type: &'static str,
}

impl Assets {
    /// Reads the manifest of the embedded files: `{"reporter.css": "reporter-5KQ2….css", …}`.
    pub fn load() -> Result<Self, AssetsError> {
        let manifest = Dist::get("manifest.json").ok_or(AssetsError::Missing)?;
        let names: BTreeMap<String, String> = serde_json::from_slice(&manifest.data)?;
        match names.values().find(|served| Dist::get(served).is_none()) {
            Some(absent) => Err(AssetsError::Absent(absent.clone())),
            None => Ok(Self(Arc::new(names))),
        }
    }

    /// Makes assets under plain names and without contents, for tests of pages, which need no build of `web/`.
    #[must_use]
    pub fn unbuilt() -> Self {
        Self(Arc::new(BTreeMap::new()))
    }

    /// Returns the address to put into a page.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("/assets/{}", self.0.get(name).map_or(name, String::as_str))
    }

    /// Finds an asset by the name in its address. Only names of the manifest are served.
    #[must_use]
    pub fn get(&self, served: &str) -> Option<Asset> {
        self.0.values().find(|name| *name == served)?;
        Some(Asset {
            body: Dist::get(served)?.data,
            content_type: content_type(served),
        })
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_manifest_names_is_served() {
        let assets = Assets::unbuilt();
        assert_eq!(assets.url("reporter.css"), "/assets/reporter.css");
        assert!(assets.get("../Cargo.toml").is_none());
        assert!(assets.get("manifest.json").is_none());
    }
}
