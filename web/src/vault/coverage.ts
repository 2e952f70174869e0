// Proof of a case's statement, and so of its keys and of its reporter (PROTOCOL, section 3). The database is not trusted
// for this: an attacker who writes to it could put keys of their own into the case. The statement, signed by the
// reporter's key, must name the case. The log, countersigned by the witness, must cover both.
import { Refused } from "./bytes";
import { mustCoverStatement, readInclusion, verifyInclusion } from "./entry";
import { base64, object, parseJson } from "./json";
import { logKeys, type Roster } from "./roster";
import { type CaseStatement, verifyStatement } from "./statement";

/** A case as a page shows it. */
export interface ShownCase {
  instance: string;
  case: string;
  area: string;
  /** The verify key that the page names as the reporter's. */
  verifyKey: Uint8Array;
}

/** The case's statement, if `coverage` (JSON as the server writes it) shows that the log covers it. Throws otherwise. */
export function provenStatement(shown: ShownCase, coverage: Uint8Array, roster: Roster): CaseStatement {
  const { instance, verifyKey } = shown;
  const json = object(parseJson(coverage), "statement", "signature", "inclusion");
  const statement = verifyStatement(base64(json.statement), instance, verifyKey, base64(json.signature, 64));
  if (statement.case !== shown.case || statement.area !== shown.area)
    throw new Refused("the statement of another case");
  const covering = verifyInclusion(instance, readInclusion(json.inclusion), logKeys(roster));
  mustCoverStatement(covering, statement.statementHash, verifyKey);
  return statement;
}
