import assert from "node:assert/strict";
import { test } from "node:test";

import * as l10n from "@vscode/l10n";

import { describeContext } from "../../../src/completion/contextView.ts";
import type { CompletionContextReport } from "../../../src/shared/completionContext.ts";

const report: CompletionContextReport = {
  path: "src/cart.ts",
  budget: 600,
  tokens: 41,
  milliseconds: 3.21,
  providers: [
    { name: "visited", chunks: 12, milliseconds: 1 },
    { name: "definitions", chunks: 0, milliseconds: 100, failure: "late" },
  ],
  chunks: [
    {
      provider: "visited",
      path: "src/wheel.ts",
      line: 4,
      score: 0.5,
      verdict: "used",
      tokens: 41,
      text: "a\n```\nb\n",
    },
    { provider: "visited", path: "src/bread.ts", line: 0, score: 0.1, verdict: "unlike" },
  ],
};

test("it says what went in, with its text, what was left out and why, and what it cost", () => {
  assert.equal(
    describeContext(report, l10n),
    [
      "# Completion in src/cart.ts",
      "41 of 600 tokens, chosen in 3.2 ms",
      "- open and recent files: 12 chunks in 1.0 ms\n- definitions: 0 chunks in 100.0 ms (too late)",
      "## In the prompt",
      "### src/wheel.ts:5 (open and recent files), score 0.50, 41 tokens",
      "````\na\n```\nb\n````",
      "## Left out",
      "- src/bread.ts:1 (open and recent files), score 0.10: too little of what the text around the cursor is about",
      "",
    ].join("\n\n"),
  );
});

test("it says why there is nothing", () => {
  assert.match(describeContext(null, l10n), /^No completion/);
  assert.match(describeContext({ ...report, budget: 0 }, l10n), /^No text of other files/);
  const nothing = describeContext({ ...report, chunks: [] }, l10n);
  assert.match(nothing, /## In the prompt\n\nNothing: .*\n\n## Left out\n\nNothing\n/);
});
