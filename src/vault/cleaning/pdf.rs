//! PDF (ISO 32000): read whole, cleaned object by object, written anew with reachable objects only, so that earlier
//! revisions are gone. What pages show stays, names of fields and embedded files too.
//!
//! What stays: metadata inside embedded files and JPEG 2000 pictures, XML of XFA forms, copyright texts in fonts.

#[cfg(test)]
mod tests;

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, Stream};

use crate::vault::cleaning::removed::{Removed, Trace};
use crate::vault::cleaning::{Why, hints, jpeg};

/// What one stream may unpack to.
const LARGEST_STREAM: usize = 64 << 20;
/// Dictionaries within dictionaries; deeper ones are no document's.
const DEEPEST: usize = 64;

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

pub(super) fn clean(bytes: &[u8]) -> Result<(Vec<u8>, Removed), Why> {
    let mut document = load(bytes)?;
    let mut removed = Removed::NOTHING;
    if document.revision_count() > 1 {
        removed.insert(Trace::Revisions);
    }
    trailer(&mut document, &mut removed);
    document.prune_objects();
    let mut work = Work {
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
        return Err(Why::Signed);
    }
    if work.too_deep {
        return Err(Why::Malformed);
    }
    for id in metadata {
        if let Some(Object::Stream(stream)) = document.objects.remove(&id) {
            let plain = stream
                .get_plain_content_with_limit(LARGEST_STREAM)
                .unwrap_or_else(|_| stream.content.clone());
            work.removed.add(hints::of(&plain));
        }
    }
    let root = catalog(&document)?;
    keep_only(
        document.get_dictionary_mut(root).map_err(|_| Why::Malformed)?,
        CATALOG,
        &mut work.removed,
    );
    for page in document.get_pages().into_values() {
        let page = document.get_dictionary_mut(page).map_err(|_| Why::Malformed)?;
        keep_only(page, PAGE, &mut work.removed);
    }
    document.prune_objects();
    document.renumber_objects();
    let mut out = Vec::with_capacity(bytes.len());
    document.save_to(&mut out).map_err(|_| Why::Malformed)?;
    Ok((out, work.removed))
}

fn load(bytes: &[u8]) -> Result<Document, Why> {
    let options = LoadOptions::with_max_decompressed_size(LARGEST_STREAM);
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| match error {
        lopdf::Error::Decryption(_) | lopdf::Error::InvalidPassword | lopdf::Error::UnsupportedSecurityHandler(_) => {
            Why::Encrypted
        }
        lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }) => Why::TooLarge,
        _ => Why::Malformed,
    })?;
    if document.is_encrypted() || document.was_encrypted() {
        return Err(Why::Encrypted);
    }
    catalog(&document)?;
    if document.get_pages().is_empty() {
        return Err(Why::Malformed);
    }
    Ok(document)
}

fn catalog(document: &Document) -> Result<ObjectId, Why> {
    let root = document.trailer.get(b"Root").and_then(Object::as_reference);
    root.map_err(|_| Why::Malformed)
}

/// The document's own information and ids go.
fn trailer(document: &mut Document, removed: &mut Removed) {
    let info = document
        .trailer
        .get_deref(b"Info", document)
        .and_then(Object::as_dict)
        .cloned();
    for (key, _) in &info.unwrap_or_default() {
        removed.insert(match key.as_slice() {
            b"Author" | b"Company" | b"Manager" => Trace::Author,
            b"Creator" | b"Producer" | b"PTEX.Fullbanner" => Trace::Software,
            b"CreationDate" | b"ModDate" | b"SourceModified" => Trace::Dates,
            b"Title" | b"Subject" | b"Keywords" | b"Comments" => Trace::Description,
            _ => Trace::Other,
        });
    }
    if document.trailer.has(b"ID") {
        removed.insert(Trace::Other);
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
        removed.insert(Trace::Other);
    }
}

struct Work {
    removed: Removed,
    signed: bool,
    too_deep: bool,
}

impl Work {
    fn object(&mut self, object: &mut Object, depth: usize) {
        if depth > DEEPEST {
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
        for (key, trace) in [
            (&b"Metadata"[..], None),
            (b"PieceInfo", Some(Trace::Other)),
            (b"LastModified", Some(Trace::Dates)),
            (b"Thumb", Some(Trace::Thumbnail)),
            (b"OPI", Some(Trace::Other)),
            (b"CreatorInfo", Some(Trace::Software)),
        ] {
            if dictionary.remove(key).is_some()
                && let Some(trace) = trace
            {
                self.removed.insert(trace);
            }
        }
        let tex: Vec<Vec<u8>> = dictionary
            .iter()
            .map(|(key, _)| key.clone())
            .filter(|key| key.starts_with(b"PTEX."))
            .collect();
        for key in tex {
            dictionary.remove(&key);
            self.removed.insert(Trace::Other);
        }
        self.annotation(dictionary);
        self.embedded(dictionary);
        for (_, inner) in &mut *dictionary {
            self.object(inner, depth + 1);
        }
    }

    /// Who commented, and when. In a field of a form, `T` is the field's name, and stays.
    fn annotation(&mut self, dictionary: &mut Dictionary) {
        let annotation = dictionary.has(b"Rect") && dictionary.has(b"Subtype");
        if !annotation {
            return;
        }
        let widget = matches!(dictionary.get(b"Subtype").and_then(Object::as_name), Ok(b"Widget"));
        for (key, trace) in [
            (&b"M"[..], Trace::Dates),
            (b"CreationDate", Trace::Dates),
            (b"NM", Trace::Other),
            (b"T", Trace::Author),
            (b"Subj", Trace::Description),
        ] {
            if !(widget && key == b"T") && dictionary.remove(key).is_some() {
                self.removed.insert(trace);
            }
        }
    }

    /// Dates and checksums of embedded files; their size stays.
    fn embedded(&mut self, dictionary: &mut Dictionary) {
        if !dictionary.has_type(b"EmbeddedFile") {
            return;
        }
        if let Ok(Object::Dictionary(params)) = dictionary.get_mut(b"Params") {
            let before = params.len();
            for key in [&b"CreationDate"[..], b"ModDate", b"CheckSum", b"Mac"] {
                params.remove(key);
            }
            self.removed.insert_if(Trace::Dates, params.len() < before);
        }
    }

    /// JPEGs are embedded as they came from the camera.
    fn picture(&mut self, stream: &mut Stream) -> Result<(), Why> {
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
        let (new, told) = jpeg::clean_embedded(&picture)?;
        self.removed.add(told);
        if packed {
            stream.dict.set("Filter", Object::Name(b"DCTDecode".to_vec()));
            stream.dict.remove(b"DecodeParms");
        }
        stream.set_content(new);
        Ok(())
    }
}

fn inflate(packed: &[u8]) -> Result<Vec<u8>, Why> {
    use std::io::Read as _;

    let mut plain = Vec::new();
    let limit = LARGEST_STREAM as u64 + 1;
    let read = flate2::read::ZlibDecoder::new(packed)
        .take(limit)
        .read_to_end(&mut plain);
    match read {
        Ok(length) if length > LARGEST_STREAM => Err(Why::TooLarge),
        Ok(_) => Ok(plain),
        Err(_) => Err(Why::Malformed),
    }
}
