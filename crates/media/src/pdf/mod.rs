//! Cleans PDF (ISO 32000). The document is read whole, cleaned object by object, and written anew with reachable objects
//! only, so that earlier revisions are gone. The contents of pages stay, also names of fields and embedded files.
//!
//! Not removed: metadata in embedded files and JPEG 2000 pictures, XML of XFA forms, copyright texts in fonts.

#[cfg(test)]
mod tests;

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, Stream};

use crate::outcome::Reason;
use crate::removed::{MetadataKind, Removed};
use crate::{hints, jpeg};

/// Unpacked size of one stream.
const MAX_STREAM_BYTES: usize = 64 << 20;
/// Limit for nested dictionaries. Real documents nest less.
const MAX_DEPTH: usize = 64;

const CATALOG: &[&[u8]] = &[
    b"Type",
    b"Version",
    b"Extensions",
    b"Pages",
    b"PageLabels",
    b"Names",
    b"Dests",
    b"ViewerPreferences",
    b"PageLayout",
    b"PageMode",
    b"Outlines",
    b"Threads",
    b"OpenAction",
    b"AA",
    b"URI",
    b"AcroForm",
    b"StructTreeRoot",
    b"MarkInfo",
    b"Lang",
    b"OCProperties",
    b"Collection",
    b"AF",
];
const PAGE: &[&[u8]] = &[
    b"Type",
    b"Parent",
    b"Resources",
    b"MediaBox",
    b"CropBox",
    b"BleedBox",
    b"TrimBox",
    b"ArtBox",
    b"Contents",
    b"Rotate",
    b"Group",
    b"B",
    b"Dur",
    b"Trans",
    b"Annots",
    b"AA",
    b"StructParents",
    b"Tabs",
    b"UserUnit",
    b"AF",
];

pub(super) fn clean(bytes: &[u8]) -> Result<(Vec<u8>, Removed), Reason> {
    let mut document = load(bytes)?;
    let mut removed = Removed::NOTHING;
    if document.revision_count() > 1 {
        removed.insert(MetadataKind::Revisions);
    }
    trailer(&mut document, &mut removed);
    document.prune_objects();
    let mut work = Cleaner {
        removed,
        signed: false,
        too_deep: false,
    };
    let mut metadata = Vec::new();
    for (id, object) in &mut document.objects {
        if is_metadata(object) {
            metadata.push(*id);
        }
        work.object(object, 0);
        if let Object::Stream(stream) = object {
            work.picture(stream)?;
        }
    }
    if work.signed {
        return Err(Reason::Signed);
    }
    if work.too_deep {
        return Err(Reason::Malformed);
    }
    for id in metadata {
        if let Some(Object::Stream(stream)) = document.objects.remove(&id) {
            let plain = stream
                .get_plain_content_with_limit(MAX_STREAM_BYTES)
                .unwrap_or_else(|_| stream.content.clone());
            work.removed.add(hints::scan(&plain));
        }
    }
    let root = catalog(&document)?;
    keep_only(
        document.get_dictionary_mut(root).map_err(|_| Reason::Malformed)?,
        CATALOG,
        &mut work.removed,
    );
    for page in document.get_pages().into_values() {
        let page = document.get_dictionary_mut(page).map_err(|_| Reason::Malformed)?;
        keep_only(page, PAGE, &mut work.removed);
    }
    document.prune_objects();
    document.renumber_objects();
    let mut out = Vec::with_capacity(bytes.len());
    document.save_to(&mut out).map_err(|_| Reason::Malformed)?;
    Ok((out, work.removed))
}

fn load(bytes: &[u8]) -> Result<Document, Reason> {
    let options = LoadOptions::with_max_decompressed_size(MAX_STREAM_BYTES);
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| match error {
        lopdf::Error::Decryption(_) | lopdf::Error::InvalidPassword | lopdf::Error::UnsupportedSecurityHandler(_) => {
            Reason::Encrypted
        }
        lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }) => Reason::TooLarge,
        _ => Reason::Malformed,
    })?;
    if document.is_encrypted() || document.was_encrypted() {
        return Err(Reason::Encrypted);
    }
    catalog(&document)?;
    if document.get_pages().is_empty() {
        return Err(Reason::Malformed);
    }
    Ok(document)
}

fn catalog(document: &Document) -> Result<ObjectId, Reason> {
    let root = document.trailer.get(b"Root").and_then(Object::as_reference);
    root.map_err(|_| Reason::Malformed)
}

/// Removes the document's information dictionary and ids.
fn trailer(document: &mut Document, removed: &mut Removed) {
    let info = document
        .trailer
        .get_deref(b"Info", document)
        .and_then(Object::as_dict)
        .cloned();
    for (key, _) in &info.unwrap_or_default() {
        removed.insert(match key.as_slice() {
            b"Author" | b"Company" | b"Manager" => MetadataKind::Author,
            b"Creator" | b"Producer" | b"PTEX.Fullbanner" => MetadataKind::Software,
            b"CreationDate" | b"ModDate" | b"SourceModified" => MetadataKind::Dates,
            b"Title" | b"Subject" | b"Keywords" | b"Comments" => MetadataKind::Description,
            _ => MetadataKind::Other,
        });
    }
    if document.trailer.has(b"ID") {
        removed.insert(MetadataKind::Other);
    }
    let keep = document.trailer.get(b"Root").cloned();
    document.trailer = Dictionary::new();
    if let Ok(root) = keep {
        document.trailer.set("Root", root);
    }
}

