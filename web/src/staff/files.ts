// Table of file types: their names, display and file name endings. The browser only ever gets names and types from this
// table, never those in a record.
import type { Key } from "./strings";

export type Shown = "image" | "audio" | "video" | "text";

export interface Medium {
  /** The type in words. */
  words: Key;
  /** Accepted endings; a name without one gets the first. */
  extensions: [string, ...string[]];
  /** Kind of display in the page; null for types that are only saved. */
  shown: Shown | null;
  /** Media type of the Blob that is shown. */
  blobType: string;
  /** True for types that may run code or are unknown: a warning precedes saving. */
  active: boolean;
}

const table = new Map<string, Medium>();

function known(type: string, words: Key, extensions: string, more: Partial<Medium> = {}): void {
  const [first = "bin", ...rest] = extensions.split(" ");
  table.set(type, { words, extensions: [first, ...rest], shown: null, blobType: type, active: false, ...more });
}

const OCTETS = "application/octet-stream";
const ACTIVE = { active: true };

known("image/jpeg", "type.image", "jpg jpeg jfif", { shown: "image" });
known("image/png", "type.image", "png", { shown: "image" });
known("image/webp", "type.image", "webp", { shown: "image" });
known("image/gif", "type.image", "gif", { shown: "image" });
known("image/heic", "type.image", "heic heif");
known("image/heif", "type.image", "heif heic");
known("image/avif", "type.image", "avif");
known("image/tiff", "type.image", "tif tiff");
known("image/bmp", "type.image", "bmp");

