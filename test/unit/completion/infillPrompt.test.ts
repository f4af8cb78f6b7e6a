import assert from "node:assert/strict";
import { test } from "node:test";

import { completionPrompt, inOrder, pathLine } from "../../../server/completion/infillPrompt.ts";

const demonstration = { demonstration: true };
const window = { before: "a\n", typed: "if (a) {\n  let b", suffix: "\n}\n" };

test("the path leads the prefix where the model was trained so, and nowhere else", () => {
  assert.equal(pathLine({ path: "src/a.ts" }, demonstration), "src/a.ts\n");
  assert.equal(pathLine({ path: "" }, demonstration), "");
  assert.equal(pathLine({ path: "x".repeat(201) }, demonstration), "");
  assert.equal(pathLine({ path: "src/a.ts" }, { demonstration: false }), "");
});

const middle = ["if (a) {\n", { stable: true }, "  let b", { cursor: true }];

test("an infilling model gets both sides, and what is typed begins the middle", () => {
  assert.deepEqual(completionPrompt(window, "src/a.ts\n", { infill: true, demonstration: false }), [
    { role: "prefix" },
    "src/a.ts\na\n",
    { stable: true },
    { role: "suffix" },
    "\n}\n",
    { role: "middle" },
    { stable: true },
    ...middle,
  ]);
});

test("the bundled model gets what comes after the cursor first", () => {
  assert.deepEqual(completionPrompt(window, "src/a.ts\n", { infill: true, demonstration: true }), [
    { role: "prefix" },
    { role: "suffix" },
    "\n}\n",
    { role: "middle" },
    "src/a.ts\na\n",
    ...middle,
  ]);
});

test("the order that the user has set takes the place of the one that a model was trained in", () => {
  const orders = { prefixFirst: [true, false], suffixFirst: [true, true], none: [false, false] } as const;
  for (const trained of [true, false]) {
    for (const infill of ["prefixFirst", "suffixFirst", "none"] as const) {
      const [fills, demonstration] = orders[infill];
      assert.deepEqual(
        completionPrompt(window, "", inOrder({ infill: true, demonstration: trained }, { infill })),
        completionPrompt(window, "", { infill: fills, demonstration }),
      );
    }
  }
  assert.equal(inOrder({ infill: false }, { infill: "suffixFirst" }).infill, false);
});

test("another model goes on after the prefix", () => {
  const plain = { infill: false, demonstration: false };
  assert.deepEqual(completionPrompt(window, "", plain), ["a\n", ...middle]);
  assert.deepEqual(completionPrompt({ before: "", typed: "", suffix: "" }, "", plain), [{ role: "eos" }]);
});

test("context stands first, and where a model has a token for the text before the cursor behind that", () => {
  const context = ["b.ts\n", { role: "eos" }] as const;
  const promptOf = (infill: boolean, demonstration: boolean) =>
    completionPrompt(window, "", { infill, demonstration }, context);
  assert.deepEqual(promptOf(true, true).slice(0, 3), [...context, { role: "prefix" }]);
  assert.deepEqual(promptOf(true, false).slice(0, 4), [{ role: "prefix" }, ...context, "a\n"]);
  assert.deepEqual(promptOf(false, false).slice(0, 3), [...context, "a\n"]);
});
