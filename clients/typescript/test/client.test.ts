// The client beside a gateway that really runs: GATEWAY_URL and the other variables of the README name it.
import assert from "node:assert/strict";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { env } from "node:process";
import { describe, it } from "node:test";
import {
  answer,
  type Calls,
  ConnectionLost,
  ConflictProblem,
  Gateway,
  GatewayError,
  NotFoundProblem,
  problems,
  UnauthorizedProblem,
  UnexpectedAnswer,
  Unreachable,
  WrongKey,
} from "../src/index.js";

function variable(name: string): string {
  const value = env[name];
  assert.ok(value, `${name} is not set: these tests need a running gateway, see the README`);
  return value;
}

const options = {
  baseUrl: variable("GATEWAY_URL"),
  keyId: variable("GATEWAY_KEY_ID"),
  privateKey: readFileSync(variable("GATEWAY_KEY_FILE")),
};
const gateway = new Gateway(options);

async function signIn(): Promise<Calls> {
  const body = { mykey_id: variable("MYKEY_ID"), password: variable("PASSWORD") };
  const session = await answer(gateway.calls.POST("/v1/sessions", { body }));
  return gateway.signedIn(session.token);
}

function start(member: Calls, exchangeId: string = randomUUID(), partnerId = "saison") {
  const body = { exchange_id: exchangeId, partner_id: partnerId, return_url: variable("RETURN_URL") };
  return answer(member.POST("/v1/exchanges", { body }));
}

function stranger(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

describe("an exchange", () => {
  it("begins with the partners' list", async () => {
    const member = await signIn();
    const { partners } = await answer(member.GET("/v1/partners"));
    assert.deepEqual(partners.map((partner) => partner.partner_id).sort(), ["airline_miles", "saison"]);
    const exchange = await start(member);
    assert.equal(exchange.state, "awaiting_return");
    assert.match(exchange.redirect_url ?? "", /^http/);
  });

  it("is one exchange when it is started twice under one id", async () => {
    const member = await signIn();
    const id = randomUUID();
    assert.deepEqual(await start(member, id), await start(member, id));
  });

  it("is read with parameters of path and query", async () => {
    const member = await signIn();
    const exchange = await start(member);
    const path = { exchange_id: exchange.exchange_id };
    const shown = await answer(member.GET("/v1/exchanges/{exchange_id}", { params: { path } }));
    assert.deepEqual(shown, exchange);
    const listed = await answer(member.GET("/v1/exchanges", { params: { query: { limit: 1 } } }));
    assert.equal(listed.exchanges[0]?.exchange_id, exchange.exchange_id);
  });

  it("ends with a sign-out, whose answer is empty", async () => {
    const member = await signIn();
    assert.equal(await answer(member.DELETE("/v1/sessions/current")), undefined);
    await assert.rejects(answer(member.GET("/v1/partners")), problems.SessionEnded);
  });
});

describe("a refusal", () => {
  it("names a key that is not known", async () => {
    const other = new Gateway({ ...options, keyId: "pgk_of-somebody-else" });
    await assert.rejects(answer(other.calls.GET("/v1/prefectures")), problems.SignatureKeyUnknown);
  });

  it("names a key that does not fit its id", async () => {
    const other = new Gateway({ ...options, privateKey: stranger() });
    await assert.rejects(answer(other.calls.GET("/v1/prefectures")), (fault) => {
      assert.ok(fault instanceof problems.SignatureInvalid);
      assert.ok(fault instanceof UnauthorizedProblem);
      return true;
    });
  });

  it("names a key that cannot sign before anything is sent", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    for (const privateKey of ["no key", rsa.export({ type: "pkcs8", format: "pem" }).toString()]) {
      assert.throws(() => new Gateway({ ...options, privateKey }), WrongKey);
    }
  });

  it("is a class with what to do, in the language that was asked for", async () => {
    const japanese = await signIn();
    await assert.rejects(start(japanese, randomUUID(), "nobody"), (fault) => {
      assert.ok(fault instanceof problems.UnknownPartner);
      assert.ok(fault instanceof NotFoundProblem);
      assert.deepEqual([fault.word, fault.status, fault.title], ["unknown-partner", 404, "その協力会社はありません"]);
      assert.match(fault.remedy, /協力会社の一覧から選んでください/);
      assert.match(fault.requestId, /^[0-9a-f-]{36}$/);
      assert.equal(fault.outcomeUnknown, false);
      return true;
    });
    const english = new Gateway({ ...options, language: "en" });
    const body = { mykey_id: "ABCD2345", password: "not this one" };
    await assert.rejects(answer(english.calls.POST("/v1/sessions", { body })), /Not signed in/);
  });

  it("names the place of wrong input", async () => {
    const member = await signIn();
    await assert.rejects(start(member, "7"), (fault) => {
      assert.ok(fault instanceof problems.BodyInvalid);
      assert.equal(fault.errors[0]?.place, "#/exchange_id");
      return true;
    });
  });

  it("says that the clock is wrong", async () => {
    const late = new Gateway({ ...options, now: () => 0 });
    await assert.rejects(answer(late.calls.GET("/v1/prefectures")), problems.SignatureStale);
  });

  it("keeps an id from leading to another path", async () => {
    const member = await signIn();
    for (const id of ["", ".", ".."]) {
      const path = { exchange_id: id };
      await assert.rejects(answer(member.GET("/v1/exchanges/{exchange_id}", { params: { path } })), TypeError);
    }
    const path = { exchange_id: "a/b?c" };
    await assert.rejects(
      answer(member.GET("/v1/exchanges/{exchange_id}", { params: { path } })),
      problems.PathMalformed,
    );
  });
});

