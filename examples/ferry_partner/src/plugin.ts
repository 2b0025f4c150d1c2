/** The hooks of the ferry company, in the order in which one exchange meets them. */

import { Answer } from "./answer.js";
import type { Fields } from "./frames.js";
import { type Call, HookFault, type Plugin, SettingMissing, type Settings } from "./line.js";

const POINTS = "points";
const SECOND = 1_000_000; // spans are whole microseconds
const DECLINES: { readonly [word: string]: string } = {
  unknown: "coupon_unknown",
  used: "coupon_used",
  refused: "refused",
};
const RATES = {
  rates: [
    {
      wallet: POINTS,
      destinations: ["municipality", "reserve"],
      cost_per_unit: 100,
      points_per_unit: 100,
      source: "見本の値 / a sample value",
      sample: true,
    },
  ],
  notes: [{ ja: "見本の交換レートです。", en: "These rates are samples." }],
  good_for: 3600 * SECOND,
};

export function makePlugin(settings: Settings): Plugin {
  const apiKey = settings.secret("api_key");
  const baseUrl = settings.text("base_url").replace(/\/+$/, "");
  let host: string;
  try {
    host = new URL(baseUrl).host;
  } catch {
    throw new SettingMissing('has a base_url that is no URL; write base_url = "https://points.ferry.example"');
  }

  /** Send once. An answer means something only with status 200 (409: the id was used) and the ids that were asked for. */
  async function ask(
    call: Call,
    method: string,
    path: string,
    json?: Fields,
    about: { [name: string]: string } = {},
  ): Promise<Answer> {
    const headers = { authorization: `Bearer ${apiKey}`, accept: "application/json" };
    const answer = await call.request(method, baseUrl + path, headers, json);
    if (answer.status === 503 && method === "GET") {
      const seconds = /^\d{1,6}$/.exec(answer.headers["retry-after"] ?? "");
      throw new HookFault("PartnerUnavailable", "ferry asks for patience", "", seconds ? Number(seconds[0]) : null);
    }
    const read = Answer.read(answer, path.split("/").slice(0, 3).join("/"), [200, 409], about);
    if ((read.status === 409) !== (read.text("result") === "id_reused")) {
      throw read.unclear("its status and its result do not fit");
    }
    return read;
  }

  function debitOf(exchangeId: string, answer: Answer): Fields {
    switch (answer.text("result")) {
      case "debited":
        return {
          is: "Debited",
          exchange_id: exchangeId,
          reference: answer.text("reference"),
          at: answer.moment("at"),
          lines: [{ wallet: POINTS, amount: answer.whole("points") }],
        };
      case "id_reused":
        return { is: "IdReused", exchange_id: exchangeId };
      case "in_progress":
        return { is: "InProgress", exchange_id: exchangeId };
      case "declined": {
        const word = answer.text("reason");
        if (Object.hasOwn(DECLINES, word)) {
          return { is: "Declined", exchange_id: exchangeId, reason: DECLINES[word] };
        }
      }
    }
    throw answer.unclear("a word that is not documented");
  }

  return {
    profile: {
      id: "ferry",
      name: { ja: "見本フェリー", en: "Sample Ferry" },
      kind: "other",
      link: "coupon",
      points_name: { ja: "フェリーポイント", en: "Ferry points" },
      wallets: [{ id: POINTS, name: { ja: "フェリーポイント", en: "Ferry points" } }],
      hosts: [host],
      arrives_within: 24 * 3600 * SECOND,
      debits_may_hide_for: 600 * SECOND,
      proves: ["amount"],
      terms: { ja: "交換後の取消はできません。", en: "An exchange cannot be taken back." },
    },
    hooks: {
      async check_connection(call) {
        const answer = await ask(call, "GET", "/v1/hello");
        if (answer.text("result") !== "ok") {
          throw answer.unclear("not that all is well");
        }
      },

      async rate_table() {
        return RATES;
      },

      async coupon_value(call, { coupon }) {
        const code = (coupon as { code: string }).code;
        const answer = await ask(call, "POST", "/v1/coupons/value", { code });
        if (answer.text("result") === "refused" && ["unknown", "used", "expired"].includes(answer.text("reason"))) {
          throw new HookFault("CouponRefused", "the ferry company does not take this coupon", answer.text("reason"));
        }
        if (answer.text("result") !== "valid") {
          throw answer.unclear("not what the coupon is worth");
        }
        return { wallet: POINTS, amount: answer.whole("points") };
      },

      async debit(call, { order }) {
        const { exchange_id, lines, coupon } = order as {
          exchange_id: string;
          lines: { wallet: string; amount: number }[];
          coupon: { code: string } | null;
        };
        const line = lines[0];
        if (coupon === null || lines.length !== 1 || line === undefined || line.wallet !== POINTS) {
          throw new HookFault("NotSent", "ferry takes a coupon; nothing was sent");
        }
        const sent = { exchange_id, code: coupon.code, points: line.amount };
        return debitOf(exchange_id, await ask(call, "POST", "/v1/debits", sent, { exchange_id }));
      },

      async find_debit(call, { exchange_id }) {
        const id = exchange_id as string;
        const answer = await ask(call, "GET", `/v1/debits/${encodeURIComponent(id)}`, undefined, { exchange_id: id });
        if (answer.text("result") === "not_found") {
          return { is: "NoRecord", exchange_id: id };
        }
        return debitOf(id, answer);
      },
    },
  };
}
