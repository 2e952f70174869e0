#!/usr/bin/env python3
"""Makes the corpus from the vectors in tests/vectors, and the files of media from scratch (with ffmpeg).

Run from the repository's root; what it writes is committed. Everything in it is invented.
"""
import base64
import io
import json
import pathlib
import struct
import subprocess
import tempfile
import zipfile

CORPUS = pathlib.Path("fuzz/corpus")
vault = json.load(open("tests/vectors/vault.json"))
log = json.load(open("tests/vectors/log.json"))
fixed, sealed = vault["fixed"], vault["sealed"]


def seed(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


def b64(text):
    return base64.b64decode(text)


for number, record in enumerate(fixed["records"]):
    seed("record", f"{record['kind']}-{number}", b64(record["body"]))
    envelope = {"author": record["author"], "via": record["via"], "content": record["content"], "signature": fixed["verdicts"][0]["signature"]}
    seed("envelope", f"{record['kind']}-{number}", json.dumps(envelope, ensure_ascii=False))
for number, each in enumerate(sealed["seals"]):
    seed("manifest", f"{number}", b64(each["manifest"]))
    seed("agefile", f"half-{number}", b64(each["witness_half"]))
seed("agefile", "key", b64(sealed["case_keys"][0]["file"]))
seed("roster", "note", fixed["roster"]["note"])
for number, each in enumerate(fixed["receipts"]):
    seed("receipt", f"es-{number}", each["es"])
    seed("receipt", f"en-{number}", each["en"])
    seed("receipt", f"spelled-{number}", each["spellings"][0])
seed("checkpoint", "signed", b64(log["checkpoint"]["signed"]))
seed("checkpoint", "cosigned", b64(log["checkpoint"]["cosigned"]))
seed("statement", "roster", b64(log["statements"]["roster"]["note"]))
seed("statement", "opening", b64(log["statements"]["opening"]["note"]))
for number, each in enumerate(log["entries"][:4]):
    seed("entry", f"{number}", b64(each["stored"]))
seed("journal", "line", '{"seq":0,"time":1795000000,"previous":null,"event":{"init":{}}}\n')
for size, index, old in [(1, 0, 0), (7, 3, 4), (8, 7, 8)]:
    seed("proof", f"{size}-{index}", bytes([size * 2, index, old]) + bytes(range(96)))
seed("proof", "giant", bytes([255] * 24) + bytes(range(64)))
seed("cookie", "token", fixed["cookies"]["token"])
seed("draft", "empty", '{"format":1,"language":"es","answers":[]}')
person = {"id": "wamid.c2ludGV0aWNv", "from": "593990000001", "timestamp": "1795000000"}
for kind, body in [
    ("text", {"type": "text", "text": {"body": "Quiero poner una denuncia"}}),
    ("button", {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "S\u00ed"}}}),
    ("audio", {"type": "audio", "audio": {"id": "1", "mime_type": "audio/ogg", "sha256": "AA==", "voice": True}}),
    ("unknown", {"type": "order", "order": {}}),
]:
    value = {"metadata": {"phone_number_id": "100000000000001"}, "messages": [person | body], "statuses": [{"id": "x", "status": "failed", "errors": [{"code": 131047}]}]}
    call = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}
    seed("whatsapp", kind, json.dumps(call))
seed("profile", "iess", pathlib.Path("profiles/iess.toml").read_bytes())
seed("config", "whole", '''public_url = "http://localhost:8080"
database = "sqlite:sigilo.sqlite"
profile = "iess.toml"
keys = "keys.toml"
[witness]
keys = "witness.toml"
folder = "witness"
[server]
trusted_proxies = ["10.0.0.0/8"]
[limits]
starts = { visitor = 5, everybody = 9 }
''')
for number, text in enumerate([
    "Sint\u00e9tica Prueba,1710034065,0991234567,a@sigilo.test,Calle Inventada 1\nSoy Sint\u00e9tica PRUEBA, 171003406-5, tel. 099 123 4567.",
    "Luz,AB123,,x@y.test,\nLa luz se fue. a b 1 2 3 (AB-123) X@Y.TEST",
    "\u00d1and\u00fa\u0301,,,,\n\u00f1andu\u0301 \u202e \U0001f600",
]):
    seed("redaction", f"{number}", text)
for number, text in enumerate([" Ana.N\u00fa\u00f1ez@IESS.example ", "+593 99 123 4567", "171003406-5", "1710034065001", "2o26 l23456 n"]):
    seed("text", f"{number}", text)

# Media: made here, of nothing.
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
