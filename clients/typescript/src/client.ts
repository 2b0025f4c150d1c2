// Sends typed calls to one gateway as one client program, every request signed.
//
// Tokens are not kept by the client itself: `signedIn(token)` gives the calls of one person, so one client serves any
// number of people at once. A GET whose connection broke is signed anew and sent once more; nothing else is repeated.
import type { KeyObject } from "node:crypto";
import createClient, { type Client } from "openapi-fetch";
import { BY_STATUS, ConnectionLost, type InputError, Problem, UnexpectedAnswer, Unreachable } from "./errors.js";
import { KINDS } from "./problems.js";
import type { paths } from "./schema.js";
import { loadPrivateKey, signatureHeaders, type Signer } from "./signing.js";

/** To these a response has no body, by the standard of fetch. */
const NULL_BODY_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);

/** The typed calls: `GET("/v1/partners")` and so on; `answer` takes out what came back. */
export type Calls = Client<paths>;

export interface GatewayOptions {
  /** Where the operator publishes the gateway, such as `https://points.example.jp`. */
  readonly baseUrl: string;
  readonly keyId: string;
  /** PEM, or a key of node:crypto. */
  readonly privateKey: string | Buffer | KeyObject;
  /** The language of titles and remedies. */
  readonly language?: "ja" | "en";
  /** Longer than a gateway lets a partner take, so that its answer is seen and not a timeout of ours. */
  readonly timeoutMs?: number;
  /** Milliseconds since 1970; it must agree with the gateway's clock within 60 seconds. */
  readonly now?: () => number;
}

export class Gateway {
  /** Calls of the program itself: sign-in, prefectures, public lists. */
  readonly calls: Calls;
  readonly #options: GatewayOptions;
  readonly #signer: Signer;

  constructor(options: GatewayOptions) {
    const { protocol, search, hash, username } = new URL(options.baseUrl);
    if (!["http:", "https:"].includes(protocol) || search !== "" || hash !== "" || username !== "") {
      throw new TypeError(`${options.baseUrl}: give the gateway's address, like https://points.example.jp`);
    }
    const { privateKey } = options;
    const loaded = typeof privateKey === "string" || Buffer.isBuffer(privateKey);
    this.#options = options;
    this.#signer = { keyId: options.keyId, privateKey: loaded ? loadPrivateKey(privateKey) : privateKey };
    this.calls = this.#open(undefined);
  }

  /** Calls of the person of that session. */
  signedIn(token: string): Calls {
    return this.#open(token);
  }

  #open(token: string | undefined): Calls {
    const calls = createClient<paths>({
      baseUrl: this.#options.baseUrl.replace(/\/+$/, ""),
      fetch: (request) => this.#send(request, token),
    });
    calls.use({
      onRequest: ({ params }) => {
        for (const value of Object.values(params.path ?? {})) {
          if (["", ".", ".."].includes(String(value))) {
            throw new TypeError(`"${value}" cannot be a part of a path; give the id that the gateway gave`);
          }
        }
        return undefined;
      },
    });
    return calls;
  }

  async #send(request: Request, token: string | undefined): Promise<Response> {
    const content = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    let response: Response;
    try {
      response = await this.#sendOnce(request, content, token);
    } catch (fault) {
      if (request.method !== "GET" || !isLostConnection(fault)) throw unreachable(request, fault);
      try {
        response = await this.#sendOnce(request, content, token);
      } catch (second) {
        throw unreachable(request, second);
      }
    }
    if (!response.ok) throw await problemOf(request, response);
    return response;
  }

  async #sendOnce(request: Request, content: Uint8Array | undefined, token: string | undefined): Promise<Response> {
    const url = new URL(request.url);
    const headers = new Headers({ "Accept-Language": this.#options.language ?? "ja" });
    const mediaType = request.headers.get("Content-Type");
    if (content !== undefined && mediaType !== null) headers.set("Content-Type", mediaType);
    if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
    const createdS = Math.floor((this.#options.now ?? Date.now)() / 1000);
    const signed = signatureHeaders(
      this.#signer,
      request.method,
      url,
      headers.get("Authorization"),
      content,
      createdS,
    );
    for (const [name, value] of Object.entries(signed)) headers.set(name, value);
    const response = await fetch(url, {
      method: request.method,
      headers,
      body: content ?? null,
      redirect: "manual",
      signal: AbortSignal.timeout(this.#options.timeoutMs ?? 40_000),
    });
    // Read here, so that a connection that breaks within the answer is told as every other that breaks.
    const answered = await response.arrayBuffer();
    const { status, statusText } = response;
    const body = NULL_BODY_STATUSES.has(status) ? null : answered;
    return new Response(body, { status, statusText, headers: response.headers });
  }
}

/** What a call answered; undefined for an empty answer. Refusals were thrown before. */
export async function answer<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  let result: { data?: T; response: Response };
  try {
    result = await call;
  } catch (fault) {
    if (fault instanceof SyntaxError) {
      throw new UnexpectedAnswer("the answer is not JSON; is this the address of a gateway?", { cause: fault });
    }
    throw fault;
  }
  if (result.data === undefined && result.response.status !== 204) {
    throw new UnexpectedAnswer(`${result.response.status} without an answer; is this the address of a gateway?`);
  }
  return result.data as T;
}

function isLostConnection(fault: unknown): boolean {
  const code = fault instanceof Error && fault.cause instanceof Error && "code" in fault.cause ? fault.cause.code : "";
  return ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(String(code));
}

function unreachable(request: Request, cause: unknown): Unreachable {
  const Kind = isLostConnection(cause) ? ConnectionLost : Unreachable;
  return new Kind(`${request.method} ${new URL(request.url).pathname}: no answer`, { cause });
}

async function problemOf(request: Request, response: Response): Promise<Problem | UnexpectedAnswer> {
  const members = membersOf(await response.text());
  if (typeof members["type"] !== "string") {
    const path = new URL(request.url).pathname;
    return new UnexpectedAnswer(`${request.method} ${path}: ${response.status} is no problem document`);
  }
  const word = members["type"].split("/").at(-1) ?? "unknown";
  const wait = response.headers.get("Retry-After") ?? "";
  const Kind = KINDS[word] ?? BY_STATUS[response.status] ?? Problem;
  return new Kind({
    word,
    status: response.status,
    title: String(members["title"] ?? ""),
    remedy: String(members["remedy"] ?? members["detail"] ?? ""),
    detail: String(members["detail"] ?? ""),
    requestId: String(members["instance"] ?? "").replace(/^urn:uuid:/, ""),
    facts: members,
    errors: inputErrors(members["errors"]),
    retryAfterS: /^\d+$/.test(wait) ? Number(wait) : undefined,
  });
}

/** The members of a JSON object; none for anything else. */
function membersOf(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function inputErrors(errors: unknown): InputError[] {
  if (!Array.isArray(errors)) return [];
  return errors.filter(isObject).map((entry) => ({
    place: String(entry["pointer"] ?? entry["parameter"] ?? ""),
    detail: String(entry["detail"] ?? ""),
  }));
}
