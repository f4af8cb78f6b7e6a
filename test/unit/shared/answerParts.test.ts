// An answer in its parts: text, thinking and tool calls.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { type AnswerPart, createAnswerSplitter, splitAnswer } from "../../../src/shared/answerParts.ts";
import { assertGrowsWithLength, repeated } from "../../support/growth.ts";

/** Parts as `[kind, text]`, with `…` after the kind of an open one. */
function partsOf(answer: string): [string, string][] {
  return splitAnswer(answer).map(short);
}

function short({ kind, text, open }: AnswerPart): [string, string] {
  return [open ? `${kind}…` : kind, text];
}

suite("the parts of an answer", () => {
  test("text alone is one part", () => {
    assert.deepEqual(partsOf("Hello!\n\nHow are you?"), [["text…", "Hello!\n\nHow are you?"]]);
    assert.deepEqual(partsOf(""), []);
    assert.deepEqual(partsOf(" \n"), []);
  });

  test("thinking comes before the text", () => {
    assert.deepEqual(partsOf("<think>\nThe user greets me.\n</think>\n\nHello!"), [
      ["thinking", "\nThe user greets me.\n"],
      ["text…", "\n\nHello!"],
    ]);
    assert.deepEqual(partsOf("<think>one</think>two"), [
      ["thinking", "one"],
      ["text…", "two"],
    ]);
  });

  test("thinking goes on until it is closed", () => {
    assert.deepEqual(partsOf("<think>\nThe user"), [["thinking…", "\nThe user"]]);
    assert.deepEqual(partsOf("<think>one</think>\n"), [["thinking", "one"]]);
    assert.deepEqual(partsOf("<think>\n```\nopen fence\n</think>Text"), [
      ["thinking", "\n```\nopen fence\n"],
      ["text…", "Text"],
    ]);
  });

  test("thinking that began in the prompt ends at its end tag", () => {
    assert.deepEqual(partsOf("The user greets me.\n</think>\n\nHello!"), [
      ["thinking", "The user greets me.\n"],
      ["text…", "\n\nHello!"],
    ]);
    assert.deepEqual(partsOf("I greet.</think>Hello! </think>"), [
      ["thinking", "I greet."],
      ["text…", "Hello! </think>"],
    ]);
  });

  test("a tool call stands between texts, and several follow one another", () => {
    const answer = 'I look.\n<tool_call>\n[{"name": "read"}]\n</tool_call>\n<tool_call>two</tool_call>\nDone.';
    assert.deepEqual(partsOf(answer), [
      ["text", "I look.\n"],
      ["toolCall", '\n[{"name": "read"}]\n'],
      ["toolCall", "two"],
      ["text…", "\nDone."],
    ]);
    assert.deepEqual(partsOf("<think>a</think><tool_call>b"), [
      ["thinking", "a"],
      ["toolCall…", "b"],
    ]);
  });

  test("tags in code and in the middle of a line are text", () => {
    const texts = [
      "Models write `<think>` first and then `</think>`.",
      "Look: <think>no</think>",
      "```xml\n<think>\nno\n</think>\n```\n",
      "1. ~~~\n   <tool_call>\n   ~~~\n",
      "```markdown\n```xml\n<think>\n```\n<think>\n```\n",
      "    <think>\n",
    ];
    for (const text of texts) assert.deepEqual(partsOf(text), [["text…", text]]);
  });

  test("a tag after code counts", () => {
    assert.deepEqual(partsOf("```xml\n<think>\n```\n<think>\nyes"), [
      ["text", "```xml\n<think>\n```\n"],
      ["thinking…", "\nyes"],
    ]);
  });

  test("an answer that grows has the parts of the whole at every step", () => {
    const piece = fc.constantFrom(
      ..."<think>|</think>|<tool_call>|</tool_call>|\n|`|```|```md|```js|~~~| |  |text|<thi|>|- |é".split("|"),
    );
    const property = fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const split = createAnswerSplitter();
      let answer = "";
      for (const each of pieces) {
        answer += each;
        assert.deepEqual(split(answer), splitAnswer(answer), JSON.stringify(answer));
      }
    });
    fc.assert(property, { numRuns: 5_000 });
  });

  test("an answer that grows is read once, whatever it consists of", () => {
    const pieces = ["text\n", "text ", "`</think>` ", "`", "```\n", "<think>\n", "</think>\n", "<tool_call>\n", "  \n"];
    for (const piece of [...pieces, "<think></think>\n", "```\n<think>\n```\n"]) {
      assertGrowsWithLength(JSON.stringify(piece), (length) => {
        const answer = repeated(piece, length);
        const split = createAnswerSplitter();
        for (let end = 64; end <= answer.length; end += 64) split(answer.slice(0, end));
      });
    }
  });
});
