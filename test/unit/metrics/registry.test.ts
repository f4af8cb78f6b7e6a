// What /metrics says, in Prometheus' format and by its rules of naming.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { EndedRequest, Operation } from "../../../server/metrics/events.ts";
import { ServerMetrics } from "../../../server/metrics/registry.ts";
import { apiToken, readyStatus, startTestApi } from "../../support/apiServer.ts";
import { EngineError, type Model } from "../../../server/engine/engine.ts";
import { watchModel } from "../../../server/models/session/watchModel.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const usage = { prompt: 100, reused: 40, generated: 11, accepted: 0, firstToken: 50, duration: 1050 };
const status = readyStatus(scriptedModel({ name: 'A "name"\nof two lines' }));

function ended(operation: Operation, outcome: EndedRequest["outcome"]): EndedRequest {
  const { info } = scriptedModel({ name: "falcon" });
  return { operation, model: info, start: 0, asked: { maxTokens: 20, temperature: 0 }, outcome };
}

test("a request counts in each figure, under its operation and model", async () => {
  const metrics = new ServerMetrics();
  metrics.onRequest(ended("text_completion", { usage, stopReason: "end" }));
  metrics.onRequest(ended("chat", { usage: { ...usage, reused: 0 }, stopReason: "end" }));
  metrics.onRequest(ended("chat", { error: "decodeFailed" }));
  metrics.onLoad({ model: scriptedModel({ name: "falcon" }).info, duration: 1500 });
  metrics.onLoad({ error: "outOfMemory" });
  metrics.addCompletions({ shown: 2, accepted: 1, characters: 30, keptAfterFiveMinutes: 20 });
  const lines = (await metrics.text(status)).split("\n");
  const chat = '{gen_ai_operation_name="chat",gen_ai_request_model="falcon"}';
  const completion = chat.replace("chat", "text_completion");
  for (const line of [
    `gen_ai_server_request_duration_seconds_sum${chat} 1.05`,
    `gen_ai_server_time_to_first_token_seconds_sum${completion} 0.05`,
    `gen_ai_server_time_per_output_token_seconds_sum${completion} 0.1`,
    `falcon_prompt_tokens_reused_total${completion} 40`,
    `falcon_prompt_cache_hits_total${completion} 1`,
    `falcon_context_used_ratio_sum${chat} 0.111`,
    'falcon_engine_errors_total{gen_ai_operation_name="chat",error_type="decodeFailed"} 1',
    'falcon_engine_errors_total{gen_ai_operation_name="load",error_type="outOfMemory"} 1',
    'falcon_model_load_duration_seconds_sum{gen_ai_request_model="falcon"} 1.5',
    "falcon_completions_shown_total 2",
    "falcon_completions_accepted_total 1",
    "falcon_completion_kept_characters_total 20",
    'falcon_sequences{gen_ai_request_model="A \\"name\\"\\nof two lines"} 2',
  ]) {
    assert.ok(
      lines.includes(line),
      `${line}\n\n${lines.filter((each) => each.startsWith(line.slice(0, 30))).join("\n")}`,
    );
  }
  assert.ok(!lines.some((line) => line.startsWith(`falcon_prompt_cache_hits_total${chat}`)));
});

test("names keep Prometheus' rules: what promtool would say of them", async () => {
  const metrics = new ServerMetrics();
  metrics.onRequest(ended("text_completion", { usage, stopReason: "end" }));
  metrics.addError("queue_full");
  const text = await metrics.text(status);
  const types = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)];
  assert.ok(types.length > 10);
  for (const [, name = "", type] of types) {
    assert.match(text, new RegExp(`^# HELP ${name} \\S`, "m"));
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    assert.equal(name.endsWith("_total"), type === "counter", name);
    assert.doesNotMatch(
      name,
      /_(count|sum|bucket|milliseconds|ms|percent|kilobytes|megabytes|counter|gauge|histogram)(_|$)/,
    );
  }
});

