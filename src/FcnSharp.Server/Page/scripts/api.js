// All that the page asks of the server. The API key, where one is needed, lives in this module and nowhere else.

let key = "";

export const setKey = value => { key = value; };

/** What went wrong: a kind that the page has words for, and what the server said. */
export class ApiError extends Error {
  constructor(kind, detail, { status = 0, retryAfter = 0 } = {}) {
    super(detail || kind);
    Object.assign(this, { kind, detail, status, retryAfter });
  }
}

const kinds = {
  400: "broken", 401: "key", 403: "foreign", 404: "missing", 408: "late", 406: "failed", 413: "large",
  415: "format", 421: "foreign", 422: "unfit", 429: "busy", 503: "busy",
};

/** Where a request failed on the way: the server is gone, or it would not take so much. */
async function lost(body, cause) {
  if (cause.name === "AbortError") {
    throw cause;
  }
  if (body?.size > 1e6) {
    // A server that refuses a body need not read it to its end; the browser then sees a broken connection only.
    try {
      await fetch("/healthz", { cache: "no-store" });
      return new ApiError("large", "The server closed the connection while the file was on its way.");
    } catch {
      // Gone indeed.
    }
  }
  return new ApiError("gone", "");
}

async function problem(response) {
  let detail = "";
  try {
    const text = await response.json();
    detail = text.detail || text.title || "";
  } catch {
    // No problem+json: the status says enough.
  }
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  return new ApiError(kinds[response.status] ?? "failed", detail, { status: response.status, retryAfter });
}

async function request(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key) {
    headers.set("Authorization", `Bearer ${key}`);
  }
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options, headers });
  } catch (cause) {
    throw await lost(options.body, cause);
  }
  if (!response.ok) {
    throw await problem(response);
  }
  return response;
}

/** An answer as JSON; one that broke off on the way counts as a server that is gone. */
export async function getJson(path, options) {
  const response = await request(path, options);
  try {
    return await response.json();
  } catch (cause) {
    throw await lost(null, cause);
  }
}

export const getBlob = async path => (await request(path)).blob();

export const models = async () => (await getJson("/v1/models")).models;

/** The whole answer for one image: classes, areas, and mask and confidence as PNG in data URLs. */
export const segment = (file, model, signal) => getJson(
  `/v1/segment?model=${encodeURIComponent(model)}&include=mask,confidence,polygons`,
  { method: "POST", body: file, signal, headers: { Accept: "application/json", "Content-Type": file.type || "application/octet-stream" } });

/** Whether the server answers at all. */
export async function isThere() {
  try {
    return (await fetch("/readyz", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
