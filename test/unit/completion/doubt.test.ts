import assert from "node:assert/strict";
import { test } from "node:test";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import { stopAtDoubt } from "../../../server/completion/refine/stopAtDoubt.ts";
import type { GeneratedToken } from "../../../server/engine/engine.ts";
import { requestAt } from "../../support/cursor.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

/** The tokens of a text, and how likely each is. */
type Tokens = readonly (readonly [text: string, probability: number])[];

function generated(tokens: Tokens): { readonly text: string; readonly tokens: readonly GeneratedToken[] } {
  const text = tokens.map(([token]) => token).join("");
  let end = 0;
  return { text, tokens: tokens.map(([token, probability]) => ({ end: (end += token.length), probability })) };
}

/** What the model wrote, and how much of it is left. */
const cases: readonly [name: string, tokens: Tokens, left: string][] = [
  [
    "lines that are likely",
    [
      ["a();", 0.5],
      ["\n", 0.9],
      ["b();", 0.5],
      ["\n", 0.9],
      ["c();", 0.3],
    ],
    "a();\nb();\nc();",
  ],
  [
    "a line with a token that is not",
    [
      ["a();", 0.5],
      ["\n", 0.9],
      ["b", 0.01],
      ["();", 0.9],
      ["\nc();", 0.9],
    ],
    "a();",
  ],
  [
    "a line of which many are little likely",
    [
      ["a();\n", 0.9],
      ["b", 0.2],
      ["(c", 0.3],
      ["d);", 0.3],
    ],
    "a();",
  ],
  [
    "a first line, which the gate judges",
    [
      ["a", 0.01],
      ["();", 0.9],
    ],
    "a();",
  ],
  [
    "a first line behind a break",
    [
      ["\n", 0.01],
      ["  a", 0.1],
      ["();", 0.9],
      ["\n  b();", 0.9],
    ],
    "\n  a();\n  b();",
  ],
  [
    "a break that is unlikely",
    [
      ["a();", 0.5],
      ["\n  b", 0.01],
      ["();", 0.9],
    ],
    "a();",
  ],
  ["lines that are each likely", Array.from({ length: 20 }, () => ["a();\n", 0.5] as const), "a();\n".repeat(20)],
  [
    "lines after an empty one",
    [
      ["a();\n\n", 0.9],
      ["b", 0.01],
      ["();", 0.9],
    ],
    "a();\n",
  ],
];

for (const [name, tokens, left] of cases) {
  test(name, () => {
    const { text, tokens: told } = generated(tokens);
    assert.equal(stopAtDoubt(text, told), left);
  });
}

test("a text of which nothing is told stays", () => {
  assert.equal(stopAtDoubt("a();\nb();", []), "a();\nb();");
});

test("what is shown ends before the doubt, wherever in what was written it begins", async () => {
  const { text, tokens } = generated([
    [" ", 0.9],
    ["if (a) {", 0.9],
    ["\n    b();", 0.9],
    ["\n    c", 0.01],
    ["();", 0.9],
  ]);
  const model = scriptedModel({}, (onText) => {
    onText(text);
    return "end";
  });
  const generate: typeof model.generate = async (...request) => ({ ...(await model.generate(...request)), tokens });
  const completer = new InlineCompleter({ model: { ...model, generate } });
  const settings = { debounce: 0, maxTokens: 32 };
  const completion = await completer.complete(requestAt("f {\n  ║\n}"), settings, new AbortController().signal);
  assert.equal(completion?.text, "if (a) {\n    b();");
});
