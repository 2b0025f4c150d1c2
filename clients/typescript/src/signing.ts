// HTTP message signatures (RFC 9421, Ed25519) in the one form that a gateway asks of client programs.
//
// The signature covers method, authority, path and query, the digest of a body (RFC 9530, sha-256), and the
// Authorization field where there is one. Its nonce counts once, so a request that is repeated is signed anew.
import { createHash, createPrivateKey, randomBytes, sign, type KeyObject } from "node:crypto";
import { WrongKey } from "./errors.js";

const TAG = "point-gateway";
const LABEL = "client";

/** The private key in `pem` (PKCS #8). Throws WrongKey for anything but an unencrypted Ed25519 key. */
export function loadPrivateKey(pem: string | Buffer): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new WrongKey("this is no unencrypted private key in PEM; give the whole text of the key file", { cause });
  }
  if (key.asymmetricKeyType !== "ed25519") {
    throw new WrongKey("this key is not Ed25519; make one with `point-gateway keys new`");
  }
  return key;
}

export interface Signer {
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

/** The fields Content-Digest (with a body), Signature-Input and Signature for exactly this request. */
export function signatureHeaders(
  signer: Signer,
  method: string,
  url: URL,
  authorization: string | null,
  body: Uint8Array | undefined,
  createdS: number,
): Record<string, string> {
  const headers: Record<string, string> = {};
  const components: [string, string][] = [
    ["@method", method],
    ["@authority", url.host],
    ["@path", url.pathname],
    ["@query", url.search === "" ? "?" : url.search],
  ];
  if (authorization !== null) components.push(["authorization", authorization]);
  if (body !== undefined) {
    const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
    headers["Content-Digest"] = digest;
    components.push(["content-digest", digest]);
  }
  const covered = components.map(([name]) => `"${name}"`).join(" ");
  const nonce = randomBytes(18).toString("base64url");
  const parameters =
    `(${covered});created=${createdS};keyid="${signer.keyId}";alg="ed25519";nonce="${nonce}";tag="${TAG}"`;
  const lines = [...components.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${parameters}`];
  const signature = sign(null, Buffer.from(lines.join("\n")), signer.privateKey).toString("base64");
  headers["Signature-Input"] = `${LABEL}=${parameters}`;
  headers["Signature"] = `${LABEL}=:${signature}:`;
  return headers;
}
