import assert from "node:assert/strict";
import { test } from "node:test";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import { requestAt } from "../../support/cursor.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const never = new AbortController().signal;
const pieces = ["one(", ");\n    two", "();\n    three();", "\n    four();"];

/** What is shown of a body that a model writes with no time left, or with all of it, and whether it wrote to the end. */
async function complete(timeLimit: number | undefined, automatic = true) {
  let written = 0;
  const model = scriptedModel({}, (onText, signal) => {
    for (const piece of pieces) {
      if (signal.aborted) return "aborted";
      onText(piece);
      written++;
    }
    return "end";
  });
  const limit = timeLimit === undefined ? {} : { timeLimit };
  const completion = await new InlineCompleter({ model }).complete(
    requestAt("function f() {\n    ║\n}\n", { automatic }),
    { debounce: 0, maxTokens: 32, ...limit },
    never,
  );
  return { text: completion?.text, written };
}

test("when the time is over, a suggestion of several lines ends with the line that is being written", async () => {
  assert.deepEqual(await complete(0), { text: "one();", written: 2 });
});

test("with time left, without a limit and on command all of it is written", async () => {
  const all = { text: "one();\n    two();\n    three();\n    four();", written: pieces.length };
  assert.deepEqual(await complete(60_000), all);
  assert.deepEqual(await complete(undefined), all);
  assert.equal((await complete(0, false)).text, all.text);
});

test("a first line that is not whole has the time that it takes", async () => {
  const model = scriptedModel({}, (onText) => {
    for (const piece of ["\n", "    ", "ret", "urn", " 1;"]) onText(piece);
    return "end";
  });
  const completion = await new InlineCompleter({ model }).complete(
    requestAt("function f() {║\n}\n"),
    { debounce: 0, maxTokens: 32, timeLimit: 0 },
    never,
  );
  assert.equal(completion?.text, "\n    return 1;");
});
