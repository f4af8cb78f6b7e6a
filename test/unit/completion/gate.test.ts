import assert from "node:assert/strict";
import { test } from "node:test";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import { confidenceIn, isWorthShowing } from "../../../server/completion/gate.ts";
import type { GeneratedToken } from "../../../server/engine/engine.ts";
import { requestAt } from "../../support/cursor.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

/** Tokens drawn as `text:percent`. */
function tokensOf(...drawn: readonly (readonly [text: string, percent: number])[]): GeneratedToken[] {
  let end = 0;
  return drawn.map(([text, percent]) => ({ end: (end += text.length), probability: percent / 100 }));
}

const never = new AbortController().signal;

test("the likelier its tokens the likelier a suggestion, and the first one counts most", () => {
  const of = (...percents: readonly number[]) =>
    confidenceIn("abc", "abc", tokensOf(...percents.map((percent, i) => ["abc".charAt(i), percent] as const))) ?? NaN;
  const sure = of(99, 99, 99);
  assert.ok(sure > 0.7 && sure < 1, String(sure));
  assert.ok(of(99, 99, 50) < sure);
  assert.ok(of(50, 99, 99) < of(99, 99, 50));
  assert.ok(of(0, 0, 0) === 0);
});

test("what is not part of its first line does not count", () => {
  const tokens = tokensOf(["\n  ", 3], ["a();", 90], ["\n", 2], ["  b();", 1], ["rest", 1]);
  const written = "\n  a();\n  b();rest";
  const alone = confidenceIn("a();", "a();", tokensOf(["a();", 90]));
  assert.equal(confidenceIn("a();\n  b();", written, tokens), alone);
  assert.equal(confidenceIn("a();", written, tokens), alone);
});

test("nothing is known without tokens", () => {
  assert.equal(confidenceIn("abc", "abc"), undefined);
  assert.equal(confidenceIn("abc", "abc", []), undefined);
  assert.equal(confidenceIn("other", "abc", tokensOf(["abc", 9])), undefined);
  assert.ok(isWorthShowing({ text: "abc", replacedLength: 0 }, "quiet"));
});

test("quiet shows less than balanced, balanced less than eager", () => {
  const shownAt = (confidence: number) =>
    (["eager", "balanced", "quiet"] as const).filter((each) =>
      isWorthShowing({ text: "a", replacedLength: 0, confidence }, each),
    );
  assert.deepEqual(shownAt(0.01), ["eager"]);
  assert.deepEqual(shownAt(0.25), ["eager", "balanced"]);
  assert.deepEqual(shownAt(0.6), ["eager", "balanced", "quiet"]);
});

test("who accepts nothing sees likelier suggestions, who accepts most sees more", () => {
  const isShown = (confidence: number, acceptance: number) =>
    isWorthShowing({ text: "a", replacedLength: 0, confidence }, "balanced", acceptance);
  assert.deepEqual(
    [0, 0.2, 0.9].map((acceptance) => isShown(0.06, acceptance)),
    [false, true, true],
  );
  assert.deepEqual(
    [0, 0.2, 0.9].map((acceptance) => isShown(0.03, acceptance)),
    [false, false, true],
  );
  assert.ok(isShown(0.11, 0), "never more than twice as likely");
});

test("what is not worth showing is there when the user asks for it, without the model", async () => {
  const model = scriptedModel({}, (onText) => {
    onText("unlikely");
    return "end";
  });
  const tokens = tokensOf(["unlikely", 1]);
  const completer = new InlineCompleter({
    model: { ...model, generate: async (...asked) => ({ ...(await model.generate(...asked)), tokens }) },
  });
  const complete = (automatic: boolean) =>
    completer.complete(requestAt("let x = ║", { automatic }), { debounce: 0, maxTokens: 8 }, never);
  assert.equal(await complete(true), undefined);
  assert.equal((await complete(false))?.text, "unlikely");
  assert.equal(await complete(true), undefined);
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
