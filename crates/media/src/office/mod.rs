//! Cleans DOCX and XLSX (ECMA-376). The archive is unpacked within limits, its parts are cleaned by kind, and it is
//! written anew with the same time on every entry.
//!
//! Text, numbers, formulas and tracked changes stay, without authors and dates. Documents with macros or signatures are
//! not cleaned.
//!
//! Not removed: names of pictures, metadata in pictures that are neither JPEG, PNG nor WebP, embedded OLE objects,
//! addresses of data connections.

mod archive;
mod package;
#[cfg(test)]
mod tests;
mod xml;

use crate::filetype::FileType;
use crate::outcome::{Cleaned, NotCleanable, Reason};
use crate::removed::{MetadataKind, Removed};
use crate::{jpeg, png, webp};

use self::archive::Entry;
use self::package::Part;
use self::xml::Filter;

/// Limit for nested documents, such as workbooks in a text.
const MAX_DEPTH: usize = 2;
/// Unpacked size of all parts together.
const MAX_DOCUMENT_BYTES: u64 = 256 << 20;
/// The same for a document within a document.
const MAX_NESTED_BYTES: u64 = 64 << 20;

const CORE: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>"#,
);
const APP: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>"#,
);
const CUSTOM: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>"#,
);

pub(super) fn clean(bytes: &[u8]) -> Result<Cleaned, NotCleanable> {
    clean_at(bytes, 0)
}

fn clean_at(bytes: &[u8], depth: usize) -> Result<Cleaned, NotCleanable> {
    let refused = |kind, reason| NotCleanable { kind, reason };
    let entries = archive::read(
        bytes,
        if depth == 0 {
            MAX_DOCUMENT_BYTES
        } else {
            MAX_NESTED_BYTES
        },
    )
    .map_err(|reason| refused(FileType::Zip, reason))?;
    let kind = package::kind(&entries);
    match kind {
        FileType::Docx | FileType::Xlsx => {}
        FileType::MacroDocument => return Err(refused(kind, Reason::Macros)),
        _ => return Err(refused(kind, Reason::NoCleaner)),
    }
    if entries.iter().any(|entry| entry.name.starts_with("_xmlsignatures/")) {
        return Err(refused(kind, Reason::Signed));
    }
    let mut removed = Removed::NOTHING;
    let mut new = Vec::with_capacity(entries.len());
    for entry in &entries {
        match part(entry, &entries, &mut removed, depth) {
            Ok(Some(bytes)) => new.push(Entry {
                name: entry.name.clone(),
                bytes,
            }),
            Ok(None) => {}
            Err(reason) => {
                let kind = if reason == Reason::Macros {
                    FileType::MacroDocument
                } else {
                    kind
                };
                return Err(refused(kind, reason));
            }
        }
    }
    let bytes = archive::write(&new).map_err(|reason| refused(kind, reason))?;
    Ok(Cleaned { bytes, removed, kind })
}

/// Returns the cleaned part. `None`: the part is removed.
fn part(entry: &Entry, all: &[Entry], removed: &mut Removed, depth: usize) -> Result<Option<Vec<u8>>, Reason> {
    let text = || std::str::from_utf8(&entry.bytes).map_err(|_| Reason::Malformed);
    let fixed = |new: &str| Ok(Some(new.as_bytes().to_vec()));
    match package::part(&entry.name) {
        Part::Removed(kind) => {
            removed.insert(kind);
            Ok(None)
        }
        Part::CoreProperties => {
            removed.add(properties(&entry.bytes, CORE));
            fixed(CORE)
        }
        Part::AppProperties => {
            removed.add(properties(&entry.bytes, APP));
            fixed(APP)
        }
        Part::CustomProperties => {
            removed.insert_if(MetadataKind::Description, entry.bytes != CUSTOM.as_bytes());
            fixed(CUSTOM)
        }
        Part::ContentTypes => xml::rewrite(text()?, &mut package::ContentTypes { all }, removed).map(Some),
        Part::Relationships => xml::rewrite(text()?, &mut package::Relationships, removed).map(Some),
        Part::Xml => xml::rewrite(text()?, &mut Filter::default(), removed).map(Some),
        Part::Media => media(&entry.bytes, removed).map(Some),
        Part::Document if depth < MAX_DEPTH => match clean_at(&entry.bytes, depth + 1) {
            Ok(cleaned) => {
                removed.add(cleaned.removed);
                Ok(Some(cleaned.bytes))
            }
            // There is no cleaner, for a presentation for example.
            Err(refused) if refused.reason == Reason::NoCleaner => Ok(Some(entry.bytes.clone())),
            Err(refused) => Err(refused.reason),
        },
        Part::Document => Err(Reason::TooLarge),
        Part::Other => Ok(Some(entry.bytes.clone())),
    }
}

/// Finds out what the properties of a document held.
fn properties(bytes: &[u8], minimal: &str) -> Removed {
    if bytes == minimal.as_bytes() {
        return Removed::NOTHING;
    }
    let has = |what: &str| memchr::memmem::find(bytes, what.as_bytes()).is_some();
    let mut removed = Removed::NOTHING;
    removed.insert_if(
        MetadataKind::Author,
        has("creator>") || has("lastModifiedBy>") || has("Company>") || has("Manager>"),
    );
    removed.insert_if(MetadataKind::Software, has("Application>") || has("AppVersion>"));
    removed.insert_if(
        MetadataKind::Dates,
        has("created") || has("modified") || has("lastPrinted"),
    );
    removed.insert_if(
        MetadataKind::Description,
        ["title>", "subject>", "description>", "keywords>", "category>"]
            .iter()
            .any(|tag| has(tag)),
    );
    if removed.is_empty() {
        removed.insert(MetadataKind::Other);
    }
    removed
}

/// Cleans a picture within the document. Other types stay unchanged.
fn media(bytes: &[u8], removed: &mut Removed) -> Result<Vec<u8>, Reason> {
    let (new, findings) = match FileType::detect(bytes) {
        FileType::Jpeg => jpeg::clean(bytes)?,
        FileType::Png => png::clean(bytes)?,
        FileType::Webp => webp::clean(bytes)?,
        _ => return Ok(bytes.to_vec()),
    };
    removed.add(findings);
    Ok(new)
}
