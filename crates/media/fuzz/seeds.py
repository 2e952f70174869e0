#!/usr/bin/env python3
"""Makes the corpus from scratch (with ffmpeg).

Run from the repository's root; what it writes is committed. Everything in it is invented.
"""
import io
import pathlib
import struct
import subprocess
import tempfile
import zipfile

CORPUS = pathlib.Path("crates/media/fuzz/corpus")


def seed(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


seed("jpeg", "turned", pathlib.Path("tests/media/turned.jpg").read_bytes()[:20_000])
made = [
    ("png", "small.png", "color=red:size=8x8", ["-frames:v", "1"]),
    ("webp", "small.webp", "color=blue:size=8x8", ["-frames:v", "1"]),
    ("jpeg", "small.jpg", "color=green:size=16x16", ["-frames:v", "1"]),
    ("isobmff", "small.mp4", "testsrc=size=32x32:rate=5:duration=1", ["-metadata", "title=inventado", "-pix_fmt", "yuv420p"]),
    ("isobmff", "small.mov", "testsrc=size=32x32:rate=5:duration=1", ["-c:v", "mjpeg", "-q:v", "31", "-metadata", "artist=nadie"]),
    ("isobmff", "small.m4a", "sine=duration=0.3", ["-metadata", "title=inventado", "-b:a", "16k"]),
    ("ogg", "small.ogg", "sine=duration=0.3", ["-c:a", "libopus", "-b:a", "8k", "-metadata", "artist=nadie"]),
    ("mp3", "small.mp3", "sine=duration=0.3", ["-b:a", "16k", "-metadata", "artist=nadie"]),
]
with tempfile.TemporaryDirectory() as folder:
    for target, name, source, more in made:
        path = pathlib.Path(folder) / name
        subprocess.run(["ffmpeg", "-y", "-loglevel", "error", "-f", "lavfi", "-i", source, *more, str(path)], check=True)
        seed(target, name, path.read_bytes())
        seed("filetype", name, path.read_bytes()[:300])
pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n4 0 obj<</Author(nadie)>>endobj\n"
offsets = [pdf.index(b"%d 0 obj" % number) for number in range(1, 5)]
table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in offsets)
seed("pdf", "small.pdf", pdf + table + b"trailer<</Size 5/Root 1 0 R/Info 4 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(pdf))
seed("filetype", "small.pdf", pdf[:100])
office = io.BytesIO()
with zipfile.ZipFile(office, "w", zipfile.ZIP_DEFLATED) as archive:
    def add(name, text):
        archive.writestr(zipfile.ZipInfo(name), text)
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    add("[Content_Types].xml", f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>')
    add("word/document.xml", "<document>inventado</document>")
    add("docProps/core.xml", "<coreProperties><creator>nadie</creator></coreProperties>")
seed("office", "small.docx", office.getvalue())
seed("filetype", "small.docx", office.getvalue()[:100])
seed("mp3", "tag", b"ID3\x04\0\0\0\0\0\x0aTIT2\0\0\0\0\0\0" + struct.pack(">I", 0xFFFB9000) + bytes(413))
