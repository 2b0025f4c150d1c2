// What can go wrong with a call, as classes. Every one is a GatewayError; `problems.ts` has a class a problem type.
//
// Where `outcomeUnknown` is true, the gateway may or may not have done what was asked. Send the same call again with
// the same id: it is done once, and answered as the first time.

/** Every error of this package. */
export class GatewayError extends Error {
  override name = "GatewayError";
  readonly outcomeUnknown: boolean = false;
}

/** The private key cannot sign for a gateway; nothing was sent. */
export class WrongKey extends GatewayError {
  override name = "WrongKey";
}

/** The gateway did not answer: look at the thing itself, or send the call again with the same id. */
export class Unreachable extends GatewayError {
  override name = "Unreachable";
  override readonly outcomeUnknown = true;
}

/** The connection broke after it was made, so the request may have arrived. */
export class ConnectionLost extends Unreachable {
  override name = "ConnectionLost";
}

/** Something that is no gateway answered. */
export class UnexpectedAnswer extends GatewayError {
  override name = "UnexpectedAnswer";
  override readonly outcomeUnknown = true;
}

/** One thing that is wrong with the input. `place` is a JSON pointer (`#/units`) or a parameter's name. */
export interface InputError {
  readonly place: string;
  readonly detail: string;
}

export interface ProblemMembers {
  readonly word: string;
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
  /** May be more exact than `remedy`. */
  readonly detail: string;
  readonly requestId: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly errors: readonly InputError[];
  readonly retryAfterS: number | undefined;
}

const UNKNOWN_WORDS: ReadonlySet<string> = new Set(["internal-error", "commit-failed", "took-too-long"]);

/** The gateway refused (RFC 9457). `word` never changes; programs branch on it, or on the class. */
export class Problem extends GatewayError implements ProblemMembers {
  override name = "Problem";
  override readonly outcomeUnknown: boolean;
  readonly word: string;
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
  /** May be more exact than `remedy`. */
  readonly detail: string;
  readonly requestId: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly errors: readonly InputError[];
  readonly retryAfterS: number | undefined;

  constructor(members: ProblemMembers) {
    super(`${members.word} (${members.status}): ${members.title}. ${members.remedy}`);
    this.word = members.word;
    this.status = members.status;
    this.title = members.title;
    this.remedy = members.remedy;
    this.detail = members.detail;
    this.requestId = members.requestId;
    this.facts = members.facts;
    this.errors = members.errors;
    this.retryAfterS = members.retryAfterS;
    this.outcomeUnknown = UNKNOWN_WORDS.has(members.word);
  }
}

/** 400: the request cannot be read. */
export class BadRequestProblem extends Problem {}

/** 401: the signature, the session or a password does not count. */
export class UnauthorizedProblem extends Problem {}

/** 403: whoever is signed in may not do this. */
export class ForbiddenProblem extends Problem {}

/** 404: there is no such thing, or it is not for this person. */
export class NotFoundProblem extends Problem {}

/** 409: it does not fit the state of things; nothing was done. */
export class ConflictProblem extends Problem {}

/** 413 and 415: a body that is too large or of the wrong kind. */
export class PayloadProblem extends Problem {}

/** 422: the input does not fit; `errors` names each place. */
export class InvalidInputProblem extends Problem {}

/** 429: wait `retryAfterS` seconds. */
export class TooManyProblem extends Problem {}

/** 500: something broke at the gateway. */
export class ServerProblem extends Problem {}

/** 503: not at the moment; `retryAfterS` says how long to wait. */
export class UnavailableProblem extends Problem {}

export const BY_STATUS: Readonly<Record<number, typeof Problem>> = {
  400: BadRequestProblem,
  401: UnauthorizedProblem,
  403: ForbiddenProblem,
  404: NotFoundProblem,
  409: ConflictProblem,
  413: PayloadProblem,
  415: PayloadProblem,
  422: InvalidInputProblem,
  429: TooManyProblem,
  500: ServerProblem,
  503: UnavailableProblem,
};
