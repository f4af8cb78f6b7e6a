// Short names of pieces of documents.

import assert from "node:assert/strict";
import { test } from "node:test";

import { lineLabel } from "../../../src/chat/lineLabel.ts";

test("lineLabel counts lines as people do", () => {
  assert.equal(lineLabel("main.ts"), "main.ts");
  assert.equal(lineLabel("main.ts", { startLine: 11, endLine: 19 }), "main.ts:12-20");
  assert.equal(lineLabel("main.ts", { startLine: 0, endLine: 0 }), "main.ts:1");
});
