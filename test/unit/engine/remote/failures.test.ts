// Servers that refuse, break off, stall or answer otherwise: one clear message each, and what came of a text is kept.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, test } from "node:test";

import type { Model } from "../../../../server/engine/engine.ts";
import type { RemoteHost } from "../../../../server/engine/remote/remoteHost.ts";
import { UserError } from "../../../../server/userError.ts";
import type { ProblemAction } from "../../../../src/shared/status.ts";
import {
  type Answer,
  connect,
  events,
  fail,
  playServer,
  type PlayedServer,
  stream,
} from "../../../support/remoteServer.ts";

const props = {
  model_path: "/models/falcon-7b.gguf",
  total_slots: 4,
  eos_token: "<|endoftext|>",
  default_generation_settings: { n_ctx: 2048 },
};
const good = { "/props": props, "/tokenize": { tokens: [1, 2, 3] } };

let server: PlayedServer;
let hosts: RemoteHost[] = [];
before(async () => {
  server = await playServer({});
});
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.dispose()));
  hosts = [];
});
after(() => server.dispose());

async function modelOf(completion: Answer, patience: Parameters<typeof connect>[1] = {}): Promise<Model> {
  Object.assign(server.answers, good, { "/completion": completion });
  server.asked.length = 0;
  const { model, host } = await connect({ address: server.address, kind: "llama-server" }, patience);
  hosts.push(host);
  return model;
}

const request = { priority: "chat", prompt: ["x"], maxTokens: 100, temperature: 0, stop: [] } as const;

/** What a request says that fails, and what came of its text before. */
async function failed(model: Model): Promise<{ message: string; action: ProblemAction | undefined; text: string }> {
  let text = "";
  const generated = model.generate(request, (piece) => (text += piece), new AbortController().signal);
  const error = await generated.then(
    () => assert.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UserError, String(error));
  return { message: error.message, action: error.action, text };
}

const piece = (content: string) => events({ content, stop: false });

/** What fails before anything came: the answer, the words that its message has, and the button. */
const refusals: readonly [string, Answer, RegExp, ProblemAction | undefined][] = [
  [
    "401",
    fail(401, { error: { code: 401, message: "Invalid API Key" } }),
    /wants a key.*Invalid API Key/,
    "setServerKey",
  ],
  ["403", fail(403, { error: "Forbidden" }), /does not let this key in.*Forbidden/, "setServerKey"],
  [
    "404",
    fail(404, { error: { message: "File Not Found" } }),
    /does not know \/completion.*kind, which is llama-server/,
    "serversSetting",
  ],
  [
    "400 with the server's words",
    fail(400, { error: { message: "n_predict is bad" } }),
    /refused.*n_predict is bad/,
    undefined,
  ],
  [
    "422 of TGI",
    fail(422, { error: "`inputs` must be shorter", error_type: "validation" }),
    /refused.*must be shorter/,
    undefined,
  ],
  [
    "429 with a time that is too long",
    fail(429, "slow down", { "retry-after": "3600" }),
    /too many requests.*slow down.*3600 seconds/,
    "retry",
  ],
  ["429 without one, each time", fail(429, ""), /too many requests \(HTTP 429\)/, "retry"],
  ["500", fail(500, "Internal Server Error"), /failed \(HTTP 500: Internal Server Error\)/, undefined],
  ["503, each time", fail(503, { error: { message: "Loading model" } }), /is not ready.*Loading model/, "retry"],
  ["a redirect", fail(302, "", { location: "https://example.com/" }), /sends on to another address/, "serversSetting"],
  ["a web page", stream(["<!DOCTYPE html>\n<html><body>Sign in</body></html>"]), /web page/, "serversSetting"],
  ["a web page with a status", fail(404, "<html><h1>nginx</h1></html>"), /HTTP 404: a web page/, "serversSetting"],
  ["JSON in place of events", stream([JSON.stringify({ hello: "you" })]), /in a way that.*hello/, "serversSetting"],
  ["garbage", stream([Buffer.from([0xff, 0xfe, 0, 1, 2, 3, 10, 200])]), /in a way that/, "serversSetting"],
  ["nothing", stream([]), /in a way that.*nothing/, "serversSetting"],
];

