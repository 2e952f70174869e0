#!/usr/bin/env python3
"""Makes the corpus from the vectors in tests/vectors.

Run from the repository's root; what it writes is committed. Everything in it is invented.
"""
import base64
import json
import pathlib

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
seed("filename", "path", "../../C:\\Users\\n\u00e9stor\\\u202egpj.exe\0 foto de prueba .JPG")
seed("filename", "plain", "informe final.pdf")
