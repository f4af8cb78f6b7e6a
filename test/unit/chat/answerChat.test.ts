// An answer from the conversation to its end.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answerChat } from "../../../server/chat/answerChat.ts";
import type { Model } from "../../../server/engine/engine.ts";
import type { ChatParams, Message } from "../../../src/shared/protocol.ts";
import { withClassUser, withThinking } from "../../support/answers.ts";
import { loadedModel, scriptedModel, textOf } from "../../support/scriptedModel.ts";

const settings = { maxTokens: 500, temperature: 0 };
const never = new AbortController().signal;
const question = (text: string): Message => ({ id: text, role: "user", text, attachments: [] });
const answered = (text: string): Message => ({ id: text, role: "assistant", text, state: "done" });

/** What is shown of an answer, and how it ended. */
async function answer(model: Model, params: Partial<ChatParams> = {}, signal = never) {
  const options = { models: { ready: () => Promise.resolve(model) }, settings };
  let text = "";
  const result = await answerChat(
    { messages: [question("Hi")], ...params },
    options,
    (piece) => (text += piece),
    signal,
  );
  return { ...result, text };
}

test("who stops a chat does not wait for the model", async () => {
  const options = { models: { ready: () => new Promise<never>(() => undefined) }, settings };
  const controller = new AbortController();
  const params = { messages: [question("Hi")] };
  const waiting = answerChat(params, options, () => undefined, controller.signal);
  controller.abort();
  assert.deepEqual(await waiting, { stopReason: "aborted", leftOut: 0 });
  assert.deepEqual(await answerChat(params, options, () => undefined, AbortSignal.abort()), await waiting);
});

test("who sets a deadline has what there is by then, also where the model does not load", async () => {
  const model = scriptedModel({}, (onText, signal) => {
    onText("As far as");
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve("aborted")));
  });
  assert.deepEqual(await answer(model, { deadline: 20 }), { text: "As far as", stopReason: "limit", leftOut: 0 });
  const options = { models: { ready: () => new Promise<never>(() => undefined) }, settings };
  const params = { messages: [question("Hi")], deadline: 20 };
  assert.deepEqual(await answerChat(params, options, () => undefined, never), { stopReason: "limit", leftOut: 0 });
});

test("the demonstration model's answer that goes round in a circle is ended, as if the model had ended it", async () => {
  const circle = (demonstration: boolean) =>
    scriptedModel({ demonstration }, (onText, signal) => {
      for (let i = 0; i < 100 && !signal.aborted; i++) onText(" the harbour, and");
      return signal.aborted ? "aborted" : "limit";
    });
  const { stopReason, text } = await answer(circle(true));
  assert.equal(stopReason, "end");
  assert.ok(text.startsWith("the harbour, and the") && text.length < 200, text);
  assert.equal((await answer(circle(false))).stopReason, "limit");
});

test("an answer ends at a line of another turn, and not in its code", async () => {
  const model = scriptedModel({ name: "falcon-180B-chat" }, (onText, signal) => {
    for (const piece of `${withClassUser}User: Thanks. Falcon: Bye`) if (!signal.aborted) onText(piece);
    return signal.aborted ? "aborted" : "limit";
  });
  const { text, stopReason } = await answer(model);
  assert.equal(text, withClassUser);
  assert.equal(stopReason, "end");
});

test("thinking is shown and not sent back; an answer that came no further has a limit for its end", async () => {
  const model = scriptedModel({}, (onText) => {
    onText("<think>\nThe user");
    return "limit";
  });
  const messages = [question("Hi"), answered(withThinking), question("And?"), answered("<think>\nHm"), question("So?")];
  const { text, stopReason } = await answer(model, { messages });
  assert.equal(text, "<think>\nThe user");
  assert.equal(stopReason, "limit");
  const [request] = model.asked;
  assert.ok(request);
  const prompt = textOf(request.prompt);
  assert.ok(prompt.endsWith("\n\nUser: Hi\n\nAssistant: Hello!\n\nUser: So?\n\nAssistant:"), prompt);
});

test("the turns' own tokens end an answer", async () => {
  const model = scriptedModel({ markers: ["<|system|>", "<|user|>", "<|assistant|>"] });
  await answer(model);
  assert.deepEqual(
    model.asked[0]?.stop.filter((each) => typeof each !== "string").map((each) => "special" in each && each.special),
    ["<|user|>", "<|assistant|>", "<|system|>"],
  );
});

test("a model that was not trained to answer is told of once in a conversation", async () => {
  const name = "Falcon3-7B-Base";
  const model = scriptedModel({ name, markers: ["<|system|>", "<|user|>", "<|assistant|>"] });
  const { notes } = await answer(model);
  assert.match(notes?.join() ?? "", /^Falcon3-7B-Base is a base model/);
  const later = await answer(model, { messages: [question("Hi"), answered("Hello"), question("And?")] });
  assert.equal(later.notes, undefined);
  assert.equal((await answer(scriptedModel({ name: loadedModel.name }))).notes, undefined);
});

test("messages that did not fit are told of", async () => {
  const messages = [question("✚".repeat(400)), answered("x"), question("✚".repeat(400))];
  const { notes, leftOut } = await answer(scriptedModel(), { messages });
  assert.equal(leftOut, 2);
  assert.match(notes?.join() ?? "", /oldest messages \(2\)/);
});
