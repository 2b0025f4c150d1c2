// Typed, signed calls to a point gateway.
export { answer, type Calls, Gateway, type GatewayOptions } from "./client.js";
export * from "./errors.js";
export * as problems from "./problems.js";
export type { components, operations, paths } from "./schema.js";
export { loadPrivateKey, signatureHeaders, type Signer } from "./signing.js";