test("the server gives them to those who know the token, with the errors by their codes", async () => {
  const api = await startTestApi(scriptedModel());
  try {
    assert.equal((await fetch(`${api.address}/metrics`)).status, 401);
    const response = await fetch(`${api.address}/metrics`, { headers: { authorization: `Bearer ${apiToken}` } });
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(await response.text(), /^falcon_api_errors_total\{error_type="invalid_api_key"\} 1$/m);
  } finally {
    await api.stop();
  }
});

const nothing = () => undefined;

/** A model whose requests count in the figures. */
function counted(model: Model, metrics: ServerMetrics): Model {
  const { onRequest } = metrics;
  return watchModel(model, model.info, { onRunning: nothing, onUse: nothing, onRequest, reload: () => assert.fail() });
}

test("each interface of the local API counts as what it is: texts as completions, chats as chats", async () => {
  const write = (onText: (text: string) => void) => {
    onText("a");
    return "end" as const;
  };
  for (const [path, body, operation] of [
    ["/v1/completions", { prompt: "a" }, "text_completion"],
    ["/v1/completions", { prompt: "a", suffix: "b" }, "text_completion"],
    ["/generate", { inputs: "a" }, "text_completion"],
    ["/generate_stream", { inputs: "a" }, "text_completion"],
    ["/completion", { prompt: "a" }, "text_completion"],
    ["/infill", { input_prefix: "a", input_suffix: "b" }, "text_completion"],
    ["/v1/chat/completions", { messages: [{ role: "user", content: "a" }] }, "chat"],
  ] as const) {
    const metrics = new ServerMetrics();
    const api = await startTestApi(counted(scriptedModel({}, write), metrics));
    try {
      assert.equal((await api.post(path, body)).status, 200, path);
      const counts = /^gen_ai_server_request_duration_seconds_count.*$/gm.exec(await metrics.text(status));
      assert.equal(
        counts?.[0],
        `gen_ai_server_request_duration_seconds_count{gen_ai_operation_name="${operation}",gen_ai_request_model="falcon-7b-instruct"} 1`,
        path,
      );
    } finally {
      await api.stop();
    }
  }
});

test("a request that fails counts by its kind, one that is stopped or begins again does not", async () => {
  const metrics = new ServerMetrics();
  let failure: Error = new EngineError("decodeFailed", "no room");
  const model = counted(
    scriptedModel({}, () => Promise.reject(failure)),
    metrics,
  );
  const request = { priority: "completion", prompt: ["a"], maxTokens: 1, temperature: 0, stop: [] } as const;
  await assert.rejects(model.generate(request, nothing, new AbortController().signal));
  await assert.rejects(model.generate(request, nothing, AbortSignal.abort()));
  failure = new EngineError("unloaded", "another model");
  await assert.rejects(model.generate(request, nothing, new AbortController().signal));
  const lines = (await metrics.text(status))
    .split("\n")
    .filter((line) => line.startsWith("falcon_engine_errors_total"));
  assert.deepEqual(lines, [
    'falcon_engine_errors_total{gen_ai_operation_name="text_completion",error_type="decodeFailed"} 1',
  ]);
});

test("requests beyond what the batch holds wait", async () => {
  const ready = readyStatus(scriptedModel());
  assert.equal(ready.state, "ready");
  const text = await new ServerMetrics().text({ ...ready, metrics: { queue: 5 } });
  const value = (name: string) => new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, "m").exec(text)?.[1];
  assert.equal(value("falcon_requests_running"), "2");
  assert.equal(value("falcon_requests_waiting"), "3");
});

test("a model that is not in memory has no gauges", async () => {
  const ready = readyStatus(scriptedModel());
  assert.equal(ready.state, "ready");
  const text = await new ServerMetrics().text({ ...ready, unloaded: true });
  assert.doesNotMatch(text, /^falcon_(requests|sequences)[^ ]*\{/m);
});
