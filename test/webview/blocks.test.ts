// The cutting of Markdown into pieces: they are of bounded size, and the same however the text comes.

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../support/fastCheck.ts";

import { type Piece, createBlockReader } from "../../webview/blocks.ts";

/** Lines out of which Markdown's constructs come about, and all the ways in which they can run into one another. */
const markdownLines = fc.constantFrom(
  ..."||text|more *text*|- item|  - inner|* star|1. one|2) two|  continued|    four|> quote|>|# Title|===|---|--|***|___".split(
    "|",
  ),
  ..."```|```js|~~~|````|  ```|```md|const a = 1;|a | b|-|--|:-:|--:|1 | 2|$$|\\[|\\]|\\begin{a}|$x$|\\(y\\)".split(
    "|",
  ),
  "a | b",
  "--|:-:",
  "1 | 2",
  "| a | b |",
  "|--|--|",
  "<div>",
  "</div>",
  "<!--",
  "-->",
  "<script>",
  "[a]: https://a.example",
  "[text][a]",
  "\tindented",
  " ",
  "- [x] task",
  "-",
  "*",
  "+",
  "1.",
  "  ",
  "`open",
  "**open",
  "a line of words that is longer than the others are",
  "> ".repeat(40),
);

const markdownDocument = fc.array(markdownLines, { maxLength: 14 }).map((lines) => lines.join("\n"));

/** Reads a text that comes up to each of the `ends`, and then whole. */
function read(text: string, ends: readonly number[], longestPiece?: number): Piece[] {
  const reader = createBlockReader(longestPiece);
  const pieces: Piece[] = [];
  for (const [index, end] of [...ends, text.length].entries()) {
    const ended = index === ends.length;
    for (;;) {
      const piece = reader.next(text.slice(0, end), ended);
      if (!piece) break;
      pieces.push(piece);
    }
    reader.unfinished(text.slice(0, end));
  }
  return pieces;
}

/** Pieces with those in one that nothing divides on the page. */
function joinPieces(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    const goesOn =
      last?.kind === "code" ? !last.ends : last?.kind === "markdown" && piece.kind === "markdown" && !("glue" in piece);
    if (last && goesOn) joined[joined.length - 1] = { ...last, ...piece, text: last.text + piece.text };
    else joined.push(piece);
  }
  return joined;
}

for (const longestPiece of [undefined, 40, 15]) {
  test(`text in parts gives the pieces that the whole gives, of ${longestPiece ?? "any number of"} characters`, () => {
    fc.assert(
      fc.property(markdownDocument, fc.array(fc.nat(12)), (text, sizes) => {
        let end = 0;
        const ends = sizes.map((size) => (end += size)).filter((each) => each < text.length);
        const pieces = read(text, ends, longestPiece);
        assert.deepEqual(joinPieces(pieces), joinPieces(read(text, [], longestPiece)), JSON.stringify(text));
      }),
      { numRuns: 5_000 },
    );
  });
}

test("no piece is longer than it may be, and none of the words is lost", () => {
  const units = [
    "word ",
    "word\n",
    "- item\n",
    "> quote\n",
    "x",
    "| a | b |\n",
    "1. one\n   two\n",
    "> - ",
    "*a ",
    "# a\n",
  ];
  for (const unit of units) {
    const start = unit.startsWith("|") ? "| a | b |\n|---|---|\n" : "";
    const text = start + unit.repeat(20_000 / unit.length);
    const pieces = read(text, []);
    assert.ok(pieces.length > 1 && pieces.every((piece) => piece.text.length <= 2_100), unit);
    // A table has its header again in each piece.
    const all = pieces
      .map((piece, index) => (start && index > 0 ? piece.text.slice(start.length) : piece.text))
      .join("");
    assert.ok(all === text, unit);
  }
});

test("fenced code comes in whole lines, without its fences, whatever stands in it", () => {
  const pieces = joinPieces(read("```js\n  a\n\n> b\n````\nnone\n```\n", []));
  assert.deepEqual(pieces, [
    { kind: "code", language: "js", text: "  a\n\n> b", ends: true },
    { kind: "markdown", text: "none\n" },
    { kind: "code", language: "", text: "", ends: true },
  ]);
  assert.deepEqual(joinPieces(read("  ~~~\n    a\n b\n  ~~~", [])), [
    { kind: "code", language: "", text: "  a\nb", ends: true },
  ]);
});

test("a README in a fence is one piece of code with the fences in it", () => {
  for (const fence of ["```markdown", "```md", "~~~ markdown"]) {
    const run = fence.slice(0, 3);
    const readme = `# Title\n\n${run}bash\nnpm i\n${run}\n\nMore text`;
    const pieces = joinPieces(read(`Here:\n\n${fence}\n${readme}\n${run}\n\nDone.`, []));
    assert.deepEqual(
      pieces.map(({ text }) => text),
      ["Here:\n\n", readme, "Done."],
    );
  }
});

test("a line that is being written is not shown as something else for a moment", () => {
  const reader = createBlockReader();
  assert.equal(reader.unfinished("```j"), undefined);
  reader.next("```js\nlet a", false);
  assert.equal(reader.unfinished("```js\nlet a")?.text, "let a");
  reader.next("```js\nlet a\n``", false);
  assert.equal(reader.unfinished("```js\nlet a\n``")?.text, "");
});
