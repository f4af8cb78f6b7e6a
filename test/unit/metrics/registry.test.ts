// What /metrics says, in Prometheus' format and by its rules of naming.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerMetrics } from "../../../server/metrics/registry.ts";
import { apiToken, readyStatus, startTestApi } from "../../support/apiServer.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const usage = { prompt: 100, reused: 40, generated: 11, accepted: 0, firstToken: 50, duration: 1050 };
const status = readyStatus(scriptedModel({ name: 'A "name"\nof two lines' }));

test("a request counts in each figure, under its operation and model", async () => {
  const metrics = new ServerMetrics();
  metrics.addUsage(usage, { name: "falcon" }, "completion", 1000);
  metrics.addUsage({ ...usage, reused: 0 }, { name: "falcon" }, "chat", 1000);
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
  metrics.addUsage(usage, { name: "falcon" }, "completion", 1000);
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
