// The case statement: the reporter's signed statement of a case's keys and facets (PROTOCOL, section 3). A case key is a
// file to a public recipient, so anybody can write one: no key is used that the statement does not name.
import { checkRecipient } from "./age";
import { equal, Refused } from "./bytes";
import { commit, h } from "./hash";
import { base64, boolean, hash, hashOrNull, id, type Json, number, object, oneOf, parseJson, string } from "./json";
import { mustVerify } from "./sign";
import { transcript } from "./transcript";

export type KeyName = "shared" | "staff";

interface Commitment {
  salt: Uint8Array;
  hash: Uint8Array;
}

export interface CaseStatement {
  instance: string;
  case: string;
  number: string;
  recipient: string;
  area: string;
  roster: Uint8Array;
  facets: {
    kind: string;
    category: string;
    province: string | null;
    establishment: string | null;
    channel: string;
    sealedBy: string;
    language: string;
    receivedOn: number;
  };
  keys: Record<KeyName, Commitment>;
  /** The reporter agreed to one validation of the identity. */
  validation: boolean;
  /** H("statement-hash", the stored bytes). */
  statementHash: Uint8Array;
}

const textOrNull = (value: Json): string | null => (value === null ? null : string(value));

function readFacets(value: Json): CaseStatement["facets"] {
  const facets = object(
    value,
    "kind",
    "category",
    "province",
    "establishment",
    "channel",
    "sealed_by",
    "language",
    "received_on",
  );
  return {
    kind: oneOf(facets.kind, "queja", "denuncia"),
    category: string(facets.category),
    province: textOrNull(facets.province),
    establishment: textOrNull(facets.establishment),
    channel: oneOf(facets.channel, "web", "whatsapp", "desk"),
    sealedBy: oneOf(facets.sealed_by, "server", "browser"),
    language: string(facets.language),
    receivedOn: number(facets.received_on),
  };
}

function readCommitment(value: Json): Commitment {
  const commitment = object(value, "salt", "hash");
  return { salt: base64(commitment.salt, 32), hash: hash(commitment.hash) };
}

/** Reads the stored bytes of a first statement. */
export function readStatement(bytes: Uint8Array, instance: string): CaseStatement {
  const json = object(
    parseJson(bytes),
    "instance",
    "case",
    "number",
    "version",
    "previous",
    "recipient",
    "facets",
    "area",
    "roster",
    "shared",
    "staff",
    "validation",
  );
  if (id(json.instance) !== instance) throw new Refused("a statement of another instance");
  if (number(json.version) !== 1 || hashOrNull(json.previous) !== null) throw new Refused("not a first statement");
  checkRecipient(string(json.recipient));
  return {
    instance,
    case: id(json.case),
    number: string(json.number),
    recipient: string(json.recipient),
    area: string(json.area),
    roster: hash(json.roster),
    facets: readFacets(json.facets),
    keys: { shared: readCommitment(json.shared), staff: readCommitment(json.staff) },
    validation: boolean(json.validation),
    statementHash: h("statement-hash", instance, bytes),
  };
}

/** Reads a statement that the reporter's key signed. */
export function verifyStatement(
  bytes: Uint8Array,
  instance: string,
  verifyKey: Uint8Array,
  signature: Uint8Array,
): CaseStatement {
  mustVerify(verifyKey, transcript("case-statement", instance, bytes), signature, "the statement's signature");
  return readStatement(bytes, instance);
}

/** Thrown for a key that opens, and that the case's statement does not name: somebody put it there. */
export class NotStated extends Refused {
  override name = "NotStated";
}

/** Throws `NotStated` unless the statement commits to this key. */
export function mustName(statement: CaseStatement, name: KeyName, key: Uint8Array): void {
  const { salt, hash: committed } = statement.keys[name];
  if (!equal(commit(`${name}-key`, statement.instance, salt, key), committed))
    throw new NotStated("not the key that the reporter stated");
}
