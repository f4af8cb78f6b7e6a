import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import { cutChunks } from "../../../server/completion/context/chunks.ts";
import { CompletionContext } from "../../../server/completion/context/completionContext.ts";
import { afterAcceptance, lookedAtAfter } from "../../../server/completion/prefetch.ts";
import type { CompletionRequest } from "../../../server/completion/request.ts";
import { requestAt } from "../../support/cursor.ts";
import { scriptedModel, textOf } from "../../support/scriptedModel.ts";

const settings = { debounce: 0, maxTokens: 32, suggestions: "eager" } as const;
const never = new AbortController().signal;

/** Documents before and after the suggestion between `├ ┤` is accepted, and how many characters it takes the place of. */
const cases: readonly [name: string, picture: string, text: string, replacedLength: number, accepted: string][] = [
  ["in a line", "let x = ║;", "one", 0, "let x = one║;"],
  ["lines", "f {\n  ║\n}", "a();\n  b();", 0, "f {\n  a();\n  b();║\n}"],
  ["a bracket that is there", "f(║)\ng", "a);", 1, "f(a);║\ng"],
  ["wide characters", "# 🦅 ║\n", "🦅é", 0, "# 🦅 🦅é║\n"],
];

for (const [name, picture, text, replacedLength, accepted] of cases) {
  test(`is the request that comes when the suggestion was accepted: ${name}`, () => {
    assert.deepEqual(afterAcceptance(requestAt(picture), { text, replacedLength }), requestAt(accepted));
  });
}

test("also where the suggestion goes on from an item of the suggest widget", () => {
  const range = { start: { line: 1, character: 8 }, end: { line: 1, character: 10 } };
  const request = requestAt("a\nconsole.lo║", { selectedCompletion: { range, text: "logger" } });
  const accepted = afterAcceptance(request, { text: ".warn(", replacedLength: 0 });
  assert.deepEqual(accepted, requestAt("a\nconsole.logger.warn(║"));
});

/** Whose engine tells that it has so many requests, and which writes a text of its own for each. */
function completerWith(queue: number) {
  let count = 0;
  const model = scriptedModel({}, (onText) => {
    onText(`w${++count};`);
    return "end";
  });
  const completer = new InlineCompleter({ model, queue });
  const shownAt = async (request: CompletionRequest) => (await completer.complete(request, settings, never))?.text;
  return { model, shownAt };
}

test("what follows a suggestion that is looked at is there when it is accepted", async () => {
  const { model, shownAt } = completerWith(0);
  assert.equal(await shownAt(requestAt("let x = ║\n")), "w1;");
  for (let i = 0; model.asked.length < 2 && i < 1000; i++) await sleep(10);
  assert.equal(model.asked[1]?.priority, "background");
  assert.match(textOf(model.asked[1].prompt), /let x = w1;$/);
  assert.equal(await shownAt(requestAt("let x = w1;║\n")), "w2;");
  assert.equal(model.asked.length, 2);
});

test("nothing is written ahead once a key came, nor while the engine has something to do", async () => {
  const typed = completerWith(0);
  await typed.shownAt(requestAt("let x = ║\n"));
  await typed.shownAt(requestAt("# ║\n", { automatic: false }));
  const busy = completerWith(1);
  await busy.shownAt(requestAt("let x = ║\n"));
  await sleep(2 * lookedAtAfter);
  assert.deepEqual(
    [...typed.model.asked, ...busy.model.asked].filter(({ priority }) => priority === "background"),
    [],
  );
});

test("context and window stay those of the user's place while a text is written ahead", async () => {
  let asked = 0;
  const text = "export const wheel = parseWheel(spokes);\n";
  const chunks = cutChunks({ uri: "file:///wheel.js", path: "wheel.js", text });
  const find = () => (asked++, chunks);
  const context = new CompletionContext(
    [{ name: "index", timeLimit: 60_000, find }],
    () => true,
    () => true,
  );
  const model = scriptedModel({}, (onText) => {
    onText("parseWheel(\n  spokes,\n);");
    return "end";
  });
  const completer = new InlineCompleter({ model, queue: 0 }, context);
  await completer.complete(requestAt("wheel = ║\n"), settings, never);
  const { report } = context;
  assert.match(textOf(model.asked[0]?.prompt ?? []), /export const wheel/);
  for (let i = 0; model.asked.length < 2 && i < 1000; i++) await sleep(10);
  assert.match(textOf(model.asked[1]?.prompt ?? []), /export const wheel[^]*spokes,\n\);$/);
  assert.equal(context.report, report);
  await completer.complete(requestAt("wheel = q║\n"), settings, never);
  assert.equal(asked, 1);
});

/** What the model is asked, each after what still runs, where requests come while a text is written ahead. */
async function askedWhileAhead(...requests: readonly CompletionRequest[]): Promise<readonly string[]> {
  const release = Promise.withResolvers<undefined>();
  const running: string[] = [];
  const seen: string[] = [];
  const model = scriptedModel({}, (onText) => {
    onText("w;");
    return "end";
  });
  const completer = new InlineCompleter({
    model: {
      ...model,
      generate: async (request, onText, signal) => {
        seen.push([...running, request.priority].join("+"));
        running.push(request.priority);
        if (request.priority === "background") await release.promise;
        const generation = await model.generate(request, onText, signal);
        running.pop();
        return generation;
      },
    },
    queue: 0,
  });
  const first = requestAt("let x = ║\n");
  await completer.complete(first, settings, never);
  for (let i = 0; seen.length < 2 && i < 1000; i++) await sleep(10);
  const asked: Promise<unknown>[] = [];
  for (const request of requests) {
    asked.push(completer.complete(request, settings, never));
    for (let i = 0; i < 5; i++) await setImmediate();
  }
  release.resolve(undefined);
  await Promise.all(asked);
  return seen;
}

test("what is asked for on command waits until what is written ahead has ended", async () => {
  const seen = await askedWhileAhead(requestAt("let x = ║\n", { automatic: false }));
  assert.deepEqual(seen, ["completion", "background", "completion"]);
});

test("a key waits for it too, though a text was shown from memory in between", async () => {
  const seen = await askedWhileAhead(requestAt("let x = ║\n"), requestAt("let y = ║\n"));
  assert.deepEqual(seen.slice(0, 3), ["completion", "background", "completion"]);
});
