import assert from "node:assert/strict";
import { test } from "node:test";

import { preTokenizerName } from "../../../../server/models/convert/original/preTokenizer.ts";

const unknown = { pre_tokenizer: { type: "Whitespace" } };

function tokens(count: number, endOfText = "<|endoftext|>"): readonly string[] {
  return Array.from({ length: count }, (_, id) => (id === 11 ? endOfText : `t${id}`));
}

test("the tokenizers of published models are known by how many tokens they have, and by the one that ends a text", () => {
  assert.equal(preTokenizerName(unknown, "falcon-h1", tokens(32_768)), "falcon-h1");
  assert.equal(preTokenizerName(unknown, "falcon-h1", tokens(130_049)), "falcon-h1");
  assert.equal(preTokenizerName(unknown, "llama", tokens(131_072)), "falcon3");
  assert.equal(preTokenizerName(unknown, "mamba", tokens(65_024)), "falcon");
});

test("what is like none of them is refused", () => {
  assert.throws(() => preTokenizerName(unknown, "llama", tokens(128_256)), /not of a known Falcon tokenizer/);
  // As Mistral's have it.
  assert.throws(() => preTokenizerName(unknown, "llama", tokens(131_072, "[TOOL]")), /not of a known Falcon tokenizer/);
});
