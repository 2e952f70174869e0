//! Texts, spreadsheets, scans.

use std::io::{Cursor, Read as _, Write as _};

use lopdf::{Document, Object, Stream, dictionary};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::*;

/// A photo with all hidden metadata.
fn photo(bench: &Bench) -> Vec<u8> {
    bench.ffmpeg("-f lavfi -i testsrc=size=64x48 -frames:v 1", "photo.jpg");
    let mut tags = HIDDEN.to_vec();
    tags.push("-Comment=ZENTINELA");
    bench.exiftool(&tags, "photo.jpg")
}

fn scan(photo: Vec<u8>) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let pages = document.new_object_id();
    let image = document.add_object(Stream::new(
        dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => 64, "Height" => 48, "ColorSpace" => "DeviceRGB",
            "BitsPerComponent" => 8, "Filter" => "DCTDecode", "LastModified" => Object::string_literal("D:20260102"),
        },
        photo,
    ));
    let contents = document.add_object(Stream::new(dictionary! {}, b"q 64 0 0 48 0 0 cm /I Do Q".to_vec()));
    let note = document.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "Text", "Rect" => vec![0.into(), 0.into(), 9.into(), 9.into()],
        "T" => Object::string_literal("ZENTINELA"), "M" => Object::string_literal("D:20260102 ZENTINELA"),
        "Contents" => Object::string_literal("nota"),
    });
    let attached = document.add_object(Stream::new(
        dictionary! {
            "Type" => "EmbeddedFile",
            "Params" => dictionary! { "Size" => 4, "ModDate" => Object::string_literal("ZENTINELA") },
        },
        b"dato".to_vec(),
    ));
    let file = document.add_object(dictionary! {
        "Type" => "Filespec", "F" => Object::string_literal("dato.txt"), "EF" => dictionary! { "F" => attached },
    });
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => contents, "Annots" => vec![note.into()],
        "MediaBox" => vec![0.into(), 0.into(), 64.into(), 48.into()],
        "Resources" => dictionary! { "XObject" => dictionary! { "I" => image } },
        "PieceInfo" => dictionary! { "Z" => dictionary! { "Private" => Object::string_literal("ZENTINELA") } },
    });
    let kids = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    document.objects.insert(pages, Object::Dictionary(kids));
    let root = document.add_object(dictionary! {
        "Type" => "Catalog", "Pages" => pages,
        "Names" => dictionary! {
            "EmbeddedFiles" => dictionary! { "Names" => vec![Object::string_literal("dato.txt"), file.into()] },
        },
    });
    document.trailer.set("Root", root);
    let id = Object::string_literal("ZENTINELA ZENTIN");
    document.trailer.set("ID", vec![id.clone(), id]);
    let mut bytes = Vec::new();
    document.save_modern(&mut bytes).unwrap();
    bytes
}

#[test]
fn pdf_keeps_its_pages_and_loses_its_history() {
    let bench = Bench::new();
    bench.write("scan.pdf", &scan(photo(&bench)));
    // exiftool appends revisions.
    let author = [
        "-PDF:Author=ZENTINELA",
        "-PDF:Producer=ZENTINELA",
        "-PDF:CreateDate=2026:01:02 03:04:05",
    ];
    bench.exiftool(&author, "scan.pdf");
    let hidden = bench.exiftool(&["-XMP:Creator=ZENTINELA", "-PDF:Title=ZENTINELA"], "scan.pdf");
    let (clean, removed) = whole(&hidden);
    bench.write("clean.pdf", &clean);
    bench.only("clean.pdf", &["PDFVersion", "Linearized", "PageCount"]);
    run("qpdf", &["--check", "clean.pdf"], bench.0.path());
    let plain = run(
        "qpdf",
        &[
            "--qdf",
            "--object-streams=disable",
            "--no-original-object-ids",
            "clean.pdf",
            "-",
        ],
        bench.0.path(),
    );
    for bytes in [&clean, &plain] {
        assert_no_needle("scan.pdf", bytes);
        assert_not_within("scan.pdf", bytes, "20260102");
    }
    for kept in ["nota", "dato", "/I Do"] {
        assert!(memchr::memmem::find(&plain, kept.as_bytes()).is_some(), "{kept}");
    }
    let expected = [
        MetadataKind::Revisions,
        MetadataKind::Author,
        MetadataKind::Software,
        MetadataKind::Dates,
        MetadataKind::Description,
    ];
    assert_removed(removed, &expected);
    // From the embedded photo.
    assert_removed(removed, &[MetadataKind::Place, MetadataKind::Device]);
}

