// A certified provider of OpenID Connect (npm oidc-provider) for the tests of the portal, set up as the national service is:
// code flow with PKCE S256, private_key_jwt, ES256, pairwise subjects, only `openid`. Arguments: issuer, client as JSON.
import { createHash, generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const [issuer, client] = [process.argv[2], JSON.parse(process.argv[3])];
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: client.client_id,
      redirect_uris: [client.redirect_uri],
      jwks: { keys: [client.jwk] },
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "ES256",
      id_token_signed_response_alg: "ES256",
      subject_type: "pairwise",
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "provider-1", use: "sig", alg: "ES256" }] },
  scopes: ["openid"],
  subjectTypes: ["pairwise"],
  responseTypes: ["code"],
  clientAuthMethods: ["private_key_jwt"],
  enabledJWA: { idTokenSigningAlgValues: ["ES256"], clientAuthSigningAlgValues: ["ES256"] },
  pkce: { required: () => true },
  cookies: { keys: ["only for tests"] },
  pairwiseIdentifier: (_ctx, account, { clientId }) =>
    createHash("sha256").update(`${clientId}:${account}`).digest("hex"),
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
provider.on("server_error", (_ctx, fault) => console.error(fault));
for (const event of ["authorization.error", "grant.error"]) {
  provider.on(event, (_ctx, fault) => console.error(event, fault.message, fault.error_description));
}
const { hostname, port } = new URL(issuer);
provider.listen(Number(port), hostname, () => console.log("listening"));
