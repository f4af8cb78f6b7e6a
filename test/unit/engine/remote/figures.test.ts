// The figures that servers tell of an answer, which may be anything.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Protocol } from "../../../../server/engine/remote/protocol.ts";
import { llamaServer } from "../../../../server/engine/remote/llamaServer.ts";
import { openAi } from "../../../../server/engine/remote/openAi.ts";
import { tgi } from "../../../../server/engine/remote/tgi.ts";
import { describeRequest } from "../../../../server/metrics/events.ts";
import { ServerMetrics } from "../../../../server/metrics/registry.ts";
import { connect, events, playServer, stream } from "../../../support/remoteServer.ts";

/** The last event of each kind of server, with a value for each of its figures. */
const lastEvents: readonly (readonly [Protocol, (figure: unknown) => object])[] = [
  [
    llamaServer,
    (n) => ({ content: "a", stop: true, tokens_predicted: n, tokens_evaluated: n, timings: { cache_n: n } }),
  ],
  [
    openAi,
    (n) => ({
      choices: [],
      usage: { prompt_tokens: n, completion_tokens: n, prompt_tokens_details: { cached_tokens: n } },
    }),
  ],
  [
    tgi,
    (n) => ({
      token: { text: "a" },
      details: { finish_reason: "length", generated_tokens: n, input_length: n },
    }),
  ],
];

test("a figure that can be no number of tokens is not told; the text of its event is", () => {
  for (const [protocol, lastEvent] of lastEvents) {
    const good = protocol.read(lastEvent(3)) ?? assert.fail();
    assert.equal(good.usage?.prompt, 3);
    for (const bad of [-1, 0.5, NaN, Infinity, 1e300, "3"]) {
      const piece = protocol.read(lastEvent(bad)) ?? assert.fail(String(bad));
      assert.equal(piece.text, good.text);
      for (const told of Object.values(piece.usage ?? {})) assert.equal(told, undefined);
    }
  }
});

test("a finished answer stays one whatever its server tells of it", async () => {
  const server = await playServer({
    "/props": { model_path: "falcon-h1.gguf", default_generation_settings: { n_ctx: 4096 } },
    "/tokenize": { tokens: [] },
  });
  const { model, host } = await connect({ kind: "llama-server", address: server.address });
  try {
    const metrics = new ServerMetrics();
    for (const [prompt, cached] of [
      [5, -1],
      [-5, 1],
      [2, 1000],
    ]) {
      const end = { content: "", stop: true, stop_type: "eos", tokens_evaluated: prompt, timings: { cache_n: cached } };
      server.answers["/completion"] = stream([events({ content: "b" }, end)]);
      const request = { priority: "chat", prompt: ["a"], maxTokens: 8, temperature: 0, stop: [] } as const;
      const { text, usage, stopReason } = await model.generate(request, () => undefined, new AbortController().signal);
      assert.equal(text, "b");
      assert.ok(usage.reused <= usage.prompt, `${usage.reused} of ${usage.prompt} tokens`);
      metrics.onRequest({ ...describeRequest(request, model.info), outcome: { usage, stopReason } });
    }
  } finally {
    await host.dispose();
    await server.dispose();
  }
});
