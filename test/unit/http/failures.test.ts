// What clients are told of a model behind a server that fails, or that has not told yet what its model is called.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import type { ApiModels } from "../../../server/http/exchange.ts";
import { watchModel } from "../../../server/models/session/watchModel.ts";
import { UserError } from "../../../server/userError.ts";
import { readyStatus, startTestApi, type TestApi } from "../../support/apiServer.ts";
import { connect, events, fail, playServer, stream } from "../../support/remoteServer.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

async function start(...args: Parameters<typeof startTestApi>): Promise<TestApi> {
  const api = await startTestApi(...args);
  opened.unshift(api.stop);
  return api;
}

const chat = { messages: [{ role: "user", content: "Hi" }] };

test("a failure of the server that runs the model is no fault of the request", async () => {
  const server = await playServer({
    "/props": { model_path: "falcon-h1.gguf", default_generation_settings: { n_ctx: 4096 } },
    "/tokenize": { tokens: [] },
    "/completion": fail(500, { error: { message: "CUDA error: out of memory" } }),
  });
  opened.push(() => server.dispose());
  const { model, host } = await connect({ kind: "llama-server", address: server.address });
  opened.unshift(() => host.dispose());
  const nothing = () => undefined;
  const reload = () => Promise.resolve(model);
  const api = await start(
    watchModel(model, model.info, { onRunning: nothing, onUse: nothing, onRequest: nothing, reload }),
  );
  for (const [path, body] of [
    ["/v1/completions", { prompt: "x" }],
    ["/v1/chat/completions", chat],
    ["/v1/chat/completions", { ...chat, stream: true }],
  ] as const) {
    const response = await api.post(path, body);
    assert.equal(response.status, 502, api.logs.join("\n"));
    const { error } = (await response.json()) as { error: { type: string; code: string; message: string } };
    assert.deepEqual([error.type, error.code], ["server_error", "model_failed"]);
    assert.match(error.message, /CUDA error/);
  }
  server.answers["/completion"] = stream([events({ content: "a" }, { error: { message: "CUDA error" } })]);
  const text = await (await api.post("/v1/completions", { prompt: "x", stream: true })).text();
  assert.match(text, /"text":"a"[^]*"code":"model_failed"/);
});

test("a message that is too long for the model is the request's fault", async () => {
  const api = await start(scriptedModel());
  const response = await api.post("/v1/chat/completions", {
    messages: [{ role: "user", content: "✚".repeat(1000) }],
  });
  assert.equal(response.status, 400);
  assert.match(await response.text(), /"code":"context_length_exceeded"/);
});

/** A model of a server that is known as `box` until it answers. */
function elsewhere(state: "loading" | "failed", ready: ApiModels["ready"]): ApiModels {
  const problem = new UserError("box cannot be reached.", { action: "retry" }).toProblem();
  return {
    status: state === "loading" ? { state, model: "box", progress: 0 } : { state, model: "box", problem },
    ready,
  };
}

test("who names a model gets it while its server is asked what it is called", async () => {
  const model = scriptedModel({ path: "falcon-7b" }, (onText) => {
    onText("Hello");
    return "end";
  });
  const api = await start(model, { models: elsewhere("loading", () => Promise.resolve(model)) });
  for (const [path, body] of [
    ["/v1/completions", { prompt: "x" }],
    ["/v1/chat/completions", chat],
  ] as const) {
    const response = await api.post(path, { ...body, model: "falcon-7b" });
    assert.equal(response.status, 200, await response.text());
    assert.equal((await api.post(path, { ...body, model: "gpt-9" })).status, 404);
  }
});

test("who names a model while its server fails is told of the failure; one that is there answers", async () => {
  const local = scriptedModel({ path: "/models/local.gguf" });
  const failed = elsewhere("failed", () => Promise.reject(new UserError("box cannot be reached.")));
  const api = await start(local, {
    models: {
      status: { ...readyStatus(local), chat: failed.status },
      ready: (role) => (role === "chat" ? failed.ready(role) : Promise.resolve(local)),
    },
  });
  const response = await api.post("/v1/chat/completions", { ...chat, model: "falcon-7b" });
  assert.equal(response.status, 503);
  assert.match(await response.text(), /box cannot be reached/);
  assert.equal((await api.post("/v1/chat/completions", { ...chat, model: "local" })).status, 200);
});
