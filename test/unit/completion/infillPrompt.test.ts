import assert from "node:assert/strict";
import { test } from "node:test";

import { completionPrompt, pathLine } from "../../../server/completion/infillPrompt.ts";

const demonstration = { demonstration: true };
const window = { prefix: "a\nlet b", suffix: ";\n" };

test("the path leads the prefix where the model was trained so, and nowhere else", () => {
  assert.equal(pathLine({ path: "src/a.ts" }, demonstration), "src/a.ts\n");
  assert.equal(pathLine({ path: "" }, demonstration), "");
  assert.equal(pathLine({ path: "x".repeat(201) }, demonstration), "");
  assert.equal(pathLine({ path: "src/a.ts" }, { demonstration: false }), "");
});

test("an infilling model gets both sides, with the lines before the cursor's as a stable place", () => {
  assert.deepEqual(completionPrompt(window, "src/a.ts\n", { infill: true, demonstration: false }), [
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

test("the bundled model gets what comes after the cursor first", () => {
  assert.deepEqual(completionPrompt(window, "src/a.ts\n", { infill: true, demonstration: true }), [
    { role: "prefix" },
    { role: "suffix" },
    ";\n",
    { role: "middle" },
    "src/a.ts\na\n",
    { stable: true },
    "let b",
    { cursor: true },
  ]);
});

test("another model goes on after the prefix", () => {
  assert.deepEqual(completionPrompt(window, "", { infill: false, demonstration: false }), [
    "a\n",
    { stable: true },
    "let b",
    { cursor: true },
  ]);
});
