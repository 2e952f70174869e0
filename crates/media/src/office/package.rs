//! The parts of a document, and the references between them (ECMA-376, part 2).

use quick_xml::events::BytesStart;

use crate::filetype::FileType;
use crate::office::archive::Entry;
use crate::office::xml::{Rewrite, Step, attribute, set};
use crate::removed::{MetadataKind, Removed};

/// The kinds of parts, by how they are cleaned.
pub(super) enum Part {
    Removed(MetadataKind),
    CoreProperties,
    AppProperties,
    CustomProperties,
    ContentTypes,
    Relationships,
    Xml,
    Media,
    /// A document of the same kind within this one.
    Document,
    Other,
}

/// Detects the type of the document in an archive.
pub(super) fn kind(entries: &[Entry]) -> FileType {
    let find = |name: &str| entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name));
    if let Some(mimetype) = find("mimetype")
        && mimetype.bytes.starts_with(b"application/vnd.oasis.opendocument")
    {
        return FileType::OpenDocument;
    }
    let Some(types) = find("[Content_Types].xml") else {
        return FileType::Zip;
    };
    let says = |what: &[u8]| memchr::memmem::find(&types.bytes, what).is_some();
    let macros = |entry: &Entry| {
        let name = entry.name.to_ascii_lowercase();
        name.ends_with("vbaproject.bin") || name.ends_with("vbadata.xml") || name.contains("/macrosheets/")
    };
    if entries.iter().any(macros) || says(b"macroEnabled") || says(b"vbaProject") {
        FileType::MacroDocument
    } else if says(b"wordprocessingml.document.main+xml") || says(b"wordprocessingml.template.main+xml") {
        FileType::Docx
    } else if says(b"spreadsheetml.sheet.main+xml") || says(b"spreadsheetml.template.main+xml") {
        FileType::Xlsx
    } else if says(b"presentationml") {
        FileType::Pptx
    } else {
        FileType::Zip
    }
}

pub(super) fn part(name: &str) -> Part {
    let name = name.to_ascii_lowercase();
    let name = name.as_str();
    let within = |folder: &str| name.starts_with(folder) || name.contains(&format!("/{folder}"));
    match name {
        "[content_types].xml" => Part::ContentTypes,
        "docprops/core.xml" => Part::CoreProperties,
        "docprops/app.xml" => Part::AppProperties,
        "docprops/custom.xml" => Part::CustomProperties,
        _ if within("docprops/") => Part::Removed(if name.contains("thumbnail") {
            MetadataKind::Thumbnail
        } else {
            MetadataKind::Other
        }),
        _ if name.starts_with("package/services/metadata/core-properties/") => Part::Removed(MetadataKind::Author),
        _ if within("customxml/") || within("printersettings/") || within("[trash]/") => {
            Part::Removed(MetadataKind::Other)
        }
        _ if within("revisions/") => Part::Removed(MetadataKind::Revisions),
        "word/people.xml" => Part::Removed(MetadataKind::Author),
        _ if within("media/") => Part::Media,
        _ => match name.rsplit('.').next() {
            Some("rels") => Part::Relationships,
            Some("docx" | "xlsx" | "docm" | "xlsm") => Part::Document,
            Some("xml") => Part::Xml,
            _ => Part::Other,
        },
    }
}

fn is_removed(name: &str) -> bool {
    matches!(part(name.trim_start_matches('/')), Part::Removed(_))
}

/// Rewrites `[Content_Types].xml`, without removed or missing parts.
pub(super) struct ContentTypes<'a> {
    pub(super) all: &'a [Entry],
}

impl Rewrite for ContentTypes<'_> {
    fn element(&mut self, element: &mut BytesStart<'static>, _: &mut Removed) -> Step {
        let Some(name) = attribute(element, "PartName") else {
            return Step::Keep;
        };
        let there = |entry: &Entry| entry.name.eq_ignore_ascii_case(name.trim_start_matches('/'));
        if is_removed(&name) || !self.all.iter().any(there) {
            Step::Drop
        } else {
            Step::Keep
        }
    }
}

/// Rewrites `*.rels`, without references to removed parts and to templates on somebody's disk.
pub(super) struct Relationships;

impl Rewrite for Relationships {
    fn element(&mut self, element: &mut BytesStart<'static>, removed: &mut Removed) -> Step {
        let Some(target) = attribute(element, "Target") else {
            return Step::Keep;
        };
        let sort = attribute(element, "Type").unwrap_or_default();
        let sort = sort.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        match sort.as_str() {
            "attachedtemplate" | "mailmergesource" | "mailmergeheadersource" => {
                removed.insert(MetadataKind::Other);
                return Step::Drop;
            }
            "thumbnail" | "customxml" | "printersettings" | "revisionheaders" | "usernames" | "people"
            | "customxmlprops" => {
                return Step::Drop;
            }
            "core-properties" if target.contains("services/metadata") => return Step::Drop,
            _ => {}
        }
        let external = attribute(element, "TargetMode").is_some_and(|mode| mode == "External");
        if external && is_local(&target) {
            let name = target.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            if name != target {
                set(element, "Target", &name);
                removed.insert(MetadataKind::Other);
            }
        }
        Step::Keep
    }
}

/// Returns true for a path on a disk or a share. It may name people and machines.
fn is_local(target: &str) -> bool {
    let bytes = target.as_bytes();
    let drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    drive || target.starts_with("file:") || target.starts_with('\\') || target.starts_with('/')
}
