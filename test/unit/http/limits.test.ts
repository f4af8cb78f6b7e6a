// Who may ask the HTTP server, how much, and what becomes of those who leave, are slow or ask too much.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, suite, test } from "node:test";

import type { Generation, Model } from "../../../server/engine/engine.ts";
import type { ApiOptions } from "../../../server/http/apiServer.ts";
import { ServerMetrics } from "../../../server/metrics/registry.ts";
import { UserError } from "../../../server/userError.ts";
import { apiToken, readyStatus, sendRaw, startTestApi, type TestApi } from "../../support/apiServer.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const apis: TestApi[] = [];
after(() => Promise.all(apis.map((api) => api.stop())));

async function start(model: Model = scriptedModel(), options: Partial<ApiOptions> = {}) {
  const api = await startTestApi(model, options);
  apis.push(api);
  return api;
}

async function refusal(response: Response) {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  return { status: response.status, code: error.code };
}

/** Writes a piece, and goes on until it is stopped. */
function endless(piece = "") {
  const begun = Promise.withResolvers<undefined>();
  const stopped = Promise.withResolvers<Generation["stopReason"]>();
  const model = scriptedModel({}, (onText, signal) => {
    if (piece !== "") onText(piece);
    begun.resolve(undefined);
    signal.addEventListener("abort", () => stopped.resolve("aborted"));
    if (signal.aborted) stopped.resolve("aborted");
    return stopped.promise;
  });
  return { model, begun: begun.promise, stopped: stopped.promise };
}

suite("who may ask", () => {
  test("only who brings the token", async () => {
    const api = await start();
    const ask = (headers: Record<string, string>) => fetch(`${api.address}/v1/models`, { headers });
    assert.deepEqual(await refusal(await ask({})), { status: 401, code: "invalid_api_key" });
    for (const wrong of ["Bearer", "Bearer x", `Bearer ${apiToken}x`, `Basic ${apiToken}`, apiToken]) {
      assert.equal((await ask({ authorization: wrong })).status, 401, wrong);
    }
    assert.equal((await ask({ authorization: `Bearer ${apiToken}` })).status, 200);
    assert.equal((await ask({ "x-api-key": apiToken })).status, 200);
    assert.equal((await fetch(`${api.address}/health`)).status, 200);
  });

  test("no page of another origin, and none of a name that leads here", async () => {
    const api = await start();
    const { host } = new URL(api.address);
    const ask = (headers: string) =>
      sendRaw(
        api.address,
        `GET /v1/models HTTP/1.1\r\nAuthorization: Bearer ${apiToken}\r\nConnection: close\r\n${headers}\r\n\r\n`,
      );
    assert.match(await ask(`Host: ${host}`), /^HTTP\/1\.1 200/);
    assert.match(await ask(`Host: ${host}\r\nOrigin: http://${host}`), /^HTTP\/1\.1 200/);
    assert.match(await ask(`Host: localhost:${host.split(":")[1] ?? ""}`), /^HTTP\/1\.1 200/);
    for (const wrong of [
      "Host: evil.example",
      "Host: localhost.evil.example",
      "Host: user@localhost",
      `Host: ${host}\r\nOrigin: http://evil.example`,
      `Host: ${host}\r\nOrigin: null`,
      `Host: ${host}\r\nOrigin: https://${host}`,
    ]) {
      assert.match(await ask(wrong), /^HTTP\/1\.1 403/, wrong);
    }
    const preflight = await sendRaw(
      api.address,
      `OPTIONS /v1/models HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n`,
    );
    assert.match(preflight, /^HTTP\/1\.1 403/);
    assert.doesNotMatch(preflight, /access-control/i);
  });

  test("a path that is none, and one that is asked otherwise", async () => {
    const api = await start();
    const headers = { authorization: `Bearer ${apiToken}` };
    assert.deepEqual(await refusal(await fetch(`${api.address}/v2`, { headers })), {
      status: 404,
      code: "unknown_url",
    });
    const otherwise = await fetch(`${api.address}/v1/completions`, { headers });
    assert.equal(otherwise.status, 405);
    assert.equal(otherwise.headers.get("allow"), "POST");
  });
});