for (const [name, answer, words, action] of refusals) {
  test(`${name} has one clear message`, async () => {
    const { message, action: button, text } = await failed(await modelOf(answer));
    assert.match(message, words);
    assert.match(message, /box/);
    assert.equal(button, action);
    assert.equal(text, "");
  });
}

/** What fails in the middle: what comes after a first piece. */
const breaks: readonly [string, Answer, RegExp][] = [
  ["ends", stream([piece("so far")]), /cut off/],
  ["ends in the middle of an event", stream([piece("so far"), 'data: {"content": "x']), /cut off/],
  [
    "ends in the middle of a character",
    stream([piece("so far"), Buffer.from('data: {"content":"é"}\n\n').subarray(0, 19)]),
    /cut off/,
  ],
  [
    "loses its connection",
    async (response) => {
      await stream([piece("so far")], { end: false })(response);
      response.destroy();
    },
    /cut off/,
  ],
  ["stalls", stream([piece("so far")], { end: false }), /Nothing came.*for 0.2 seconds/],
  ["sends an event that is no JSON", stream([piece("so far"), "data: {garbage\n\n"]), /in a way that.*garbage/],
  ["sends an event of another format", stream([piece("so far"), events({ hello: "you" })]), /hello/],
  [
    "tells an error",
    stream([piece("so far"), events({ error: { message: "out of slots" } })]),
    /ended its answer with an error: out of slots/,
  ],
];

for (const [name, answer, words] of breaks) {
  test(`a stream that ${name} has one clear message, and the text so far is kept`, async () => {
    const { message, text } = await failed(
      await modelOf(answer, name === "stalls" ? { patience: { piece: 200 } } : {}),
    );
    assert.match(message, words);
    assert.equal(text, "so far");
  });
}

test("what breaks off in the middle is not asked for again; what has not begun is", async () => {
  await failed(await modelOf(stream([piece("so far")])));
  assert.equal(server.asked.filter(({ path }) => path === "/completion").length, 1);

  let tries = 0;
  const model = await modelOf((response) => {
    if (++tries < 3) fail(503, "")(response);
    else return stream([piece("well"), events({ content: "", stop: true, stop_type: "eos" })])(response);
  });
  const { text, stopReason } = await model.generate(request, () => undefined, new AbortController().signal);
  assert.deepEqual([text, stopReason, tries], ["well", "end", 3]);
});

test("characters and events come in pieces of any size", async () => {
  const bytes = Buffer.from(`${piece("é🦅")}${events({ content: "!", stop: true, stop_type: "limit" })}`);
  const model = await modelOf(stream([...bytes].map((byte) => Uint8Array.of(byte))));
  const { text, stopReason } = await model.generate(request, () => undefined, new AbortController().signal);
  assert.deepEqual([text, stopReason], ["é🦅!", "limit"]);
});

test("who stops an answer has what there was, and the server sees its connection closed", async () => {
  const closed = Promise.withResolvers<void>();
  const model = await modelOf(async (response) => {
    response.on("close", () => closed.resolve());
    await stream([piece("so far")], { end: false })(response);
  });
  const stop = new AbortController();
  const { text, stopReason } = await model.generate(request, () => stop.abort(), stop.signal);
  assert.deepEqual([text, stopReason], ["so far", "aborted"]);
  await closed.promise;
});

test("a time limit ends a text with what there was", async () => {
  const model = await modelOf(stream([piece("so far")], { end: false }));
  const limited = { ...request, timeLimit: 300 };
  const { text, stopReason } = await model.generate(limited, () => undefined, new AbortController().signal);
  assert.equal(stopReason, "limit");
  // A busy machine may take longer than that for the first piece.
  assert.ok("so far".startsWith(text), text);
});

test("what is chosen after it ends the requests of a server", async () => {
  const begun = Promise.withResolvers<void>();
  const model = await modelOf(stream([piece("so far")], { end: false }));
  const generated = model.generate(request, () => begun.resolve(), new AbortController().signal);
  await begun.promise;
  const rejected = assert.rejects(generated, { name: "EngineError", failure: "died" });
  await hosts[0]?.dispose();
  await rejected;
});

