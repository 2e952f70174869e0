// Proof that a verify key is the reporter's of a case (PROTOCOL, section 5). The database is not trusted for this: an
// attacker who writes to it could put their own key into the case. The manifest, signed by that key, must name the case.
// The log, countersigned by the witness, must cover both.
import { Refused } from "./bytes";
import { mustCover, readInclusion, verifyInclusion } from "./entry";
import { base64, object, parseJson } from "./json";
import { logKeys, type Roster } from "./roster";
import { verifyManifest } from "./seal";

/** Throws unless `coverage` (JSON as the server writes it) shows that `verifyKey` is the reporter's of this case. */
export function mustBeReporters(
  verifyKey: Uint8Array,
  caseId: string,
  instance: string,
  coverage: Uint8Array,
  roster: Roster,
): void {
  const json = object(parseJson(coverage), "manifest", "manifest_signature", "inclusion");
  const manifest = verifyManifest(base64(json.manifest), instance, verifyKey, base64(json.manifest_signature, 64));
  if (manifest.case !== caseId) throw new Refused("the manifest of another case");
  const covering = verifyInclusion(instance, readInclusion(json.inclusion), logKeys(roster));
  mustCover(covering, manifest.manifestHash, verifyKey);
}
