// An answer from the conversation to its end.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { answerChat } from "../../../server/chat/answerChat.ts";
import type { Model } from "../../../server/engine/engine.ts";
import { gatheredUri, terminalUri } from "../../../src/shared/chatContext.ts";
import type { Attachment, ChatParams, Message } from "../../../src/shared/chat.ts";
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

/** Writes a text in pieces until it is stopped. */
const writing = (text: string) => (onText: (text: string) => void, signal: AbortSignal) => {
  for (let at = 0; at < text.length && !signal.aborted; at += 7) onText(text.slice(at, at + 7));
  return signal.aborted ? "aborted" : "end";
};

const sum: Attachment = {
  id: "a",
  label: "sum.py:1-2",
  uri: "file:///sum.py",
  languageId: "python",
  text: "def sum(a, b):\n    return a + b\n",
};
const explain: Message = { id: "e", role: "user", text: "", attachments: [sum], command: "explain" };
const repeatedItself = ["The model repeated itself, and the answer was ended."];

test("nothing is saved of a chat to which an excluded file or a terminal's output is attached, also before its last question", async () => {
  const isExcluded = (uri: string) => uri.endsWith(".env");
  const attached = (uri: string): Message => ({ id: uri, role: "user", text: "Why?", attachments: [{ ...sum, uri }] });
  for (const [uri, expected] of [
    [sum.uri, false],
    [gatheredUri("changes"), false],
    ["file:///a/.env", true],
    [terminalUri, true],
  ] as const) {
    for (const messages of [[attached(uri)], [attached(uri), answered("So."), question("Hi")]]) {
      const model = scriptedModel({}, writing("Good."));
      const options = { models: { ready: () => Promise.resolve(model) }, settings, isExcluded };
      await answerChat({ messages }, options, () => undefined, never);
      assert.equal(model.asked[0]?.private, expected, uri);
    }
  }
});

test("an answer that goes round is ended and says so, with any model; what was written stays", async () => {
  for (const round of [
    "departure, ",
    "The harbour is closed today.\n",
    `${"The harbour is closed. ".repeat(20)}Today.\n\n`,
  ]) {
    const text = `It says:\n\n${round.repeat(300)}`;
    const { stopReason, notes, length, ...answered } = await answer(scriptedModel({}, writing(text)));
    assert.equal(stopReason, "end");
    assert.deepEqual(notes, repeatedItself);
    assert.equal(length, undefined);
    assert.ok(answered.text.length < 1_650 + 4 * round.length, String(answered.text.length));
    assert.ok(text.startsWith(answered.text));
  }
});

test("code, tables and data that repeat themselves are whole", async () => {
  const code = "Here:\n\n```ts\n" + '  it("works", () => {});\n'.repeat(50) + "```\n";
  const table = `| a | b |\n| - | - |\n${"| none | none |\n".repeat(60)}`;
  const zeros = `\`\`\`c\nchar zeros[] = {${"0x00, ".repeat(700)}};\n\`\`\`\n`;
  for (const text of [code, table, zeros]) {
    const { notes, ...answered } = await answer(scriptedModel({}, writing(text)));
    assert.equal(answered.text, text);
    assert.equal(notes, undefined);
  }
});

test("what the user asks a model to repeat is whole", async () => {
  const text = "I must not talk in class.\n".repeat(100);
  const messages = [question("Write “I must not talk in class.” 100 times")];
  const { notes, ...answered } = await answer(scriptedModel({}, writing(text)), { messages });
  assert.equal(answered.text, text);
  assert.equal(notes, undefined);
});

test("a demonstration model's answer counts up to its first round, and not at all where nothing was said by then", async () => {
  const demonstration = (text: string) =>
    answer(scriptedModel({ demonstration: true }, writing(text)), { messages: [explain] });
  const begin = "`sum`: Returns the sum of a departure";
  const { text, length, notes } = await demonstration(begin + ", departure".repeat(100));
  assert.equal(text.slice(0, length), begin);
  assert.deepEqual(notes, repeatedItself);
  assert.equal((await demonstration("departure, ".repeat(100))).length, 0);
});

test("a demonstration model is not asked what it can only invent: the answer says what it can do, and what helps", async () => {
  const rust = { ...sum, languageId: "rust" };
  const questions: Message[] = [
    question("What does a harbour master do?"),
    { ...explain, attachments: [] },
    { ...explain, attachments: [sum, rust] },
    { ...explain, attachments: [{ ...sum, text: "import os" }] },
    { ...explain, attachments: [sum, { ...sum, text: "# def sum(a, b): adds" }] },
    { ...explain, attachments: [{ ...sum, languageId: "typescript", text: "const rates = [3, 5];" }] },
    { id: "q", role: "user", text: "Find bugs in the attached code", attachments: [sum] },
  ];
  for (const asked of questions) {
    const model = scriptedModel({ demonstration: true, name: "Falcon Tiny Demo" }, writing("Invented."));
    const { text, stopReason, problem, notes } = await answer(model, { messages: [asked] });
    assert.equal(model.asked.length + model.counted.length, 0);
    assert.equal(text, "");
    assert.equal(stopReason, "end");
    assert.match(problem?.message ?? "", /^Falcon Tiny Demo is a demonstration model: .* choose a real Falcon/);
    assert.equal(problem?.action, "selectModel");
    assert.equal(notes, undefined);
    assert.equal((await answer(scriptedModel({}, writing("Real.")), { messages: [asked] })).text, "Real.");
  }
  const turns = { messages: [{ role: "user", text: "Hello" }] } as const;
  assert.ok((await answer(scriptedModel({ demonstration: true }), turns)).problem, "in a client's own words");
});

test("a demonstration model is asked in the very forms that it was trained on, one question at a time", async () => {
  const trained = readFileSync(new URL("../../../training/instruct.py", import.meta.url), "utf8");
  for (const command of ["explain", "document"] as const) {
    const model = scriptedModel({ demonstration: true }, writing("Said."));
    const messages: Message[] = [question("Hi"), answered("Hello"), { ...explain, command }];
    assert.equal((await answer(model, { messages })).text, "Said.");
    const prompt = textOf(model.asked[0]?.prompt ?? []);
    const [, words = ""] =
      /^You are Falcon[^\n]*\n\nUser: sum.py:1-2:\n```python\n.*\n```\n(.*)\n\nAssistant:$/s.exec(prompt) ?? [];
    assert.ok(words !== "" && trained.includes(`"${words}"`), prompt);
  }
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