for (const [type, extensions] of [
  ["audio/mpeg", "mp3"],
  ["audio/mp4", "m4a mp4"],
  ["audio/x-m4a", "m4a"],
  ["audio/aac", "aac"],
  ["audio/ogg", "ogg oga opus"],
  ["audio/opus", "opus"],
  ["audio/amr", "amr"],
  ["audio/wav", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/vnd.wave", "wav"],
  ["audio/webm", "webm weba"],
  ["audio/flac", "flac"],
  ["audio/x-flac", "flac"],
  ["audio/3gpp", "3gp"],
] as const)
  known(type, "type.audio", extensions, { shown: "audio" });

known("video/mp4", "type.video", "mp4 m4v", { shown: "video" });
known("video/webm", "type.video", "webm", { shown: "video" });
// The container is that of MP4; by this name browsers try it, by its own some refuse it unseen.
known("video/quicktime", "type.video", "mov qt", { shown: "video", blobType: "video/mp4" });
known("video/3gpp", "type.video", "3gp");
known("video/x-matroska", "type.video", "mkv");
known("video/x-msvideo", "type.video", "avi");
known("video/mpeg", "type.video", "mpg mpeg");

known("text/plain", "type.text", "txt text log", { shown: "text" });
known("application/pdf", "type.pdf", "pdf");
known("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "type.document", "docx");
known("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "type.spreadsheet", "xlsx");
known("application/vnd.openxmlformats-officedocument.presentationml.presentation", "type.slides", "pptx");
known("application/vnd.oasis.opendocument.text", "type.document", "odt");
known("application/vnd.oasis.opendocument.spreadsheet", "type.spreadsheet", "ods");
known("application/vnd.oasis.opendocument.presentation", "type.slides", "odp");

// From here on a warning comes first.
known("text/csv", "type.spreadsheet", "csv", ACTIVE);
known("text/rtf", "type.document", "rtf", ACTIVE);
known("application/rtf", "type.document", "rtf", ACTIVE);
known("application/msword", "type.document", "doc", ACTIVE);
known("application/vnd.ms-excel", "type.spreadsheet", "xls", ACTIVE);
known("application/vnd.ms-powerpoint", "type.slides", "ppt", ACTIVE);
known("application/vnd.ms-word.document.macroenabled.12", "type.macros", "docm", ACTIVE);
known("application/vnd.ms-excel.sheet.macroenabled.12", "type.macros", "xlsm", ACTIVE);
known("application/vnd.ms-powerpoint.presentation.macroenabled.12", "type.macros", "pptm", ACTIVE);
known("application/zip", "type.archive", "zip", ACTIVE);
known("application/x-7z-compressed", "type.archive", "7z", ACTIVE);
known("application/vnd.rar", "type.archive", "rar", ACTIVE);
known("application/gzip", "type.archive", "gz", ACTIVE);
known("message/rfc822", "type.mail", "eml", ACTIVE);
known("text/html", "type.page", "html htm", ACTIVE);
known("application/xhtml+xml", "type.page", "xhtml", ACTIVE);
known("image/svg+xml", "type.drawing", "svg", ACTIVE);
known("text/javascript", "type.program", "js", ACTIVE);
known("application/javascript", "type.program", "js", ACTIVE);
known("application/vnd.microsoft.portable-executable", "type.program", "exe", ACTIVE);
known("application/x-msdownload", "type.program", "exe", ACTIVE);
known("application/vnd.android.package-archive", "type.program", "apk", ACTIVE);

const UNKNOWN: Medium = { words: "type.unknown", extensions: ["bin"], shown: null, blobType: OCTETS, active: true };
/** Sound of another kind: the browser tries it, and is not told a name for it. */
const SOUND: Medium = { ...UNKNOWN, words: "type.audio", shown: "audio" };

export function medium(type: string): Medium {
  return table.get(type.toLowerCase()) ?? (type.startsWith("audio/") ? SOUND : UNKNOWN);
}

/** Media type for the record of a file that a member sends: the browser's where this table knows it. */
export const mediaTypeFor = (type: string): string => (table.has(type) ? type : OCTETS);

const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
/** Most bytes of a file name: file systems allow 255, and browsers append a number to a taken name. */
const MAX_NAME_BYTES = 200;

/** A name to save a file of `type` under that does no harm on any system and ends as the type does. */
export function safeName(name: string, type: string, fallback: string): string {
  const { extensions } = medium(type);
  let stem = tidyName(name, "")
    .replace(/[<>:"|?*]/g, "_")
    .replace(/^[. ]+|[. ]+$/g, "");
  let extension: string = extensions[0];
  const dot = stem.lastIndexOf(".");
  const told = stem.slice(dot + 1).toLowerCase();
  if (dot > 0 && extensions.includes(told)) {
    extension = told;
    stem = stem.slice(0, dot).replace(/[. ]+$/, "");
  }
  if (stem === "") stem = fallback;
  if (RESERVED.test(`${stem.split(".")[0]?.trimEnd()}`)) stem = `_${stem}`;
  return `${cut(stem, MAX_NAME_BYTES - extension.length - 1)}.${extension}`;
}

/** As many whole characters as fit into so many bytes. */
function cut(text: string, maxBytes: number): string {
  const encoder = new TextEncoder();
  let [out, bytes] = ["", 0];
  for (const character of text) {
    bytes += encoder.encode(character).length;
    if (bytes > maxBytes) break;
    out += character;
  }
  return out.replace(/[. ]+$/, "");
}

/** File name for a record: the last part of a path, without control or bidirectional characters, at maxLength `maxLength` long. */
export function tidyName(name: string, fallback: string, maxLength = Number.POSITIVE_INFINITY): string {
  const last = name.normalize("NFC").split(/[/\\]/).at(-1) ?? "";
  const tidy = last
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "")
    .trim()
    .replace(/^[. ]+/, "");
  if (tidy === "") return fallback;
  const characters = [...tidy];
  if (characters.length <= maxLength) return tidy;
  // The ending tells people what it is.
  const ending = /\.[^.]{1,9}$/u.exec(tidy)?.[0] ?? "";
  return characters.slice(0, maxLength - [...ending].length).join("") + ending;
}

/** "1,2 MB" */
export function humanSize(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  let [value, at] = [bytes, 0];
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  const unit = units[at] ?? "byte";
  return value.toLocaleString(document.documentElement.lang || "es", {
    style: "unit",
    unit,
    unitDisplay: unit === "byte" ? "long" : "short",
    maximumFractionDigits: value < 10 && at > 0 ? 1 : 0,
  });
}
