// Fenced code, followed line by line.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { type OpenFences, followFences } from "../../../src/shared/fences.ts";

/** How many fences are open after each line, as digits. */
function depths(...lines: readonly string[]): string {
  let open: OpenFences = [];
  return lines.map((line) => (open = followFences(open, line)).length).join("");
}

suite("fences", () => {
  test("a fence ends with one like it that is at least as long", () => {
    assert.equal(depths("```js", "code", "```", "text"), "1100");
    assert.equal(depths("````", "```", "~~~~", "````", "text"), "11100");
    assert.equal(depths("~~~", "```", "`````", "~~~~"), "1110");
  });

  test("a fence may stand in a list or a quotation", () => {
    assert.equal(depths("1. ```js", "   code", "   ```"), "110");
    assert.equal(depths("> - ~~~", "> code", "> ~~~"), "110");
  });

  test("inline code and two backticks open nothing", () => {
    assert.equal(depths("```js``` is code", "``", "~~", "a ```"), "0000");
  });

  test("Markdown in a fence holds fences of its own, which name their language", () => {
    assert.equal(depths("```markdown", "```bash", "npm i", "```", "text", "```", "text"), "1221100");
    assert.equal(depths("~~~ md", "~~~js", "~~~", "~~~"), "1210");
    assert.equal(depths("```md", "```md", "```js", "```", "```", "```"), "123210");
    assert.equal(depths("```md", "- item", "  ```", "  code", "  ```", "- item", "```"), "1122110");
  });

  test("code that is no Markdown holds no fences", () => {
    assert.equal(depths("```python", "```js", "```", "text"), "1100");
    assert.equal(depths("```mdx", "```js", "```"), "110");
    assert.equal(depths("```python", "- ```", "> ```", "    ```", " ```"), "11110");
  });

  test("a line as long as an answer is read in an instant", () => {
    for (const long of [" ", ">", "- ", "1. ", "`", "~"]) {
      assert.equal(depths(long.repeat(1_000_000) + "x").length, 1);
    }
  });
});
