// The new text in an answer, and what of the old one it keeps.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { AnswerText, fenceFor, likeOriginal } from "../../../server/edit/answerText.ts";
import fc from "../../support/fastCheck.ts";

function read(answer: string, size = answer.length || 1, fence = "```", original = "") {
  const reader = new AnswerText(fence, original);
  let shown = "";
  for (let at = 0; at < answer.length; at += size) shown += reader.push(answer.slice(at, at + size));
  return { shown: shown + reader.end(), text: reader.text };
}

suite("the text of an answer", () => {
  const cases: Readonly<Record<string, readonly [answer: string, text: string]>> = {
    "is all of it where the prompt has opened the fence": ["a\nb\n", "a\nb\n"],
    "ends with its fence, whatever follows": ["a\n```\nI have changed a.\n```js\nc\n```", "a\n"],
    "is what a second fence holds": ["```js\na\n```\nDone.", "a\n"],
    "comes after the model's thinking": ["<think>\nhm\n</think>\na\n", "a\n"],
    "comes after words that lead to a fence": ["Sure! Here is the code:\n\n```js\na\nb\n```\n", "a\nb\n"],
    "comes after any words that announce a fence": ["Berths have letters:\n\n```ts\na\n```\n", "a\n"],
    "begins with a line that announces nothing": [
      "def f(a):\n    if a:\n        return\n",
      "def f(a):\n    if a:\n        return\n",
    ],
    "is a line that could announce its fence's end": ["if a and b:\n```\nDone.", "if a and b:\n"],
    "may be nothing": ["", ""],
    "is nothing where its fence closes before words about it": ["```\nThe code is fine already.\n", ""],
  };
  for (const [name, [answer, text]] of Object.entries(cases)) {
    test(name, () => {
      for (const size of [1, 3, 1_000]) assert.equal(read(answer, size).text, text);
    });
  }

  test("keeps its own blocks, and words that lead to one", () => {
    for (const text of ["```js\nlet a = 1;\n```\nProse\n", "Here is an example:\n\n```js\na\n```\nMore\n"]) {
      assert.deepEqual(read(text, 3, "````", text), { shown: text, text });
      assert.equal(read(`${text}\`\`\`\`\nDone.`, 3, "````", text).text, text);
    }
  });

  test("ends before a fence that is too short to close it, and opens nothing", () => {
    assert.equal(read("a\nb\n```\n", 3, "````").text, "a\nb\n");
    assert.equal(read("```sh\na\n```\n```", 3, "````").text, "```sh\na\n```\n");
    assert.equal(read("```sh\na\n```", 3, "````").text, "```sh\na\n```");
  });

  test("has a fence that no run of backticks closes", () => {
    assert.equal(fenceFor(3, "a", "b"), "```");
    assert.equal(fenceFor(4, "a", "b"), "````");
    assert.equal(fenceFor(3, "````md\n```"), "`````");
  });
});

suite("a new text keeps of the old one", () => {
  test("its line ends, its empty lines around it, and whether it ends with a line break", () => {
    assert.equal(likeOriginal("a\nB\n", "\r\na\r\nb\r\n\r\n"), "\r\na\r\nB\r\n\r\n");
    assert.equal(likeOriginal("\na\nB\n", "a\nb"), "a\nB");
  });

  test("where it is blank, its indentation and its last line end alone", () => {
    assert.equal(likeOriginal("x = 1\n", "    "), "    x = 1");
    assert.equal(likeOriginal("x\n", "\n\n"), "x\n");
    assert.equal(likeOriginal("x\n", ""), "x");
  });

  test("its indentation, where the model has moved all of it, or its first line, to the edge", () => {
    const old = "    if x:\n        y()\n    z()";
    assert.equal(likeOriginal("if x:\n    y(1)\nz()", old), "    if x:\n        y(1)\n    z()");
    assert.equal(likeOriginal("if x:\n        y(1)\n    z()", old), "    if x:\n        y(1)\n    z()");
    assert.equal(likeOriginal("    if x:\n        y(1)\n    z()", old), "    if x:\n        y(1)\n    z()");
  });

  test("all, where it is repeated", () => {
    const line = fc.constantFrom("", "  ", "a", "\tb", "    c;", "𝒳 👩‍🚀", "} ");
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 10 }), fc.constantFrom("\n", "\r\n"), (lines, end) => {
        const text = lines.join(end);
        const repeated = text.replaceAll("\r\n", "\n").trimEnd();
        if (text.trim() !== "") assert.equal(likeOriginal(`${repeated}\n`, text), text);
      }),
    );
  });
});
