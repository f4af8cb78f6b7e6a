// The cutting of Markdown into blocks: a block that was closed once stays as it is, whatever is written after it.

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { splitBlocks } from "../../webview/markdown.ts";

/** Lines out of which Markdown's constructs come about, and all the ways in which they can run into one another. */
export const markdownLines = fc.constantFrom(
  ..."||text|more *text*|- item|  - inner|* star|1. one|2) two|  continued|    four|> quote|>|# Title|===|---|--|***|___".split(
    "|",
  ),
  ..."```|```js|~~~|````|  ```|const a = 1;|a | b|-|--|:-:|--:|1 | 2".split("|"),
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
);

export const markdownDocument = fc.array(markdownLines, { maxLength: 14 }).map((lines) => lines.join("\n"));

test("blocks, joined, are the text", () => {
  fc.assert(
    fc.property(markdownDocument, (text) => {
      const { closed, open } = splitBlocks(text);
      assert.equal(closed.join("") + open, text);
    }),
    { numRuns: 2000 },
  );
});

test("text in pieces gives the blocks that the whole gives", () => {
  fc.assert(
    fc.property(markdownDocument, fc.array(fc.nat(12)), (text, sizes) => {
      const blocks: string[] = [];
      let frozen = 0;
      let end = 0;
      for (const size of sizes) {
        end += size;
        const { closed } = splitBlocks(text.slice(frozen, end));
        blocks.push(...closed);
        frozen += closed.join("").length;
      }
      const rest = splitBlocks(text.slice(frozen));
      const whole = splitBlocks(text);
      assert.deepEqual([...blocks, ...rest.closed, rest.open], [...whole.closed, whole.open]);
    }),
    { numRuns: 10_000 },
  );
});

test("a block is closed by the first whole line after it", () => {
  assert.deepEqual(splitBlocks("# Title\ntext"), { closed: [], open: "# Title\ntext" });
  assert.deepEqual(splitBlocks("# Title\ntext\n"), { closed: ["# Title"], open: "\ntext\n" });
  assert.deepEqual(splitBlocks("# Title\n\ntext\n"), { closed: ["# Title"], open: "\n\ntext\n" });
  assert.deepEqual(splitBlocks("- a\n\n- b\n"), { closed: [], open: "- a\n\n- b\n" });
});

test("fenced code is closed by the end of its last line", () => {
  assert.deepEqual(splitBlocks("```js\na\n```"), { closed: [], open: "```js\na\n```" });
  assert.deepEqual(splitBlocks("```js\na\n```\n"), { closed: ["```js\na\n```"], open: "\n" });
});
