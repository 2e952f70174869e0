use std::io::{Cursor, Read as _};

use super::*;
use crate::damage;

fn pack(parts: &[(&str, &str)]) -> Vec<u8> {
    let entries: Vec<Entry> = parts
        .iter()
        .map(|(name, text)| Entry {
            name: (*name).to_owned(),
            bytes: text.as_bytes().to_vec(),
        })
        .collect();
    archive::write(&entries).unwrap()
}

fn unpack(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect()
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/people.xml" ContentType="x"/></Types>"#;

fn document() -> Vec<(&'static str, &'static str)> {
    vec![
        ("[Content_Types].xml", TYPES),
        (
            "_rels/.rels",
            r#"<Relationships><Relationship Id="a" Type="x/officeDocument" Target="word/document.xml"/><Relationship Id="b" Type="x/thumbnail" Target="docProps/thumbnail.jpeg"/></Relationships>"#,
        ),
        ("docProps/core.xml", "<c><dc:creator>SECRETO</dc:creator></c>"),
        ("docProps/thumbnail.jpeg", "SECRETO"),
        ("word/people.xml", "<p>SECRETO</p>"),
        (
            "word/document.xml",
            r#"<w:document><!--SECRETO--><w:p w:rsidR="SECRETO" w:id="1"><w:ins w:author="SECRETO" w:date="SECRETO" w:id="2"><w:t>uno &amp; dos</w:t></w:ins></w:p><w:docVars><w:docVar w:val="SECRETO"/>x</w:docVars><w:z/></w:document>"#,
        ),
        (
            "word/_rels/settings.xml.rels",
            r#"<Relationships><Relationship Id="t" Type="x/attachedTemplate" Target="file:///C:\SECRETO\a.dotm" TargetMode="External"/><Relationship Id="l" Type="x/hyperlink" Target="file:///C:\SECRETO\b.xlsx" TargetMode="External"/></Relationships>"#,
        ),
    ]
}

#[test]
fn text_stays_and_people_go() {
    let cleaned = clean(&pack(&document())).unwrap();
    assert_eq!(cleaned.kind, FileType::Docx);
    let parts = unpack(&cleaned.bytes);
    let text = |name: &str| parts.iter().find(|(part, _)| part == name).unwrap().1.as_str();
    assert!(parts.iter().all(|(_, text)| !text.contains("SECRETO")), "{parts:?}");
    assert_eq!(
        text("word/document.xml"),
        r#"<w:document><w:p w:id="1"><w:ins w:author="" w:id="2"><w:t>uno &amp; dos</w:t></w:ins></w:p><w:z/></w:document>"#
    );
    assert!(text("word/_rels/settings.xml.rels").contains(r#"Target="b.xlsx""#));
    assert!(!text("[Content_Types].xml").contains("people"));
    for kind in [
        MetadataKind::Author,
        MetadataKind::Dates,
        MetadataKind::Thumbnail,
        MetadataKind::Revisions,
    ] {
        assert!(cleaned.removed.contains(kind), "{kind}");
    }
    let again = clean(&cleaned.bytes).unwrap();
    assert_eq!(again.bytes, cleaned.bytes);
    assert!(again.removed.is_empty(), "{:?}", again.removed);
}

#[test]
fn macros_signatures_and_plain_archives_are_refused() {
    let with = |name: &'static str| {
        let mut parts = document();
        parts.push((name, "<x/>"));
        clean(&pack(&parts)).map(|cleaned| cleaned.kind)
    };
    let refused = |kind, reason| Err(NotCleanable { kind, reason });
    assert_eq!(
        with("word/vbaProject.bin"),
        refused(FileType::MacroDocument, Reason::Macros)
    );
    assert_eq!(with("_xmlsignatures/sig1.xml"), refused(FileType::Docx, Reason::Signed));
    assert_eq!(with("../evil.xml"), refused(FileType::Zip, Reason::Malformed));
    assert_eq!(with("WORD/document.xml"), refused(FileType::Zip, Reason::Malformed));
    assert_eq!(with("word/other.xml"), Ok(FileType::Docx));
    let plain = clean(&pack(&[("a.txt", "x")])).map(|cleaned| cleaned.kind);
    assert_eq!(plain, refused(FileType::Zip, Reason::NoCleaner));
}

#[test]
fn bombs_end_in_an_error() {
    let many: Vec<String> = (0..5000).map(|index| format!("word/{index}.xml")).collect();
    let parts: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "<x/>")).collect();
    assert_eq!(clean(&pack(&parts)).unwrap_err().reason, Reason::TooLarge);

    let large = "0".repeat(100 << 20);
    let parts = [("a.xml", large.as_str()), ("b.xml", &large), ("c.xml", &large)];
    assert_eq!(clean(&pack(&parts)).unwrap_err().reason, Reason::TooLarge);

    let deep = "<a>".repeat(1000) + &"</a>".repeat(1000);
    let entity = r#"<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>"#;
    for (text, reason) in [(deep.as_str(), Reason::TooLarge), (entity, Reason::Malformed)] {
        let mut parts = document();
        parts.push(("word/styles.xml", text));
        assert_eq!(clean(&pack(&parts)).unwrap_err().reason, reason);
    }
}

#[test]
fn any_cut_is_survived() {
    for cut in damage::cuts(&pack(&document())) {
        let _ = clean(cut);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn overwritten_bytes_never_panic(bytes in proptest::collection::vec((0_usize..4000, 0_u8..=255), 1..20)) {
        let _ = clean(&damage::overwritten(pack(&document()), bytes));
    }

    #[test]
    fn any_text_never_panics(text in "[<>/a-c\"= :!?&;-]{0,60}") {
        let _ = xml::rewrite(&text, &mut Filter::default(), &mut Removed::default());
    }
}