test("what breaks off before anything came does not say that anything is kept", async () => {
  const { message } = await failed(
    await modelOf((response) => response.writeHead(200).flushHeaders(), { patience: { piece: 200 } }),
  );
  assert.match(message, /Nothing came.*for 0.2 seconds\. Ask again/);
});

/** A body that does not come to its end, of an answer that says how the model is. */
const halfBodies: readonly [string, Answer, RegExp, ProblemAction | undefined][] = [
  [
    "is cut off",
    (response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("{", () => response.destroy());
    },
    /answer of the server box was cut off\. Ask again/,
    "retry",
  ],
  [
    "stalls",
    (response) => response.writeHead(200, { "content-length": "1000" }).write("{"),
    /Nothing came from the server box for 0.2 seconds\. Ask again/,
    "retry",
  ],
  [
    "is cut off with a failure",
    (response) => {
      response.writeHead(500, { "content-length": "1000" });
      response.write("{", () => response.destroy());
    },
    /server box failed \(HTTP 500\)/,
    undefined,
  ],
];

for (const [name, answer, words, action] of halfBodies) {
  test(`a body that ${name} has one clear message`, async () => {
    Object.assign(server.answers, { "/props": answer });
    const options = { patience: { piece: 200 } };
    await assert.rejects(connect({ address: server.address, kind: "llama-server" }, options), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, words);
      return error.action === action;
    });
  });
}

/** Servers that are not reached at all. */
const unreached: readonly [string, string, RegExp, ProblemAction][] = [
  ["an address that refuses", "http://127.0.0.1:1", /refuses connections/, "retry"],
  ["a name that nobody has", "http://falcon.invalid", /name falcon.invalid .*not found/, "serversSetting"],
  ["what is no address", "gpubox", /address gpubox of the server box is none/, "serversSetting"],
  [
    "an address with a password",
    "http://me:secret@gpubox",
    /http:\/\/gpubox.*may not hold a user name/,
    "serversSetting",
  ],
  ["https where http is spoken", "https", /does not speak https/, "serversSetting"],
];

for (const [name, address, words, action] of unreached) {
  test(`${name} has one clear message`, async () => {
    const wanted = address === "https" ? server.address.replace("http:", "https:") : address;
    await assert.rejects(connect({ address: wanted, kind: "llama-server" }), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, words);
      assert.doesNotMatch(error.message, /secret/);
      assert.equal(error.action, action);
      return true;
    });
  });
}

test("a server that is of no use any more is told; what one request did wrong is not", async () => {
  const told: string[] = [];
  const onFailed = ({ message }: UserError) => void told.push(message);
  await failed(await modelOf(fail(400, ""), { onFailed }));
  await failed(await modelOf(stream([piece("so far")]), { onFailed }));
  assert.deepEqual(told, []);
  await failed(await modelOf(fail(401, ""), { onFailed }));
  assert.equal(told.length, 1);
});

test("a certificate that nobody trusts has one clear message", async () => {
  const tls = (name: string) => fs.readFileSync(new URL(`../../../fixtures/tls/${name}`, import.meta.url));
  const secure = https.createServer({ key: tls("key.pem"), cert: tls("certificate.pem") }, (request, response) => {
    response.end(JSON.stringify(request.url === "/props" ? props : { tokens: [1] }));
  });
  secure.listen(0, "127.0.0.1");
  await once(secure, "listening");
  const address = `https://localhost:${(secure.address() as AddressInfo).port}`;
  try {
    await assert.rejects(connect({ address, kind: "llama-server" }), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, /certificate of the server box is not trusted/);
      return error.action === "proxySettings";
    });
  } finally {
    secure.closeAllConnections();
    secure.close();
  }
});

test("a key goes to the server with each request, and a server that wants none gets none", async () => {
  await modelOf({}, { key: "sesame" });
  assert.ok(server.asked.every(({ headers }) => headers.authorization === "Bearer sesame"));
  await modelOf({});
  assert.ok(server.asked.every(({ headers }) => headers.authorization === undefined));
});