#[test]
fn pdf_with_a_password_is_left_alone() {
    let bench = Bench::new();
    bench.write("scan.pdf", &scan(photo(&bench)));
    // Opens without a password, but may not be changed.
    let arguments = ["--encrypt", "", "clave", "256", "--", "scan.pdf", "locked.pdf"];
    run("qpdf", &arguments, bench.0.path());
    let locked = fs::read(bench.path("locked.pdf")).unwrap();
    let refused = cleaning::clean_whole(FileType::Pdf, &locked).unwrap_err();
    assert_eq!(refused.reason, cleaning::Reason::Encrypted);
}

fn pack(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.set_comment(NEEDLE).unwrap();
    for (name, bytes) in parts {
        let time = zip::DateTime::from_date_and_time(2026, 1, 2, 3, 4, 6).unwrap();
        archive
            .start_file(*name, SimpleFileOptions::default().last_modified_time(time))
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Asserts that every entry is well formed and holds no needle. Returns the entries.
fn unpack(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert!(archive.comment().is_empty());
    let mut entries = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        assert_eq!(file.last_modified().map(|time| time.year()), Some(1980));
        assert!(file.extra_data().is_none_or(|extra| extra.is_empty()));
        let name = file.name().unwrap().into_owned();
        let mut unpacked = Vec::new();
        file.read_to_end(&mut unpacked).unwrap();
        assert_no_needle(&name, &unpacked);
        if matches!(name.rsplit('.').next(), Some("xml" | "rels")) {
            let mut reader = quick_xml::Reader::from_reader(unpacked.as_slice());
            let mut scratch = Vec::new();
            while reader.read_event_into(&mut scratch).unwrap() != quick_xml::events::Event::Eof {
                scratch.clear();
            }
        }
        entries.insert(name, unpacked);
    }
    entries
}

const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const SHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

fn types(overrides: &[(&str, &str)]) -> Vec<u8> {
    let overrides: Vec<String> = overrides
        .iter()
        .map(|(part, kind)| format!(r#"<Override PartName="{part}" ContentType="application/vnd.openxmlformats-officedocument.{kind}+xml"/>"#))
        .collect();
    let overrides = overrides.concat();
    format!(r#"<?xml version="1.0"?><Types xmlns="{TYPES}"><Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>"#)
        .into_bytes()
}

fn relations(list: &[(&str, &str)]) -> Vec<u8> {
    let list: Vec<String> = (0..)
        .zip(list)
        .map(|(id, (kind, target))| {
            format!(r#"<Relationship Id="r{id}" Type="http://example.invalid/{kind}" Target="{target}"/>"#)
        })
        .collect();
    let list = list.concat();
    format!(r#"<Relationships xmlns="{RELATIONSHIPS}">{list}</Relationships>"#).into_bytes()
}

fn properties() -> Vec<(&'static str, Vec<u8>)> {
    let core = r#"<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:creator>ZENTINELA</dc:creator><cp:lastModifiedBy>ZENTINELA</cp:lastModifiedBy><dcterms:created>2026-01-02T03:04:05Z</dcterms:created><dc:title>ZENTINELA</dc:title></cp:coreProperties>"#;
    let app = "<Properties><Application>ZENTINELA</Application><Company>ZENTINELA</Company></Properties>";
    let custom = "<Properties><property name='ZENTINELA'/></Properties>";
    vec![
        ("docProps/core.xml", core.into()),
        ("docProps/app.xml", app.into()),
        ("docProps/custom.xml", custom.into()),
        ("docProps/thumbnail.jpeg", NEEDLE.into()),
    ]
}

fn letter(photo: Vec<u8>, table: Vec<u8>) -> Vec<u8> {
    let text = format!(
        r#"<?xml version="1.0"?><!--ZENTINELA--><w:document xmlns:w="{WORD}"><w:body><w:p w:rsidR="ZENTINELA" w:rsidRDefault="ZENTINELA"><w:r><w:t>carta</w:t></w:r><w:ins w:id="1" w:author="ZENTINELA" w:date="2026-01-02T03:04:05Z"><w:r><w:t>agregado</w:t></w:r></w:ins><w:del w:id="2" w:author="ZENTINELA"><w:r><w:delText>quitado</w:delText></w:r></w:del></w:p></w:body></w:document>"#
    );
    let comments = format!(
        r#"<w:comments xmlns:w="{WORD}"><w:comment w:id="0" w:author="ZENTINELA" w:initials="ZENTINELA" w:date="2026-01-02T03:04:05Z"><w:p><w:r><w:t>comentario</w:t></w:r></w:p></w:comment></w:comments>"#
    );
    let settings = format!(
        r#"<w:settings xmlns:w="{WORD}"><w:rsids><w:rsidRoot w:val="ZENTINELA"/></w:rsids><w:docVars><w:docVar w:name="a" w:val="ZENTINELA"/></w:docVars><w:attachedTemplate r:id="r0" xmlns:r="r"/></w:settings>"#
    );
    let mut parts = vec![
        (
            "[Content_Types].xml",
            types(&[
                ("/word/document.xml", "wordprocessingml.document.main"),
                ("/word/people.xml", "wordprocessingml.people"),
                ("/customXml/itemProps1.xml", "customXmlProperties"),
            ]),
        ),
        (
            "_rels/.rels",
            relations(&[
                ("officeDocument", "word/document.xml"),
                ("thumbnail", "docProps/thumbnail.jpeg"),
            ]),
        ),
        ("word/document.xml", text.into()),
        ("word/comments.xml", comments.into()),
        ("word/settings.xml", settings.into()),
        ("word/people.xml", "<w15:people>ZENTINELA</w15:people>".into()),
        (
            "word/_rels/settings.xml.rels",
            relations(&[("attachedTemplate", r"file:///C:\ZENTINELA\a.dotm")]),
        ),
        (
            "word/_rels/document.xml.rels",
            relations(&[("people", "people.xml"), ("image", "media/photo.jpeg")]),
        ),
        ("customXml/item1.xml", "<a>ZENTINELA</a>".into()),
        ("customXml/itemProps1.xml", "<a>ZENTINELA</a>".into()),
        ("word/media/photo.jpeg", photo),
        ("word/embeddings/table.xlsx", table),
    ];
    parts.extend(properties());
    pack(&parts)
}

fn table() -> Vec<u8> {
    let workbook = format!(
        r#"<workbook xmlns="{SHEET}" xmlns:mc="mc" xmlns:x15ac="x"><fileVersion appName="xl" rupBuild="ZENTINELA"/><mc:AlternateContent><mc:Choice Requires="x15"><x15ac:absPath url="C:\ZENTINELA\"/></mc:Choice></mc:AlternateContent><xr:revisionPtr xmlns:xr="xr" documentId="ZENTINELA"/><sheets><sheet name="hoja" sheetId="1"/></sheets></workbook>"#
    );
    let sheet = format!(
        r#"<worksheet xmlns="{SHEET}" xmlns:xr="xr" xr:uid="{{ZENTINELA}}"><sheetData><row r="1"><c r="A1"><v>42</v></c></row></sheetData><pageSetup orientation="portrait" xmlns:r="r" r:id="r0"/></worksheet>"#
    );
    let comments = format!(
        r#"<comments xmlns="{SHEET}"><authors><author>ZENTINELA</author></authors><commentList><comment ref="A1" authorId="0"><text><t>nota</t></text></comment></commentList></comments>"#
    );
    let mut parts = vec![
        ("[Content_Types].xml", types(&[("/xl/workbook.xml", "spreadsheetml.sheet.main")])),
        ("_rels/.rels", relations(&[("officeDocument", "xl/workbook.xml")])),
        ("xl/workbook.xml", workbook.into()),
        ("xl/worksheets/sheet1.xml", sheet.into()),
        ("xl/worksheets/_rels/sheet1.xml.rels", relations(&[("printerSettings", "../printerSettings/p.bin")])),
        ("xl/comments1.xml", comments.into()),
        (
            "xl/persons/person.xml",
            r#"<personList><person displayName="ZENTINELA" id="{1}" userId="ZENTINELA" providerId="AD"/></personList>"#.into(),
        ),
        (
            "xl/threadedComments/threadedComment1.xml",
            r#"<ThreadedComments><threadedComment ref="A1" dT="2026-01-02T03:04:05" personId="{1}" id="{2}"><text>hilo</text></threadedComment></ThreadedComments>"#.into(),
        ),
        ("xl/printerSettings/p.bin", NEEDLE.into()),
    ];
    parts.extend(properties());
    pack(&parts)
}

#[test]
fn letters_and_tables_keep_text_and_lose_people() {
    let bench = Bench::new();
    let hidden = letter(photo(&bench), table());
    let (clean, removed) = whole(&hidden);
    assert_no_needle("letter.docx", &clean);
    bench.write("clean.docx", &clean);
    let zip = [
        "ZipRequiredVersion",
        "ZipBitFlag",
        "ZipCompression",
        "ZipModifyDate",
        "ZipCRC",
        "ZipCompressedSize",
        "ZipUncompressedSize",
        "ZipFileName",
        // exiftool reads archives only with an extra package, so they are unpacked below.
        "ExifTool:Warning",
    ];
    bench.only("clean.docx", &zip);
    let entries = unpack(&clean);
    let text = |name: &str| String::from_utf8(entries[name].clone()).unwrap();
    for kept in ["carta", "agregado", "quitado"] {
        assert!(text("word/document.xml").contains(kept), "{kept}");
    }
    assert!(text("word/comments.xml").contains("comentario"));
    assert!(text("word/_rels/document.xml.rels").contains("photo.jpeg"));
    for gone in ["word/people.xml", "docProps/thumbnail.jpeg", "customXml/item1.xml"] {
        assert!(!entries.contains_key(gone), "{gone}");
    }
    for (name, bytes) in entries.iter().filter(|(name, _)| !name.starts_with('[')) {
        assert_not_within(name, bytes, "2026-01-02");
        assert_not_within(name, bytes, "people");
    }
    let expected = [
        MetadataKind::Author,
        MetadataKind::Software,
        MetadataKind::Dates,
        MetadataKind::Thumbnail,
        MetadataKind::Revisions,
        MetadataKind::Description,
    ];
    assert_removed(removed, &expected);
    // From the embedded photo.
    assert_removed(removed, &[MetadataKind::Place, MetadataKind::Device]);
    // The spreadsheet within the text.
    let inner = unpack(&entries["word/embeddings/table.xlsx"]);
    assert!(String::from_utf8_lossy(&inner["xl/worksheets/sheet1.xml"]).contains("<v>42</v>"));

    let (clean, removed) = whole(&table());
    let entries = unpack(&clean);
    assert_removed(removed, &expected[..3]);
    for (part, kept) in [
        ("xl/comments1.xml", "nota"),
        ("xl/threadedComments/threadedComment1.xml", "hilo"),
        ("xl/workbook.xml", "hoja"),
    ] {
        assert!(String::from_utf8_lossy(&entries[part]).contains(kept), "{part}");
    }
    assert!(!entries.contains_key("xl/printerSettings/p.bin"));
}
