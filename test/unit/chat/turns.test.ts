import assert from "node:assert/strict";
import { test } from "node:test";

import { turnsOf } from "../../../server/chat/turns.ts";
import type { AnswerMessage, Attachment, UserMessage } from "../../../src/shared/protocol.ts";

const question = (text: string, more: Partial<UserMessage> = {}): UserMessage => ({
  id: text,
  role: "user",
  text,
  attachments: [],
  ...more,
});
const answer = (text: string): AnswerMessage => ({ id: text, role: "assistant", text, state: "done" });
const attachment = (text: string): Attachment => ({
  id: "a",
  label: "main.ts:1-2",
  uri: "file:///main.ts",
  languageId: "typescript",
  text,
});

/** The turns after the system prompt. */
const turns = (...messages: Parameters<typeof turnsOf>[0]) => turnsOf(messages).slice(1);

test("the system prompt comes first, then the conversation", () => {
  const all = turnsOf([question("a"), answer("b"), question("c")]);
  assert.deepEqual(
    all.map(({ role }) => role),
    ["system", "user", "assistant", "user"],
  );
});

test("a question whose answer was never written is left out, so that roles alternate", () => {
  assert.deepEqual(turns(question("a"), answer(" "), question("b")), [{ role: "user", text: "b" }]);
});

test("attachments stand before the question, fenced and named", () => {
  const [turn] = turns(question("Why?", { attachments: [attachment("let x = 1;\n\n")] }));
  assert.equal(turn?.text, "main.ts:1-2:\n```typescript\nlet x = 1;\n```\n\nWhy?");
});

test("a fence is longer than the backticks inside", () => {
  const [turn] = turns(question("", { attachments: [attachment("````\ncode\n````")] }));
  assert.ok(turn?.text.startsWith("main.ts:1-2:\n`````typescript\n") && turn.text.endsWith("\n`````"));
});

test("explain stands for its instruction", () => {
  const [turn] = turns(question("", { command: "explain", attachments: [attachment("f()")] }));
  assert.match(turn?.text ?? "", /f\(\)\n```\n\nExplain /);
});