suite("bodies", () => {
  test("one that is too long is refused before it is read, told of or not", async () => {
    const api = await start(scriptedModel(), { limits: { body: 1000 } });
    const { host } = new URL(api.address);
    const head = `POST /v1/completions HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${apiToken}\r\n`;
    assert.match(await sendRaw(api.address, `${head}Content-Length: 1000000000\r\n\r\n{`), /^HTTP\/1\.1 413/);
    const chunk = `200\r\n${"x".repeat(512)}\r\n`;
    assert.match(
      await sendRaw(api.address, `${head}Transfer-Encoding: chunked\r\n\r\n`, ...new Array<string>(10).fill(chunk)),
      /^HTTP\/1\.1 413/,
    );
    const fits = { prompt: "x".repeat(900) };
    assert.equal((await api.post("/v1/completions", fits)).status, 200);
  });

  test("one that is no JSON, or not what is asked for", async () => {
    const api = await start();
    const bad = async (body: string) => refusal(await api.post("/v1/completions", undefined, { body }));
    for (const body of ["", "{", '{"prompt":"x"', "\u0000"]) {
      assert.deepEqual(await bad(body), { status: 400, code: "invalid_json" }, body);
    }
    for (const body of ["null", "[]", "{}", '{"prompt":1}', '{"prompt":"x","max_tokens":1.5}']) {
      assert.deepEqual(await bad(body), { status: 400, code: "invalid_value" }, body);
    }
  });

  test("one that is nested deeply", async () => {
    const model = scriptedModel();
    const api = await start(model);
    const nested = (levels: number) => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);
    const ask = async (levels: number) => {
      const tool = `{"type":"function","function":{"name":"f","parameters":${nested(levels)}}}`;
      const body = `{"messages":[{"role":"user","content":"Hi"}],"tools":[${tool}]}`;
      return api.post("/v1/chat/completions", undefined, { body });
    };
    assert.equal((await ask(90)).status, 200);
    assert.deepEqual(await refusal(await ask(100_000)), { status: 400, code: "invalid_json" });
    const call = { function: { name: "f", arguments: nested(100_000) } };
    const messages = [
      { role: "assistant", tool_calls: [call] },
      { role: "tool", content: "x" },
    ];
    const called = await api.post("/v1/chat/completions", { messages });
    assert.deepEqual(await refusal(called), { status: 400, code: "invalid_value" });
    assert.deepEqual(api.logs, []);
  });
});

