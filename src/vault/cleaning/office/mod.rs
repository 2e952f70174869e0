//! DOCX and XLSX (ECMA-376): the archive is unpacked within bounds, its parts are cleaned by kind, and it is written
//! anew, with the same time on every entry. Text, numbers, formulas, tracked changes stay; who made them and when
//! goes. Documents that carry macros or signatures are not cleaned.
//!
//! What stays: names of pictures, data in pictures that are neither JPEG, PNG nor WebP, embedded OLE objects,
//! addresses of data connections.

mod archive;
mod package;
#[cfg(test)]
mod tests;
mod xml;

use crate::vault::cleaning::removed::{Removed, Trace};
use crate::vault::cleaning::{Cleaned, FileType, NotCleanable, Why, jpeg, png, webp};

use self::archive::Entry;
use self::package::Part;
use self::xml::Filter;

/// Workbooks within documents.
const DEEPEST: usize = 2;
/// Of all parts together, unpacked; of a document within a document, less.
const LARGEST: u64 = 256 << 20;
const LARGEST_WITHIN: u64 = 64 << 20;

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
    let refused = |kind, why| NotCleanable { kind, why };
    let entries = archive::read(bytes, if depth == 0 { LARGEST } else { LARGEST_WITHIN })
        .map_err(|why| refused(FileType::Zip, why))?;
    let kind = package::kind(&entries);
    match kind {
        FileType::Docx | FileType::Xlsx => {}
        FileType::MacroDocument => return Err(refused(kind, Why::Macros)),
        _ => return Err(refused(kind, Why::NoCleaner)),
    }
    if entries.iter().any(|entry| entry.name.starts_with("_xmlsignatures/")) {
        return Err(refused(kind, Why::Signed));
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
            Err(why) => {
                let kind = if why == Why::Macros {
                    FileType::MacroDocument
                } else {
                    kind
                };
                return Err(refused(kind, why));
            }
        }
    }
    let bytes = archive::write(&new).map_err(|why| refused(kind, why))?;
    Ok(Cleaned { bytes, removed, kind })
}

/// A part as it is to be; `None`: it goes.
fn part(entry: &Entry, all: &[Entry], removed: &mut Removed, depth: usize) -> Result<Option<Vec<u8>>, Why> {
    let text = || std::str::from_utf8(&entry.bytes).map_err(|_| Why::Malformed);
    let fixed = |new: &str| Ok(Some(new.as_bytes().to_vec()));
    match package::part(&entry.name) {
        Part::Gone(trace) => {
            removed.insert(trace);
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
            removed.insert_if(Trace::Description, entry.bytes != CUSTOM.as_bytes());
            fixed(CUSTOM)
        }
        Part::ContentTypes => xml::rewrite(text()?, &mut package::ContentTypes { all }, removed).map(Some),
        Part::Relationships => xml::rewrite(text()?, &mut package::Relationships, removed).map(Some),
        Part::Xml => xml::rewrite(text()?, &mut Filter::default(), removed).map(Some),
        Part::Media => media(&entry.bytes, removed).map(Some),
        Part::Document if depth < DEEPEST => match clean_at(&entry.bytes, depth + 1) {
            Ok(cleaned) => {
                removed.add(cleaned.removed);
                Ok(Some(cleaned.bytes))
            }
            // A presentation, say: there is no cleaner.
            Err(refused) if refused.why == Why::NoCleaner => Ok(Some(entry.bytes.clone())),
            Err(refused) => Err(refused.why),
        },
        Part::Document => Err(Why::TooLarge),
        Part::Other => Ok(Some(entry.bytes.clone())),
    }
}

/// What the properties of a document tell.
fn properties(bytes: &[u8], minimal: &str) -> Removed {
    if bytes == minimal.as_bytes() {
        return Removed::NOTHING;
    }
    let has = |what: &str| memchr::memmem::find(bytes, what.as_bytes()).is_some();
    let mut removed = Removed::NOTHING;
    removed.insert_if(
        Trace::Author,
        has("creator>") || has("lastModifiedBy>") || has("Company>") || has("Manager>"),
    );
    removed.insert_if(Trace::Software, has("Application>") || has("AppVersion>"));
    removed.insert_if(Trace::Dates, has("created") || has("modified") || has("lastPrinted"));
    removed.insert_if(
        Trace::Description,
        ["title>", "subject>", "description>", "keywords>", "category>"]
            .iter()
            .any(|tag| has(tag)),
    );
    if removed.is_empty() {
        removed.insert(Trace::Other);
    }
    removed
}

/// Pictures within the document. Those of other types stay as they are.
fn media(bytes: &[u8], removed: &mut Removed) -> Result<Vec<u8>, Why> {
    let (new, told) = match FileType::tell(bytes) {
        FileType::Jpeg => jpeg::clean(bytes)?,
        FileType::Png => png::clean(bytes)?,
        FileType::Webp => webp::clean(bytes)?,
        _ => return Ok(bytes.to_vec()),
    };
    removed.add(told);
    Ok(new)
}
