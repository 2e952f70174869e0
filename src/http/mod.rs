//! How a browser reaches Sigilo: pages, texts, assets.

pub mod assets;
pub mod i18n;
pub mod pages;
