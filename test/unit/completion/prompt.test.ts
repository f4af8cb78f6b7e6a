import assert from "node:assert/strict";
import { test } from "node:test";

import { completionPrompt, pathLine } from "../../../server/completion/prompt.ts";

const infills = { infill: true, architecture: "falcon" };
const window = { prefix: "a\nlet b", suffix: ";\n" };

test("the path leads the prefix where the model was trained so, and nowhere else", () => {
  assert.equal(pathLine({ path: "src/a.ts" }, infills), "src/a.ts\n");
  assert.equal(pathLine({ path: "" }, infills), "");
  assert.equal(pathLine({ path: "x".repeat(201) }, infills), "");
  assert.equal(pathLine({ path: "src/a.ts" }, { ...infills, architecture: "falcon-h1" }), "");
  assert.equal(pathLine({ path: "src/a.ts" }, { ...infills, infill: false }), "");
});

test("an infilling model gets both sides, with the lines before the cursor's as a stable place", () => {
  assert.deepEqual(completionPrompt(window, "src/a.ts\n", infills), [
    { role: "prefix" },
    "src/a.ts\na\n",
    { stable: true },
    "let b",
    { cursor: true },
    { role: "suffix" },
    ";\n",
    { role: "middle" },
  ]);
});

test("another model goes on after the prefix", () => {
  assert.deepEqual(completionPrompt(window, "", { infill: false }), [
    "a\n",
    { stable: true },
    "let b",
    { cursor: true },
  ]);
});
