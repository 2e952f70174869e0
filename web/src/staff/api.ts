// JSON over fetch; a problem (RFC 9457) becomes an exception that says what can be shown.
import { t } from "./strings";

export class Problem extends Error {
  override name = "Problem";
  constructor(
    /** 0 when there was no answer. */
    readonly status: number,
    message: string,
    /** Errors by field, where the server names any. */
    readonly fields: Record<string, string> = {},
  ) {
    super(message);
  }
}

export interface Answer {
  status: number;
  /** From the body's `location`, or the header. */
  location: string | null;
  body: unknown;
}

export async function call(method: "GET" | "POST" | "DELETE", path: string, json?: unknown): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      headers: { accept: "application/json", "sigilo-client": "1", ...(json === undefined ? {} : { "content-type": "application/json" }) },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  } catch {
    throw new Problem(0, t("network"));
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problem(response.status, body);
  const named = (body as { location?: unknown } | null)?.location;
  return { status: response.status, location: typeof named === "string" ? named : response.headers.get("location"), body };
}

function problem(status: number, body: unknown): Problem {
  const { detail, title, fields } = (body ?? {}) as { detail?: unknown; title?: unknown; fields?: unknown };
  const told = [detail, title].find((text) => typeof text === "string" && text !== "") as string | undefined;
  const message = status === 401 ? t("session.ended") : (told ?? t("failed"));
  const named = fields && typeof fields === "object" ? (Object.entries(fields) as [string, unknown][]) : [];
  return new Problem(status, message, Object.fromEntries(named.filter((pair): pair is [string, string] => typeof pair[1] === "string")));
}
