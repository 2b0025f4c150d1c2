/** The line to the gateway: takes calls, asks the partner through the gateway, says how each call ended. */

import { Socket } from "node:net";

import { encodeFrame, type Fields, type Frame, FrameReader } from "./frames.js";

const LINE = 3;
const PROTOCOL = 1;

/** How a hook ends without an answer; `kind` is one of the protocol's words. */
export class HookFault extends Error {
  constructor(
    readonly kind: "OutcomeUnknown" | "NotSent" | "CouponRefused" | "PartnerRefused" | "PartnerUnavailable",
    text: string,
    readonly reason = "",
    readonly retryAfterS: number | null = null,
  ) {
    super(text);
  }
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Buffer;
}

/** One call of a hook: the gateway's clock, and the only way to the partner. */
export interface Call {
  readonly now: string;
  request(method: string, url: string, headers: { [name: string]: string }, json?: Fields): Promise<HttpAnswer>;
}

export type Hook = (call: Call, values: Fields) => Promise<unknown>;

export interface Plugin {
  readonly profile: Fields;
  readonly hooks: { readonly [name: string]: Hook };
}

/** What the gateway sends first: the plugin's own table of gateway.toml. */
export class Settings {
  readonly read = new Set<string>();

  constructor(private readonly hello: Fields) {}

  text(name: string): string {
    return this.value("settings", name);
  }

  secret(name: string): string {
    return this.value("secrets", name);
  }

  private value(kind: "settings" | "secrets", name: string): string {
    this.read.add(name);
    const value = (this.hello[kind] as Fields)[name];
    if (typeof value !== "string" || value === "") {
      const missing = (this.hello["missing"] as Fields)[name];
      const place = (this.hello["places"] as Fields)[""];
      throw new SettingMissing(typeof missing === "string" ? missing : `has no \`${name}\`; add it (${String(place)})`);
    }
    return value;
  }
}

export class SettingMissing extends Error {}

interface Waiting {
  readonly call: number;
  readonly answered: (answer: HttpAnswer) => void;
  readonly failed: (fault: Error) => void;
}

/** Serve the line until it ends. `make` gets the settings and gives the plugin. */
export function serve(make: (settings: Settings) => Plugin): void {
  const socket = new Socket({ fd: LINE, readable: true, writable: true });
  const frames = new FrameReader();
  const waiting = new Map<number, Waiting>();
  let plugin: Plugin | undefined;
  let requests = 0;

  const say = (fields: Fields, body?: Buffer): void => {
    socket.write(encodeFrame(fields, body));
  };

  const start = (hello: Fields): void => {
    const settings = new Settings(hello);
    try {
      plugin = make(settings);
    } catch (fault) {
      const text = fault instanceof SettingMissing ? fault.message : `cannot be made (${nameOf(fault)})`;
      say({ is: "Refused", check: "instance", text });
      return;
    }
    const hooks = Object.fromEntries(["partner_profile", ...Object.keys(plugin.hooks)].map((name) => [name, {}]));
    say({ is: "Ready", protocol: PROTOCOL, profile: plugin.profile, hooks, settings_read: [...settings.read].sort() });
  };

  const callOf = (n: number, now: string): Call => ({
    now,
    request: (method, url, headers, json) =>
      new Promise((answered, failed) => {
        requests += 1;
        waiting.set(requests, { call: n, answered, failed });
        const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json), "utf-8");
        say({ is: "HttpRequest", request: requests, n, method, url, headers, body: body ? "json" : "none" }, body);
      }),
  });

  const run = async (message: Fields): Promise<void> => {
    const n = message["n"] as number;
    try {
      const hook = plugin?.hooks[message["hook"] as string];
      if (hook === undefined) {
        throw new TypeError("a hook that is not there");
      }
      const value = await hook(callOf(n, message["now"] as string), message["arguments"] as Fields);
      say({ is: "End", n, value: value ?? null });
    } catch (fault) {
      say({ is: "End", n, fault: described(fault) });
    }
  };

  const cancel = (n: number): void => {
    for (const [request, it] of waiting) {
      if (it.call === n) {
        waiting.delete(request);
        say({ is: "HttpCancel", request });
        it.failed(new HookFault("OutcomeUnknown", "the call was cancelled"));
      }
    }
  };

  const handle = ({ fields, body }: Frame): void => {
    const request = fields["request"] as number;
    switch (fields["is"]) {
      case "Hello":
        start(fields);
        break;
      case "Call":
        void run(fields);
        break;
      case "Cancel":
        cancel(fields["n"] as number);
        break;
      case "HttpAnswered": {
        const headers = fields["headers"] as HttpAnswer["headers"];
        waiting.get(request)?.answered({ status: fields["status"] as number, headers, body });
        waiting.delete(request);
        break;
      }
      case "HttpFailed": {
        const kind = fields["kind"] === "not_sent" ? "NotSent" : "OutcomeUnknown";
        waiting.get(request)?.failed(new HookFault(kind, String(fields["text"])));
        waiting.delete(request);
        break;
      }
      case "Ping":
        say({ is: "Pong" });
        break;
      case "Stop":
        process.exit(0);
    }
  };

  socket.on("data", (data: Buffer) => {
    for (const frame of frames.feed(data)) {
      handle(frame);
    }
  });
  socket.on("close", () => process.exit(0));
  socket.on("error", () => process.exit(1));
}

function described(fault: unknown): Fields {
  if (!(fault instanceof HookFault)) {
    return { kind: "Crash", text: nameOf(fault) };
  }
  return { kind: fault.kind, text: fault.message, reason: fault.reason, retry_after_s: fault.retryAfterS };
}

function nameOf(fault: unknown): string {
  return fault instanceof Error ? fault.constructor.name : "Error";
}