suite("the queue", () => {
  test("more than may wait are refused, and there is room again when one is done", async () => {
    const { model, begun, stopped } = endless();
    const api = await start(model, { limits: { queue: 1 } });
    const leaving = new AbortController();
    const first = api.post("/completion", { prompt: "x" }, { signal: leaving.signal });
    await begun;
    const second = await api.post("/completion", { prompt: "x" });
    assert.equal(second.headers.get("retry-after"), "1");
    assert.deepEqual(await refusal(second), { status: 429, code: "queue_full" });
    // What asks for no generation is answered.
    assert.equal((await fetch(`${api.address}/health`)).status, 200);
    leaving.abort();
    await assert.rejects(first);
    await stopped;
    for (;;) {
      const response = await api.post("/completion", { prompt: "x" }, { signal: AbortSignal.timeout(60_000) });
      if (response.status !== 429) {
        assert.equal(response.status, 200);
        break;
      }
    }
  });

  test("who leaves stops what is written for him, whole or streaming", async () => {
    for (const stream of [true, false]) {
      const { model, begun, stopped } = endless("a");
      const api = await start(model);
      const leaving = new AbortController();
      const asked = api.post(
        "/v1/chat/completions",
        { stream, messages: [{ role: "user", content: "Hi" }] },
        { signal: leaving.signal },
      );
      await begun;
      leaving.abort();
      await asked.then((response) => response.text()).catch(() => undefined);
      assert.equal(await stopped, "aborted");
    }
  });

  test("who leaves counts as no error", async () => {
    const { model, begun, stopped } = endless();
    const metrics = new ServerMetrics();
    const api = await start(model, { limits: { queue: 1 }, metrics });
    const leaving = new AbortController();
    const asked = api.post("/v1/completions", { prompt: "x" }, { signal: leaving.signal });
    await begun;
    leaving.abort();
    await assert.rejects(asked);
    await stopped;
    // What is asked next has the place in the queue of what is at its end.
    while ((await api.post("/v1/completions", { prompt: "x" })).status === 429);
    const errors = (await metrics.text(readyStatus(model))).match(/^falcon_api_errors_total\{.*$/gm) ?? [];
    assert.deepEqual(
      errors.filter((line) => !line.includes('"queue_full"')),
      [],
    );
  });

  test("when the time is over, there is what was written by then; what did not begin is refused", async () => {
    const written = await start(endless("a").model, { limits: { time: 50 } });
    const { choices } = (await (await written.post("/v1/completions", { prompt: "x" })).json()) as {
      choices: { text: string; finish_reason: string }[];
    };
    assert.partialDeepStrictEqual(choices[0], { text: "a", finish_reason: "length" });
    const nothing = await start(endless().model, { limits: { time: 50 } });
    assert.deepEqual(await refusal(await nothing.post("/v1/completions", { prompt: "x" })), {
      status: 503,
      code: "busy",
    });
    const loading = await start(scriptedModel(), {
      limits: { time: 50 },
      models: { status: readyStatus(scriptedModel()), ready: () => new Promise<never>(() => undefined) },
    });
    assert.deepEqual(await refusal(await loading.post("/infill", {})), { status: 503, code: "busy" });
  });
});

test("what is no HTTP behind a request that streams is not answered in the midst of its answer", async () => {
  const { model, begun } = endless("a");
  const api = await start(model);
  const { host } = new URL(api.address);
  const body = JSON.stringify({ prompt: "x", stream: true });
  const request =
    `POST /completion HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${apiToken}\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`;
  const socket = net.connect(Number(new URL(api.address).port), "127.0.0.1");
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString();
    // The first piece is there.
    if (received.includes('"content":"a"')) socket.write("no HTTP\r\n\r\n");
  });
  socket.on("error", () => undefined);
  socket.write(request);
  await begun;
  await once(socket, "close");
  assert.match(received, /^HTTP\/1\.1 200/);
  assert.doesNotMatch(received, /400 Bad Request/);
});

suite("a model that is not there", () => {
  test("while it loads, health says so", async () => {
    const status = { state: "loading", model: "falcon.gguf", progress: 0.5 } as const;
    const api = await start(scriptedModel(), { models: { status, ready: () => new Promise<never>(() => undefined) } });
    assert.deepEqual(await refusal(await fetch(`${api.address}/health`)), { status: 503, code: "model_not_ready" });
  });

  test("one that failed is named with its reason", async () => {
    const failed = new UserError("The file x.gguf is damaged.", { action: "selectModel" });
    const status = { state: "failed", model: "x.gguf", problem: failed.toProblem() } as const;
    const api = await start(scriptedModel(), { models: { status, ready: () => Promise.reject(failed) } });
    for (const [path, body] of [
      ["/v1/completions", { prompt: "x" }],
      ["/v1/chat/completions", { messages: [{ role: "user", content: "Hi" }] }],
      ["/generate", { inputs: "x" }],
      ["/infill", {}],
    ] as const) {
      const response = await api.post(path, body);
      assert.equal(response.status, 503, path);
      assert.match(await response.text(), /x\.gguf is damaged/, path);
    }
  });

  test("a process that ends in the middle of a text is told, and a bug is logged", async () => {
    const dying = await start(scriptedModel({}, () => "interrupted"));
    assert.deepEqual(await refusal(await dying.post("/completion", { prompt: "x" })), {
      ...{ status: 503, code: "model_interrupted" },
    });
    const broken = await start(
      scriptedModel({}, (onText) => {
        onText("a");
        throw new Error("of the model's text: secret");
      }),
    );
    const text = await (await broken.post("/v1/completions", { prompt: "x", stream: true })).text();
    assert.match(text, /"text":"a"[^]*"code":"internal_error"/);
    assert.doesNotMatch(text, /secret|DONE/);
    assert.match(broken.logs.join("\n"), /secret/);
  });
});