describe("what is no gateway", () => {
  async function withServer(
    respond: (nonces: string[], server: Server) => [number, string] | undefined,
    use: (other: Gateway, nonces: string[]) => Promise<void>,
  ): Promise<void> {
    const nonces: string[] = [];
    const server = createServer((request, response) => {
      nonces.push(/nonce="([^"]+)"/.exec(String(request.headers["signature-input"]))?.[1] ?? "");
      const told = respond(nonces, server);
      if (told === undefined) request.socket.destroy();
      else response.writeHead(told[0]).end(told[1]);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    const other = new Gateway({ ...options, baseUrl: `http://127.0.0.1:${port}` });
    try {
      await use(other, nonces);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it("is an error of its own", async () => {
    const answers: [number, string][] = [
      [200, "<html>"], [200, ""], [200, "<"], [302, "{}"], [304, ""], [502, "<html>"],
      [404, "[]"], [404, "null"], [404, "7"], [404, '"x"'], [404, ""], [404, '{"type":7}'],
    ];
    for (const told of answers) {
      await withServer(
        () => told,
        async (other) => {
          await assert.rejects(answer(other.calls.GET("/v1/prefectures")), UnexpectedAnswer);
        },
      );
    }
  });

  it("may answer with errors that are none", async () => {
    const body = JSON.stringify({ type: "/docs/problems/body-invalid", errors: [null, 7, "x", { detail: "d" }] });
    await withServer(
      () => [422, body],
      async (other) => {
        await assert.rejects(answer(other.calls.GET("/v1/prefectures")), (fault) => {
          assert.ok(fault instanceof problems.BodyInvalid);
          assert.deepEqual(fault.errors, [{ place: "", detail: "d" }]);
          return true;
        });
      },
    );
  });

  it("may break off within its answer", async () => {
    for (const [status, length] of [[200, 100], [404, 100]] as [number, number][]) {
      const server = createServer((request, response) => {
        response.writeHead(status, { "Content-Length": length });
        response.write("{");
        setTimeout(() => request.socket.destroy(), 20);
      });
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
      const { port } = server.address() as AddressInfo;
      const other = new Gateway({ ...options, baseUrl: `http://127.0.0.1:${port}` });
      try {
        await assert.rejects(answer(other.calls.GET("/v1/prefectures")), ConnectionLost);
        const body = { mykey_id: "ABCD2345", password: "x" };
        await assert.rejects(answer(other.calls.POST("/v1/sessions", { body })), ConnectionLost);
      } finally {
        server.close();
      }
    }
  });

  it("does not end a session by a page of its own", async () => {
    await withServer(
      () => [200, "<html>"],
      async (other) => {
        await assert.rejects(answer(other.signedIn("t").DELETE("/v1/sessions/current")), UnexpectedAnswer);
      },
    );
  });

  it("may know words that this version does not", async () => {
    const body = JSON.stringify({ type: "/docs/problems/news-of-tomorrow", status: 409, title: "t", detail: "d" });
    await withServer(
      () => [409, body],
      async (other) => {
        await assert.rejects(answer(other.calls.GET("/v1/prefectures")), ConflictProblem);
      },
    );
  });

  it("gets a GET twice, signed anew, when the connection breaks, and a POST once", async () => {
    await withServer(
      () => undefined,
      async (other, nonces) => {
        await assert.rejects(answer(other.calls.GET("/v1/prefectures")), ConnectionLost);
        assert.equal(new Set(nonces).size, 2);
        const body = { mykey_id: "ABCD2345", password: "x" };
        await assert.rejects(answer(other.calls.POST("/v1/sessions", { body })), (fault) => {
          assert.ok(fault instanceof GatewayError);
          return fault.outcomeUnknown;
        });
        assert.equal(nonces.length, 3);
      },
    );
  });

  it("may not be there at all", async () => {
    const other = new Gateway({ ...options, baseUrl: "http://127.0.0.1:1" });
    await assert.rejects(answer(other.calls.GET("/v1/prefectures")), (fault) => {
      assert.ok(fault instanceof Unreachable);
      assert.ok(!(fault instanceof ConnectionLost));
      return true;
    });
  });

  it("has an address that is refused", () => {
    for (const baseUrl of ["points.example.jp", "ftp://x", "https://u:p@x", "https://x?a=b"]) {
      assert.throws(() => new Gateway({ ...options, baseUrl }), TypeError);
    }
  });
});
