// A short form of a key that people can compare aloud, as the roster and the command line show it.
import { toHex } from "./bytes";
import { sha256 } from "./hash";

/** 16 hex digits in fours. */
export const fingerprint = (key: Uint8Array): string =>
  (toHex(sha256(key)).slice(0, 16).match(/.{4}/g) ?? []).join(" ");
