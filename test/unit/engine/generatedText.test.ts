import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../../support/fastCheck.ts";
import type { Token } from "node-llama-cpp";

import { GeneratedText } from "../../../server/engine/llama/text/generatedText.ts";

/** Tokens that are bytes of UTF-8, decoded as node-llama-cpp does it. */
const decodeBytes = (tokens: readonly Token[]) => Buffer.from(tokens).toString("utf8");

/** The pieces in which a text comes whose tokens are these groups of bytes. */
function piecesOf(groups: readonly (readonly number[])[]): { pieces: string[]; text: string } {
  const pieces: string[] = [];
  const detokenize = (tokens: readonly Token[]) => decodeBytes(tokens.flatMap((token) => groups[token] as Token[]));
  const text = new GeneratedText(detokenize, { stop: [], maxTokens: 10_000 }, (piece) => pieces.push(piece));
  groups.forEach((_, i) => text.push(i as Token));
  return { pieces, text: text.end() };
}

/** Bytes in groups whose ends may lie inside a character. */
function cut(bytes: readonly number[], lengths: readonly number[]): number[][] {
  const groups: number[][] = [];
  let start = 0;
  for (let i = 0; start < bytes.length; i++) {
    const end = start + (lengths[i % lengths.length] ?? 1);
    groups.push(bytes.slice(start, end));
    start = end;
  }
  return groups;
}

test("wherever tokens cut the characters, each comes whole and none is lost", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "…", "🦅", "\n"), maxLength: 30 });
  fc.assert(
    fc.property(text, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 7 }), (whole, lengths) => {
      const { pieces, text: result } = piecesOf(cut([...Buffer.from(whole)], lengths));
      assert.equal(result, whole);
      assert.equal(pieces.join(""), whole);
      assert.ok(pieces.every((piece) => !piece.includes("\uFFFD") && piece.isWellFormed()));
    }),
  );
});

test("what is before a cut character is not held back, nor lost when the text ends there", () => {
  const { pieces, text } = piecesOf([[97, 0xe2], [0x80]]);
  assert.deepEqual(pieces, ["a"]);
  assert.equal(text, "a");
});

test("bytes that are no character are shown as such, and hold up nothing for long", () => {
  const { text } = piecesOf([...Array.from({ length: 6 }, () => [0xff]), [98]]);
  assert.match(text, /^\uFFFD+b$/);
});

test("each token is decoded a few times, also where every one ends inside a character", () => {
  const bytes = [...Buffer.from("🦅".repeat(1000))];
  const groups = [[bytes[0] ?? 0], ...cut(bytes.slice(1), [4])];
  let decoded = 0;
  const detokenize = (tokens: readonly Token[]) => {
    decoded += tokens.length;
    return decodeBytes(tokens.flatMap((token) => groups[token] as Token[]));
  };
  const text = new GeneratedText(detokenize, { stop: [], maxTokens: 10_000 }, () => undefined);
  groups.forEach((_, i) => text.push(i as Token));
  assert.equal(text.end(), "🦅".repeat(1000));
  assert.ok(decoded < 15 * groups.length, `${decoded} for ${groups.length} tokens`);
});
