// Which turns of a conversation go into the prompt, and what is counted for it.

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { fitTurns } from "../../../server/chat/fitTurns.ts";
import { formatOf } from "../../../server/chat/formats.ts";
import { TurnCounts } from "../../../server/chat/turnCounts.ts";
import type { Model } from "../../../server/engine/engine.ts";
import type { ChatTurn } from "../../../src/shared/chat.ts";
import { crossesOf, scriptedModel } from "../../support/scriptedModel.ts";

/** One token is the one that a prompt may begin with. */
const budget = 501;
const chatMl = ["<|im_start|>", "<|im_end|>"];

/** Questions and answers by turns, of so many crosses each. */
const turnsOf = (lengths: readonly number[]): ChatTurn[] => [
  { role: "system", text: "" },
  ...lengths.map((length, i): ChatTurn => ({ role: i % 2 === 0 ? "user" : "assistant", text: "✚".repeat(length) })),
];

const fit = (turns: readonly ChatTurn[], model: Model, counts = new TurnCounts()) =>
  fitTurns(turns, { format: formatOf(model.info), model, budget, counts });

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

for (const markers of [chatMl, []]) {
  test(`${markers.length > 0 ? "ChatML" : "plain text"}: the newest questions are kept, as many as fit`, async () => {
    const lengths = fc
      .array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 60 })
      .map((all) => (all.length % 2 === 1 ? all : all.slice(1)));
    await fc.assert(
      fc.asyncProperty(lengths, async (all) => {
        const { leftOut, prompt, tokens } = await fit(turnsOf(all), scriptedModel({ markers }));
        assert.equal(crossesOf(prompt), sum(all.slice(leftOut)));
        assert.equal(tokens, 1 + crossesOf(prompt));
        assert.ok(tokens <= budget && leftOut % 2 === 0);
        assert.ok(leftOut === 0 || 1 + sum(all.slice(leftOut - 2)) > budget, "no more are left out than must be");
      }),
    );
  });
}

test("each turn is counted once, and no further back than what fits", async () => {
  const model = scriptedModel({ markers: chatMl });
  const counts = new TurnCounts();
  const lengths = Array.from({ length: 2001 }, (_, i) => 5 + (i % 11));
  const turns = turnsOf(lengths).map((turn, i): ChatTurn => ({ ...turn, text: `${i} ${turn.text}` }));
  const { leftOut } = await fit(turns, model, counts);
  assert.ok(leftOut > 1900);
  const first = sum(model.counted.map(crossesOf));
  assert.ok(first <= budget + 30, `${first} tokens`);
  const answered = [...turns, { role: "assistant", text: "✚" }, { role: "user", text: "And ✚✚?" }] as const;
  await fit(answered, model, counts);
  const second = sum(model.counted.map(crossesOf)) - first;
  assert.ok(second <= 3, `${second} tokens of a conversation that was counted before`);
});

test("another model counts for itself", async () => {
  const counts = new TurnCounts();
  const [one, other] = [scriptedModel({ markers: chatMl }), scriptedModel({ markers: chatMl })];
  await fit(turnsOf([3, 4, 5]), one, counts);
  await fit(turnsOf([3, 4, 5]), other, counts);
  assert.equal(sum(other.counted.map(crossesOf)), 12);
});

test("where a token reaches from one turn into the next, the prompt is still no longer than it may be", async () => {
  // Each turn beside another one has a token more than alone.
  const model = {
    ...scriptedModel(),
    countTokens: (prompt: Parameters<Model["countTokens"]>[0]) => {
      const turns = prompt.filter((part) => typeof part === "string" && part.includes("User:")).length;
      return Promise.resolve(crossesOf(prompt) + Math.max(0, turns - 1));
    },
  };
  const { tokens, leftOut } = await fit(turnsOf(Array.from({ length: 101 }, () => 10)), model);
  assert.ok(tokens <= budget && tokens > budget - 25, String(tokens));
  assert.ok(leftOut > 0 && leftOut % 2 === 0);
});

test("a last question that alone is too long is an error that says how long it is", async () => {
  await assert.rejects(
    fit(turnsOf([10, 10, 501]), scriptedModel({ markers: chatMl })),
    /has 502 tokens.* room for 501/,
  );
  await assert.rejects(fit(turnsOf([501]), scriptedModel()), /has 502 tokens.* room for 501/);
  await assert.rejects(fit(turnsOf([9000]), scriptedModel()), /more than 8016 tokens.* room for 501/);
});

test("instructions and tools that alone are too long are named as what is", async () => {
  const [, question] = turnsOf([10]);
  assert.ok(question);
  const fitWith = (text: string) => fit([{ role: "system", text }, question], scriptedModel({ markers: chatMl }));
  await fitWith("✚".repeat(490));
  await assert.rejects(fitWith("✚".repeat(491)), /The message has 502 tokens/);
  await assert.rejects(fitWith("✚".repeat(501)), /instructions and tools of the chat that asks have 502 tokens.* 501/);
  await assert.rejects(fitWith("✚".repeat(9000)), /tools of the chat that asks have > 8016 tokens.* 501/);
});
