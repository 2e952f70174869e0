use lopdf::dictionary;

use super::*;
use crate::damage;

fn small() -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let pages = document.new_object_id();
    let contents = document.add_object(Stream::new(dictionary! {}, b"0 0 10 10 re f".to_vec()));
    let xmp = Stream::new(
        dictionary! { "Type" => "Metadata", "Subtype" => "XML" },
        b"<dc:creator>SECRETO".to_vec(),
    );
    let xmp = document.add_object(xmp);
    let note = document.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "Text", "Rect" => vec![0.into(), 0.into(), 9.into(), 9.into()],
        "T" => Object::string_literal("SECRETO"), "M" => Object::string_literal("SECRETO"),
        "Contents" => Object::string_literal("nota"),
    });
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => contents, "Annots" => vec![note.into()],
        "MediaBox" => vec![0.into(), 0.into(), 10.into(), 10.into()],
        "PieceInfo" => dictionary! { "X" => Object::string_literal("SECRETO") },
        "Private" => Object::string_literal("SECRETO"),
    });
    document.add_object(Object::string_literal("SECRETO"));
    document.objects.insert(
        pages,
        Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }),
    );
    let root = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages, "Metadata" => xmp });
    let info = document.add_object(dictionary! {
        "Author" => Object::string_literal("SECRETO"), "Producer" => Object::string_literal("SECRETO"),
    });
    document.trailer.set("Root", root);
    document.trailer.set("Info", info);
    document.trailer.set(
        "ID",
        vec![Object::string_literal("SECRETO"), Object::string_literal("SECRETO")],
    );
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

#[test]
fn only_pages_stay() {
    let file = small();
    assert!(memchr::memmem::find(&file, b"SECRETO").is_some());
    let (out, removed) = clean(&file).unwrap();
    assert!(
        memchr::memmem::find(&out, b"SECRETO").is_none(),
        "{}",
        String::from_utf8_lossy(&out)
    );
    for kept in [&b"nota"[..], b"0 0 10 10 re f"] {
        assert!(memchr::memmem::find(&out, kept).is_some());
    }
    for kind in [MetadataKind::Author, MetadataKind::Software, MetadataKind::Dates] {
        assert!(removed.contains(kind), "{kind}");
    }
    let (again, nothing) = clean(&out).unwrap();
    assert!(nothing.is_empty(), "{nothing:?}");
    assert_eq!(again, out);
}

#[test]
fn any_cut_is_survived() {
    for cut in damage::cuts(&small()).step_by(3) {
        let _ = clean(cut);
    }
}

#[test]
fn signed_ones_are_refused() {
    let mut document = Document::load_mem(&small()).unwrap();
    let root = catalog(&document).unwrap();
    document.get_dictionary_mut(root).unwrap().set(
        "AcroForm",
        dictionary! { "V" => dictionary! { "ByteRange" => vec![0.into()], "Contents" => Object::string_literal("x") } },
    );
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    assert_eq!(clean(&bytes), Err(Reason::Signed));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn overwritten_bytes_never_panic(bytes in proptest::collection::vec((0_usize..2000, 0_u8..=255), 1..20)) {
        let _ = clean(&damage::overwritten(small(), bytes));
    }
}
