/** Reads the partner's JSON without guessing: what is missing, of another type or about something else is unclear. */

import { HookFault, type HttpAnswer } from "./line.js";
import type { Fields } from "./frames.js";

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$/;

/** A JSON object of the partner's; every getter throws OutcomeUnknown where the field does not fit. */
export class Answer {
  private constructor(
    private readonly fields: Fields,
    private readonly asked: string,
    readonly status: number,
  ) {}

  /** `about` names the fields that must repeat what was asked; `asked` stands in errors, so it has no id or code. */
  static read(answer: HttpAnswer, asked: string, statuses: readonly number[], about: { [name: string]: string }): Answer {
    const nothing = new Answer({}, asked, answer.status);
    if (!statuses.includes(answer.status)) {
      throw nothing.unclear(`status ${answer.status}`);
    }
    let fields: unknown;
    try {
      fields = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(answer.body));
    } catch {
      throw nothing.unclear("it is not JSON");
    }
    if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
      throw nothing.unclear("it is not an object");
    }
    const read = new Answer(fields as Fields, asked, answer.status);
    for (const [name, expected] of Object.entries(about)) {
      if (read.text(name) !== expected) {
        throw read.unclear(`${name} is another one`);
      }
    }
    return read;
  }

  text(name: string): string {
    const value = this.fields[name];
    if (typeof value !== "string" || value === "") {
      throw this.unclear(`${name} is not a text`);
    }
    return value;
  }

  whole(name: string): number {
    const value = this.fields[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      throw this.unclear(`${name} is not a whole number`);
    }
    return value;
  }

  moment(name: string): string {
    const text = this.text(name);
    if (!MOMENT.test(text) || Number.isNaN(Date.parse(text))) {
      throw this.unclear(`${name} is not a moment with its time zone`);
    }
    return text;
  }

  unclear(why: string): HookFault {
    return new HookFault("OutcomeUnknown", `ferry's answer to ${this.asked} says neither yes nor no: ${why}`);
  }
}