fn is_metadata(object: &Object) -> bool {
    matches!(object, Object::Stream(stream) if stream.dict.has_type(b"Metadata"))
}

fn keep_only(dictionary: &mut Dictionary, allowed: &[&[u8]], removed: &mut Removed) {
    let gone: Vec<Vec<u8>> = dictionary
        .iter()
        .map(|(key, _)| key.clone())
        .filter(|key| !allowed.contains(&key.as_slice()))
        .collect();
    for key in gone {
        dictionary.remove(&key);
        removed.insert(MetadataKind::Other);
    }
}

struct Cleaner {
    removed: Removed,
    signed: bool,
    too_deep: bool,
}

impl Cleaner {
    fn object(&mut self, object: &mut Object, depth: usize) {
        if depth > MAX_DEPTH {
            self.too_deep = true;
            return;
        }
        match object {
            Object::Array(parts) => {
                for part in parts {
                    self.object(part, depth + 1);
                }
            }
            Object::Dictionary(dictionary) => self.dictionary(dictionary, depth),
            Object::Stream(stream) => self.dictionary(&mut stream.dict, depth),
            _ => {}
        }
    }

    fn dictionary(&mut self, dictionary: &mut Dictionary, depth: usize) {
        if dictionary.has(b"ByteRange") && dictionary.has(b"Contents") {
            self.signed = true;
        }
        for (key, kind) in [
            (&b"Metadata"[..], None),
            (b"PieceInfo", Some(MetadataKind::Other)),
            (b"LastModified", Some(MetadataKind::Dates)),
            (b"Thumb", Some(MetadataKind::Thumbnail)),
            (b"OPI", Some(MetadataKind::Other)),
            (b"CreatorInfo", Some(MetadataKind::Software)),
        ] {
            if dictionary.remove(key).is_some()
                && let Some(kind) = kind
            {
                self.removed.insert(kind);
            }
        }
        let tex: Vec<Vec<u8>> = dictionary
            .iter()
            .map(|(key, _)| key.clone())
            .filter(|key| key.starts_with(b"PTEX."))
            .collect();
        for key in tex {
            dictionary.remove(&key);
            self.removed.insert(MetadataKind::Other);
        }
        self.annotation(dictionary);
        self.embedded(dictionary);
        for (_, inner) in &mut *dictionary {
            self.object(inner, depth + 1);
        }
    }

    /// Removes authors and dates of comments. In a form's field, `T` is the name of the field and stays.
    fn annotation(&mut self, dictionary: &mut Dictionary) {
        let annotation = dictionary.has(b"Rect") && dictionary.has(b"Subtype");
        if !annotation {
            return;
        }
        let widget = matches!(dictionary.get(b"Subtype").and_then(Object::as_name), Ok(b"Widget"));
        for (key, kind) in [
            (&b"M"[..], MetadataKind::Dates),
            (b"CreationDate", MetadataKind::Dates),
            (b"NM", MetadataKind::Other),
            (b"T", MetadataKind::Author),
            (b"Subj", MetadataKind::Description),
        ] {
            if !(widget && key == b"T") && dictionary.remove(key).is_some() {
                self.removed.insert(kind);
            }
        }
    }

    /// Removes dates and checksums of embedded files. Their size stays.
    fn embedded(&mut self, dictionary: &mut Dictionary) {
        if !dictionary.has_type(b"EmbeddedFile") {
            return;
        }
        if let Ok(Object::Dictionary(params)) = dictionary.get_mut(b"Params") {
            let before = params.len();
            for key in [&b"CreationDate"[..], b"ModDate", b"CheckSum", b"Mac"] {
                params.remove(key);
            }
            self.removed.insert_if(MetadataKind::Dates, params.len() < before);
        }
    }

    /// Cleans an embedded JPEG, which may come straight from a camera.
    fn picture(&mut self, stream: &mut Stream) -> Result<(), Reason> {
        let filters = stream.filters().unwrap_or_default();
        let packed = match filters.as_slice() {
            [b"DCTDecode" | b"DCT"] => false,
            [b"FlateDecode" | b"Fl", b"DCTDecode" | b"DCT"] => true,
            _ => return Ok(()),
        };
        let picture = if packed {
            inflate(&stream.content)?
        } else {
            stream.content.clone()
        };
        let (new, findings) = jpeg::clean_embedded(&picture)?;
        self.removed.add(findings);
        if packed {
            stream.dict.set("Filter", Object::Name(b"DCTDecode".to_vec()));
            stream.dict.remove(b"DecodeParms");
        }
        stream.set_content(new);
        Ok(())
    }
}

fn inflate(packed: &[u8]) -> Result<Vec<u8>, Reason> {
    use std::io::Read as _;

    let mut plain = Vec::new();
    let limit = MAX_STREAM_BYTES as u64 + 1;
    let read = flate2::read::ZlibDecoder::new(packed)
        .take(limit)
        .read_to_end(&mut plain);
    match read {
        Ok(length) if length > MAX_STREAM_BYTES => Err(Reason::TooLarge),
        Ok(_) => Ok(plain),
        Err(_) => Err(Reason::Malformed),
    }
}
