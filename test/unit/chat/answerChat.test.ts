// Which messages of a conversation go into the prompt.

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { answerChat } from "../../../server/chat/answerChat.ts";
import type { Generation, LoadedModel, Model, PromptPart } from "../../../server/engine/engine.ts";
import type { Message } from "../../../src/shared/protocol.ts";

const loaded: LoadedModel = {
  name: "",
  path: "",
  demonstration: false,
  architecture: "falcon",
  contextSize: 1000,
  sequences: 2,
  infill: true,
  device: "CPU",
  gpuLayers: 0,
  layers: 2,
  devices: [],
  passedOver: [],
  markers: [],
};

const textOf = (prompt: readonly PromptPart[]) => prompt.filter((part) => typeof part === "string").join("");
const written: Generation = {
  text: "",
  alternatives: [],
  stopReason: "end",
  usage: { prompt: 0, reused: 0, generated: 0, accepted: 0, duration: 0 },
};

const settings = { maxTokens: 500, temperature: 0 };
const unused = () => Promise.reject(new Error("not asked for"));

/** Messages of so many crosses each, asked of a model for which each cross is a token. */
async function ask(lengths: readonly number[]) {
  const messages = lengths.map((length, i): Message =>
    i % 2 === 0
      ? { id: String(i), role: "user", text: "✚".repeat(length), attachments: [] }
      : { id: String(i), role: "assistant", text: "✚".repeat(length), state: "done" },
  );
  let counts = 0;
  let crosses = 0;
  const model: Model = {
    info: loaded,
    score: unused,
    countTokens: (prompt) => {
      counts++;
      return Promise.resolve(textOf(prompt).split("✚").length - 1);
    },
    generate: ({ prompt }) => {
      crosses = textOf(prompt).split("✚").length - 1;
      return Promise.resolve(written);
    },
  };
  const options = { models: { ready: () => Promise.resolve(model) }, settings };
  const { leftOut } = await answerChat(messages, options, () => undefined, new AbortController().signal);
  return { leftOut, counts, crosses };
}

test("who stops a chat does not wait for the model", async () => {
  const controller = new AbortController();
  const options = { models: { ready: () => new Promise<never>(() => undefined) }, settings };
  const answer = answerChat([], options, () => undefined, controller.signal);
  controller.abort();
  assert.deepEqual(await answer, { stopReason: "aborted", leftOut: 0 });
  assert.deepEqual(await answerChat([], options, () => undefined, AbortSignal.abort()), await answer);
});

test("the demonstration model's answer that goes round in a circle is ended, as if the model had ended it", async () => {
  let demonstration = true;
  const ready = (): Promise<Model> =>
    Promise.resolve({
      info: { ...loaded, demonstration },
      score: unused,
      countTokens: () => Promise.resolve(1),
      generate: (_, onText, signal) => {
        for (let i = 0; i < 100 && !signal.aborted; i++) onText(" the harbour, and");
        return Promise.resolve({ ...written, stopReason: signal.aborted ? "aborted" : "limit" });
      },
    });
  const options = { models: { ready }, settings };
  const never = new AbortController().signal;
  let text = "";
  const result = await answerChat([], options, (delta) => (text += delta), never);
  assert.deepEqual(result, { stopReason: "end", leftOut: 0 });
  assert.ok(text.startsWith("the harbour, and the") && text.length < 200, text);
  demonstration = false;
  assert.equal((await answerChat([], options, () => undefined, never)).stopReason, "limit");
});

test("the newest messages are kept, as many as fit", async () => {
  // A question, and then answers with the questions after them.
  const lengths = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(lengths, async (all) => {
      const odd = all.length % 2 === 1 ? all : all.slice(1);
      const { leftOut, crosses } = await ask(odd);
      const sum = (from: number) => odd.slice(from).reduce((total, length) => total + length, 0);
      assert.equal(crosses, sum(leftOut));
      assert.ok(crosses <= 500 && leftOut % 2 === 0);
      assert.ok(leftOut === 0 || sum(leftOut - 2) > 500, "no more are left out than must be");
    }),
  );
});

test("a long conversation is counted a few times, not once for each message", async () => {
  const { leftOut, counts } = await ask(Array.from({ length: 2001 }, () => 10));
  assert.equal(leftOut, 1952);
  assert.ok(counts < 16, `${counts} times`);
});

test("a last message that alone is too long is an error with its length", async () => {
  await assert.rejects(ask([10, 10, 501]), /501 tokens.* room for 500/);
});
