// How full the context would be, counted in crosses.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answerChat } from "../../../server/chat/answerChat.ts";
import { measureContext } from "../../../server/chat/contextUse.ts";
import { TurnCounts } from "../../../server/chat/turnCounts.ts";
import type { Attachment, Message, UserMessage } from "../../../src/shared/chat.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const settings = { maxTokens: 400, temperature: 0 };
const crosses = (count: number) => "✚".repeat(count);
const attachment = (tokens: number): Attachment => ({
  id: String(tokens),
  label: "a.ts",
  uri: "file:///a.ts",
  languageId: "typescript",
  text: crosses(tokens),
});
const question = (tokens: number, ...attached: readonly number[]): UserMessage => ({
  id: `q${tokens}`,
  role: "user",
  text: crosses(tokens),
  attachments: attached.map(attachment),
});
const answer = (tokens: number): Message => ({
  id: `a${tokens}`,
  role: "assistant",
  text: crosses(tokens),
  state: "done",
});
const never = new AbortController().signal;
const measure = (messages: readonly Message[], model = scriptedModel()) =>
  measureContext({ messages }, { model, settings, counts: new TurnCounts() }, never);

test("a question, its attachments and the conversation before it are counted, against what an answer leaves", async () => {
  const use = await measure([question(10), answer(20), question(3, 100, 50)]);
  assert.deepEqual(use, { question: 153, total: 183, room: 600, attachments: [100, 50] });
});

test("what is older than there is room for is not counted", async () => {
  const model = scriptedModel();
  const earlier = Array.from({ length: 100 }, (_, index) => [question(100 + index), answer(200 + index)]).flat();
  const { total, room } = await measure([...earlier, question(1)], model);
  assert.ok(total > room && total < room + 400, String(total));
  assert.ok(model.counted.length < 10, `${model.counted.length} turns are counted`);
});

test("nothing more is counted once nobody waits for it", async () => {
  const model = scriptedModel();
  const messages = Array.from({ length: 4 }, (_, index) => [question(10 + index), answer(20 + index)]).flat();
  const options = { model, settings, counts: new TurnCounts() };
  await measureContext({ messages: [...messages, question(1)] }, options, AbortSignal.abort());
  const alone = scriptedModel();
  await measure([question(1)], alone);
  assert.equal(model.counted.length, alone.counted.length);
});

test("a key in the question counts nothing again but its words", async () => {
  const model = scriptedModel();
  const counts = new TurnCounts();
  const options = { model, settings, counts };
  await measureContext({ messages: [question(5), answer(6), question(1, 40)] }, options, never);
  const before = model.counted.length;
  const use = await measureContext({ messages: [question(5), answer(6), question(2, 40)] }, options, never);
  assert.equal(use.total, 53);
  assert.equal(model.counted.length, before + 1);
});

test("an answer says what was left out of what was attached", async () => {
  const asked: Message = { ...question(1), attachments: [{ ...attachment(2), leftOut: "3 files are left out" }] };
  const options = { models: { ready: () => Promise.resolve(scriptedModel()) }, settings };
  const { notes } = await answerChat({ messages: [asked] }, options, () => undefined, new AbortController().signal);
  assert.ok(notes?.includes("a.ts: 3 files are left out"));
});
