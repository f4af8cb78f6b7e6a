// What llama.vscode sends, and what it shows of the answers.

import assert from "node:assert/strict";
import { after, suite, test } from "node:test";

import type { Generation } from "../../../server/engine/engine.ts";
import { eventsOf, startTestApi, type TestApi } from "../../support/apiServer.ts";
import { scriptedModel, textOf } from "../../support/scriptedModel.ts";

const words = ["Falcons ", "are ", "birds."];
const writes = (onText: (text: string) => void): Generation["stopReason"] => {
  for (const word of words) onText(word);
  return "end";
};

const apis: TestApi[] = [];
after(() => Promise.all(apis.map((api) => api.stop())));

async function start() {
  const model = scriptedModel({}, writes);
  const api = await startTestApi(model);
  apis.push(api);
  return { api, model };
}

suite("llama.vscode's requests", () => {
  // As its version 0.0.63 sends them.
  const infill = {
    ...{ id_slot: 0, input_prefix: "import os\n\n", input_suffix: "\nprint(home)\n", prompt: "home = os." },
    input_extra: [{ text: "home = '/root'\n", filename: "a.py" }],
    ...{ n_predict: 128, n_cmpl: 3, top_k: 40, top_p: 0.99, stream: false, samplers: ["top_k", "top_p", "infill"] },
    ...{ cache_prompt: true, t_max_prompt_ms: 500, t_max_predict_ms: 500, n_indent: 4 },
  };

  test("for ghost text", async () => {
    const { api, model } = await start();
    const [answer] = (await (await api.post("/infill", infill)).json()) as { content: string; timings: object }[];
    assert.equal(answer?.content, words.join(""));
    assert.ok("prompt_n" in answer.timings);
    const { prompt, maxTokens, candidates, timeLimit, topK, topP } = model.asked[0] ?? assert.fail();
    assert.deepEqual(
      { maxTokens, candidates, timeLimit, topK, topP },
      {
        ...{ maxTokens: 128, candidates: 3, timeLimit: 500, topK: 40, topP: 0.99 },
      },
    );
    assert.equal(textOf(prompt), "// a.py\nhome = '/root'\n\nimport os\n\n\nprint(home)\nhome = os.");
  });

  test("for what comes next: nothing is written, and the prompt is evaluated", async () => {
    const { api, model } = await start();
    const answer = (await (await api.post("/infill", { ...infill, n_predict: 0, n_cmpl: 1 })).json()) as object;
    assert.partialDeepStrictEqual(answer, { content: "" });
    assert.equal(model.asked[0]?.maxTokens, 1);
  });

  test("through its template for OpenAI's interface", async () => {
    const { api } = await start();
    const body = { prompt: "<fim>x", max_tokens: 32, temperature: 0.1, top_p: 0.99, stream: false };
    const { choices } = (await (await api.post("/v1/completions", body)).json()) as { choices: { text: string }[] };
    assert.equal(choices[0]?.text, words.join(""));
  });

  test("are refused where they ask for what is not known here", async () => {
    const { api } = await start();
    for (const [path, body, field] of [
      ["/infill", { ...infill, stream: true }, "n_cmpl"],
      ["/completion", { prompt: "x", grammar: 'root ::= "a"' }, "grammar"],
      ["/completion", { prompt: "x", json_schema: { type: "object" } }, "json_schema"],
      ["/generate", { inputs: "x", parameters: { grammar: { type: "json", value: {} } } }, "parameters.grammar"],
    ] as const) {
      const response = await api.post(path, body);
      assert.equal(response.status, 400, field);
      assert.partialDeepStrictEqual(await response.json(), {
        error: { type: "invalid_request_error", code: "invalid_value" },
      });
    }
  });

  test("and llama-server's own completion, whole and streaming", async () => {
    const { api } = await start();
    const whole = (await (await api.post("/completion", { prompt: "x", n_predict: 4 })).json()) as object;
    assert.partialDeepStrictEqual(whole, { content: words.join(""), stop: true, stop_type: "eos" });
    const events = await eventsOf(await api.post("/completion", { prompt: "x", n_predict: -1, stream: true }));
    assert.deepEqual(
      events.map((event) => (event as { content: string }).content),
      [...words, ""],
    );
  });

  test("its status bar shows numbers of each answer", async () => {
    const { api } = await start();
    for (const body of [infill, { ...infill, n_predict: 0, n_cmpl: 1 }]) {
      const answer = (await (await api.post("/infill", body)).json()) as object;
      const [first] = Array.isArray(answer) ? (answer as object[]) : [answer];
      assert.partialDeepStrictEqual(first, { generation_settings: { n_ctx: 1000 } });
      const { timings } = first as { timings: Record<string, unknown> };
      for (const name of ["prompt_n", "prompt_ms", "prompt_per_second", "predicted_n", "predicted_per_second"]) {
        assert.ok(Number.isFinite(timings[name]), name);
      }
    }
  });

  test("of many texts of other files the newest are looked at", async () => {
    const { api, model } = await start();
    const texts = Array.from({ length: 200 }, (_, i) => ({ text: `home = ${i}\n`, filename: `${i}.py` }));
    assert.equal((await api.post("/infill", { ...infill, input_extra: texts })).status, 200);
    const text = textOf(model.asked[0]?.prompt ?? []);
    assert.match(text, /home = 199\n/);
    assert.doesNotMatch(text, /home = 0\n/);
  });

  test("its chat edits have no limit of length", async () => {
    const { api } = await start();
    const body = { messages: [{ role: "user", content: "Hi" }], max_tokens: -1, stream: false, temperature: 0.8 };
    assert.equal((await api.post("/v1/chat/completions", body)).status, 200);
  });
});
