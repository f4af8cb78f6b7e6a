import assert from "node:assert/strict";
import { test } from "node:test";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import { confidenceIn, isWorthShowing, tokensOf } from "../../../server/completion/gate.ts";
import type { GeneratedToken } from "../../../server/engine/engine.ts";
import { requestAt } from "../../support/cursor.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

/** Tokens drawn as a text and its percent. */
function drawnTokens(...drawn: readonly (readonly [text: string, percent: number])[]): GeneratedToken[] {
  let end = 0;
  return drawn.map(([text, percent]) => ({ end: (end += text.length), probability: percent / 100 }));
}

/** The confidence in a part of what was written. */
function confidence(text: string, written: string, tokens?: readonly GeneratedToken[]): number | undefined {
  return confidenceIn({ text, replacedLength: 0, tokens: tokensOf(text, written, tokens) });
}

/** One token of such a probability. */
const suggestion = (probability: number) => ({ text: "a", replacedLength: 0, tokens: [{ end: 1, probability }] });

const never = new AbortController().signal;

test("the likelier its tokens the likelier a suggestion, and the first one counts most", () => {
  const of = (...percents: readonly number[]) =>
    confidence("abc", "abc", drawnTokens(...percents.map((percent, i) => ["abc".charAt(i), percent] as const))) ?? NaN;
  const sure = of(99, 99, 99);
  assert.ok(sure > 0.7 && sure < 1, String(sure));
  assert.ok(of(99, 99, 50) < sure);
  assert.ok(of(50, 99, 99) < of(99, 99, 50));
  assert.ok(of(0, 0, 0) === 0);
});

test("what is not part of its first line does not count", () => {
  const tokens = drawnTokens(["\n  ", 3], ["a();", 90], ["\n", 2], ["  b();", 1], ["rest", 1]);
  const written = "\n  a();\n  b();rest";
  const alone = confidence("a();", "a();", drawnTokens(["a();", 90]));
  assert.equal(confidence("a();\n  b();", written, tokens), alone);
  assert.equal(confidence("a();", written, tokens), alone);
});

test("nothing is known without tokens", () => {
  assert.equal(confidence("abc", "abc"), undefined);
  assert.equal(confidence("abc", "abc", []), undefined);
  assert.equal(confidence("other", "abc", drawnTokens(["abc", 9])), undefined);
  assert.ok(isWorthShowing({ text: "abc", replacedLength: 0 }, "quiet"));
});

test("quiet shows less than balanced, balanced less than eager", () => {
  const shownAt = (probability: number) =>
    (["eager", "balanced", "quiet"] as const).filter((each) => isWorthShowing(suggestion(probability), each));
  assert.deepEqual(shownAt(0.01), ["eager"]);
  assert.deepEqual(shownAt(0.25), ["eager", "balanced"]);
  assert.deepEqual(shownAt(0.6), ["eager", "balanced", "quiet"]);
});

test("who accepts nothing sees likelier suggestions, who accepts most sees more", () => {
  const isShown = (probability: number, acceptance: number) =>
    isWorthShowing(suggestion(probability), "balanced", acceptance);
  assert.deepEqual(
    [0, 0.2, 0.9].map((acceptance) => isShown(0.125, acceptance)),
    [false, true, true],
  );
  assert.deepEqual(
    [0, 0.2, 0.9].map((acceptance) => isShown(0.085, acceptance)),
    [false, false, true],
  );
  assert.ok(isShown(0.18, 0), "never more than twice as likely");
});

test("what is not worth showing is there when the user asks for it, without the model", async () => {
  const model = scriptedModel({}, (onText) => {
    onText("unlikely");
    return "end";
  });
  const tokens = drawnTokens(["unlikely", 1]);
  const completer = new InlineCompleter({
    model: { ...model, generate: async (...asked) => ({ ...(await model.generate(...asked)), tokens }) },
  });
  const complete = (automatic: boolean) =>
    completer.complete(requestAt("let x = ║", { automatic }), { debounce: 0, maxTokens: 8 }, never);
  assert.equal(await complete(true), undefined);
  assert.equal((await complete(false))?.text, "unlikely");
  assert.equal(await complete(true), undefined);
  assert.equal(model.asked.filter(({ temperature }) => temperature === 0).length, 1, "the rest are alternatives");
});

test("what was typed of a suggestion, however unlikely, does not keep the rest from being shown", async () => {
  const model = scriptedModel({}, (onText) => {
    onText("unlikely = sure");
    return "end";
  });
  const tokens = drawnTokens(["unlikely", 1], [" = ", 99], ["sure", 99]);
  const completer = new InlineCompleter({
    model: { ...model, generate: async (...asked) => ({ ...(await model.generate(...asked)), tokens }) },
  });
  const complete = (picture: string) => completer.complete(requestAt(picture), { debounce: 0, maxTokens: 8 }, never);
  assert.equal(await complete("let ║"), undefined);
  assert.equal(await complete("let unlike║"), undefined);
  assert.equal((await complete("let unlikely║"))?.text, " = sure");
  assert.equal(model.asked.length, 1);
});

test("on command only, nothing comes by itself, and nothing is asked of the model", async () => {
  const model = scriptedModel({}, (onText) => {
    onText("text");
    return "end";
  });
  const completer = new InlineCompleter({ model });
  const settings = { debounce: 0, maxTokens: 8, suggestions: "onCommand" } as const;
  assert.equal(await completer.complete(requestAt("let x = ║"), settings, never), undefined);
  assert.equal(model.asked.length, 0);
  const asked = requestAt("let x = ║", { automatic: false });
  assert.equal((await completer.complete(asked, settings, never))?.text, "text");
});
