// How long a text may be, as clients say it, and how the pieces of a chat are put together.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import OpenAI from "openai";

import { apiToken, eventsOf, startTestApi } from "../../support/apiServer.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const model = scriptedModel({}, (onText) => {
  onText("Hello ");
  onText("there");
  return "end";
});
const api = await startTestApi(model);
after(() => api.stop());
const client = new OpenAI({ baseURL: `${api.address}/v1`, apiKey: apiToken, maxRetries: 0 });
const messages = [{ role: "user", content: "Hi" }] as const;

test("a text of no tokens is empty, whole and in pieces", async () => {
  const asked = { model: "falcon", prompt: "x", max_tokens: 0 };
  const { choices, usage } = await client.completions.create(asked);
  assert.deepEqual([choices[0]?.text, choices[0]?.finish_reason], ["", "length"]);
  assert.equal(usage?.completion_tokens, 0);
  const events = await eventsOf(await api.post("/v1/completions", { ...asked, stream: true }));
  assert.ok(events.length > 1);
  for (const event of events) assert.doesNotMatch(JSON.stringify(event), /Hello|there/);
});

test("-1 is no limit of the client's, as llama-server takes it", async () => {
  const lengths = async (ask: () => Promise<unknown>) => {
    const before = model.asked.length;
    await ask();
    return model.asked.slice(before).map(({ maxTokens }) => maxTokens);
  };
  const chat = (more: object) => () =>
    client.chat.completions.create({ model: "falcon", messages: [...messages], ...more });
  assert.deepEqual(await lengths(chat({ max_tokens: -1 })), await lengths(chat({})));
  assert.deepEqual(await lengths(chat({ max_completion_tokens: -1 })), await lengths(chat({})));
  const [length = 0] = await lengths(() => client.completions.create({ model: "falcon", prompt: "x", max_tokens: -1 }));
  assert.ok(length > 900, `${length} of 1000 tokens`);
  for (const wrong of [0, -2]) {
    await assert.rejects(chat({ max_tokens: wrong })(), /max_tokens: must be from 1 to 4194304, or -1/);
  }
});

test("the deltas of a chat are put together into one message, of one role", async () => {
  const stream = await client.chat.completions.create({ model: "falcon", messages: [...messages], stream: true });
  // As openai-python does it: texts of one name are joined.
  const message: Record<string, string> = {};
  for await (const { choices } of stream) {
    for (const [name, value] of Object.entries(choices[0]?.delta ?? {})) {
      message[name] = (message[name] ?? "") + String(value);
    }
  }
  assert.deepEqual(message, { role: "assistant", content: "Hello there" });
});
