// Where an answer ends while it streams: at a line that begins another turn, and nowhere else.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { AnswerStream } from "../../../server/chat/answerStream.ts";
import { splitAnswer } from "../../../src/shared/answerParts.ts";
import { followFences, type OpenFences } from "../../../src/shared/fences.ts";
import { withClassUser } from "../../support/answers.ts";
import { assertGrowsWithLength, repetitions } from "../../support/growth.ts";

interface Streamed {
  readonly shown: readonly string[];
  readonly text: string;
  readonly ended: boolean;
}

/** What is shown after each piece, and at the end. */
function stream(pieces: readonly string[], stopLines: readonly string[] = ["User:"]): Streamed {
  let text = "";
  const answer = new AnswerStream(stopLines, (piece) => (text += piece));
  const shown: string[] = [];
  for (const piece of pieces) {
    const before = text.length;
    const goesOn = answer.push(piece);
    shown.push(text.slice(before));
    if (!goesOn) return { shown, text, ended: true };
  }
  const before = text.length;
  answer.end();
  return { shown: [...shown, text.slice(before)], text, ended: false };
}

describe("an answer that streams", () => {
  test("ends before a line that begins with another turn, over however many pieces it comes", () => {
    assert.deepEqual(stream([" Hello", "\nUs", "er", ": more"]), {
      shown: ["Hello", "\n", "", ""],
      text: "Hello\n",
      ended: true,
    });
    assert.deepEqual(stream([" User: more"]), { shown: [""], text: "", ended: true });
  });

  test("shows what only looked like another turn as soon as that is known", () => {
    assert.deepEqual(stream(["a\n", "U", "s", "age"]).shown, ["a\n", "", "", "Usage", ""]);
    assert.deepEqual(stream(["a\nUser"]).shown, ["a\n", "User"]);
    assert.deepEqual(stream(["class", " ", "User", ":", "\n", "    name"]).shown[3], ":");
  });

  test("goes on through code that looks like another turn", () => {
    const answer = withClassUser;
    for (const length of [1, 3, 7, answer.length]) {
      const pieces = answer.match(new RegExp(`[^]{1,${length}}`, "g")) ?? [];
      assert.equal(stream(pieces).text, answer);
    }
    const nested =
      "```markdown\n```yaml\nUser:\n```\nUser: in the README\n```\n~~~\nUser:\n~~~\n1. ```\n   a\n   ```\n";
    assert.deepEqual(stream([`${nested}User: no`]), { shown: [nested], text: nested, ended: true });
  });

  test("goes on through thinking and tool calls", () => {
    const answer = "<think>\nUser: greets me.\n</think>\n<tool_call>\nUser:\n</tool_call>\nHello!\n";
    assert.equal(stream([answer]).text, answer);
    assert.equal(stream([`${answer}User: Bye`]).text, answer);
    assert.equal(stream(`${answer}User: Bye`.match(/[^]/g) ?? []).text, answer);
  });
});

/** Where an answer ends, told from the whole of it. */
function endOf(answer: string, stopLines: readonly string[]): number {
  for (let i = 0; i < answer.length; i++) {
    if (stopLines.some((each) => answer.startsWith(each, i)) && beginsLineOfText(answer, i)) return i;
  }
  return answer.length;
}

/** Whether a line begins at a place, or what follows a tag, that is of the answer's text and not of its code. */
function beginsLineOfText(answer: string, place: number): boolean {
  const before = answer.slice(0, place);
  const last = splitAnswer(before).at(-1);
  const isTagged = last !== undefined && last.kind !== "text";
  if (isTagged && last.open) return false;
  const isAfterTag = isTagged && /<\/(?:think|tool_call)>$/.test(before);
  if (place > 0 && !before.endsWith("\n") && !isAfterTag) return false;
  const lines = isTagged || !last ? [] : last.text.split("\n").slice(0, -1);
  return lines.reduce<OpenFences>(followFences, []).length === 0;
}

const pieces = fc.array(
  fc.constantFrom(
    ..."<think>|</think>|<tool_call>|</tool_call>|\n|\n\n|```|```md\n|```js\n|~~~\n|U|User|User:|<|use|user|>|<user>| |  |- |é".split(
      "|",
    ),
  ),
  { maxLength: 25 },
);

test("whatever the pieces, an answer ends where the whole of it says", () => {
  fc.assert(
    fc.property(pieces, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), (all, lengths) => {
      const answer = all.join("").trimStart();
      // Thinking that began in the prompt is known as such at its end only.
      fc.pre(!/^(?! {0,3}<think>)/.test(answer) || splitAnswer(answer)[0]?.kind !== "thinking");
      const stopLines = ["User:", "<user>"];
      const expected = answer.slice(0, endOf(answer, stopLines));
      const chunks: string[] = [];
      for (let start = 0, i = 0; start < answer.length; i++) {
        const length = lengths[i % lengths.length] ?? 1;
        chunks.push(answer.slice(start, start + length));
        start += length;
      }
      const { text, shown } = stream(chunks, stopLines);
      assert.equal(text, expected, JSON.stringify(answer));
      // Held back is nothing but the beginning of a line that may yet be a stop line or a tag.
      let read = 0;
      let seen = 0;
      for (const [i, chunk] of chunks.entries()) {
        read += chunk.length;
        seen += shown[i]?.length ?? 0;
        if (read > expected.length) break;
        const held = answer.slice(seen, read);
        const starts = [...stopLines, "<think>", "<tool_call>"];
        assert.ok(held === "" || starts.some((each) => each.startsWith(held.replace(/^ {0,3}/, ""))), held);
      }
    }),
    { numRuns: 5_000 },
  );
});

test("an answer is read once, whatever it consists of", () => {
  for (const piece of [...repetitions, "<think>\n", "</think>\n", "<think></think>", "User", "\nUser", "> ", "- "]) {
    assertGrowsWithLength(JSON.stringify(piece), (length) => {
      const answer = new AnswerStream(["User:"], () => undefined);
      for (let i = 0; i < length / piece.length; i++) answer.push(piece);
    });
  }
});
