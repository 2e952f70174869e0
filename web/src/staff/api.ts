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
    /** The problem's stable word, the last part of its type. */
    readonly code = "",
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

/** Where to go after an act. A page that is shown already is shown again with its whole address, which holds the list that one came from. */
export const nextLocation = (named: string | null): string =>
  named === null || new URL(named, location.href).pathname === location.pathname ? location.href : named;

export async function call(method: "GET" | "POST" | "PUT" | "DELETE", path: string, json?: unknown): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      headers: {
        accept: "application/json",
        "sigilo-client": "1",
        ...(json === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  } catch {
    throw new Problem(0, t("network"));
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problem(response.status, body);
  const named = (body as { location?: unknown } | null)?.location;
  return {
    status: response.status,
    location: typeof named === "string" ? named : response.headers.get("location"),
    body,
  };
}

/** A page of the server, not shown. */
export async function fetchPage(path: string): Promise<Document> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", cache: "no-store", headers: { accept: "text/html" } });
  } catch {
    throw new Problem(0, t("network"));
  }
  if (!response.ok) throw problem(response.status, null);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** The bytes of a stored file, as they come. `said` is for one that is not there, and for a store that does not answer. */
export async function fetchStream(
  path: string,
  signal: AbortSignal,
  said: { gone: string; away: string },
): Promise<ReadableStream<Uint8Array>> {
  let response: Response;
  try {
    response = await fetch(path, {
      credentials: "same-origin",
      mode: "same-origin",
      cache: "no-store",
      redirect: "error",
      headers: { "sigilo-client": "1" },
      signal,
    });
  } catch (error) {
    throw signal.aborted ? error : new Problem(0, said.away);
  }
  const { status, ok, body } = response;
  if (ok && body) return body;
  const told: unknown = await response.json().catch(() => null);
  if (status === 404 || status === 410) throw new Problem(status, said.gone);
  if (ok || status >= 500 || status === 408 || status === 429) throw new Problem(status, said.away);
  throw problem(status, told);
}

/** Sends bytes as they are. By XMLHttpRequest: fetch does not tell how much has been sent. */
export function upload(
  path: string,
  bytes: Blob,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = (): void => request.abort();
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded, total));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) return resolve();
      let body: unknown = null;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        // Not from our server: the status says enough.
      }
      reject(problem(request.status, body, "attach.failed"));
    });
    request.addEventListener("error", () => reject(new Problem(0, t("attach.failed"))));
    request.addEventListener("abort", () => reject(signal.reason));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    signal.throwIfAborted();
    signal.addEventListener("abort", abort);
    request.open("POST", path);
    for (const [name, value] of [
      ["accept", "application/json"],
      ["sigilo-client", "1"],
      ["content-type", "application/octet-stream"],
    ] as const)
      request.setRequestHeader(name, value);
    request.send(bytes);
  });
}

function problem(status: number, body: unknown, otherwise: "failed" | "attach.failed" = "failed"): Problem {
  const { type, detail, title, fields, request } = (body ?? {}) as {
    type?: unknown;
    detail?: unknown;
    title?: unknown;
    fields?: unknown;
    request?: unknown;
  };
  const told = [detail, title].find((text) => typeof text === "string" && text !== "") as string | undefined;
  // The request id leads the operator to the failure in the log.
  const number = status >= 500 && typeof request === "string" ? ` ${t("failed.number")} ${request}.` : "";
  const message = status === 401 ? t("session.ended") : (told ?? t(otherwise)) + number;
  const named = fields && typeof fields === "object" ? (Object.entries(fields) as [string, unknown][]) : [];
  return new Problem(
    status,
    message,
    Object.fromEntries(named.filter((pair): pair is [string, string] => typeof pair[1] === "string")),
    typeof type === "string" ? type.replace("/problems/", "") : "",
  );
}
