// Answers that go round, and those that only look so.

import assert from "node:assert/strict";
import { test } from "node:test";

import { type Loop, LoopWatch, lengthBeforeLoop } from "../../../server/chat/loops.ts";
import { assertGrowsWithLength, repeated } from "../../support/growth.ts";

interface Kind {
  readonly demonstration?: boolean;
  readonly inCode?: boolean;
  readonly question?: string;
}

/** The loop that a watch finds in a text that comes in pieces of so many characters. */
function loopIn(
  text: string,
  { demonstration = false, inCode = false, question }: Kind = {},
  piece = 5,
): Loop | undefined {
  const watch = new LoopWatch({ demonstration }, question);
  for (let at = 0; at < text.length; at += piece) {
    const loop = watch.push(text.slice(at, at + piece), { inCode });
    if (loop) return loop;
  }
  return undefined;
}

const lines = (times: number, line: (index: number) => string) =>
  Array.from({ length: times }, (_, i) => line(i)).join("");

const sentence = "The harbour master takes the fee at the quay, and writes it down. ";
const paragraph = `${sentence}Boats that leave before noon pay half of it. ${sentence.repeat(2)}Nobody knows why.\n\n`;

test("words, lines and paragraphs that come again and again are loops, in pieces of any size", () => {
  const begin = "It says »";
  for (const round of [
    "departure, ",
    "the harbour, and ",
    "Call the pilot.\n",
    "- `moor`: Moors.\n",
    sentence,
    paragraph,
    "好的，我知道了。",
  ]) {
    for (const piece of [1, 7, 10_000]) {
      const loop = loopIn(begin + round.repeat(300), {}, piece);
      assert.deepEqual(loop, { start: begin.length, round: round.length }, round);
    }
  }
});

test("lines of a list that differ in their numbers alone are a loop", () => {
  const begin = "The steps are these:\n\n";
  const loop = loopIn(begin + lines(80, (i) => `${i + 10}. Call the harbour master.\n`));
  // With the line break before it.
  assert.deepEqual(loop, { start: begin.length - 1, round: 29 });
  assert.equal(loopIn(lines(200, (i) => `${i + 10}. Call berth ${i}.\n`)), undefined);
  assert.equal(loopIn(lines(24, (i) => `${String(i).padStart(2, "0")}:00 free\n`)), undefined);
});

test("a loop is found wherever in a long answer it begins", () => {
  for (const before of [7_300, 7_900, 20_000]) {
    const begin = lines(before / 10, (i) => `${String(i).padStart(9)}»`);
    const loop = loopIn(begin + paragraph.repeat(12));
    assert.deepEqual(loop, { start: begin.length, round: paragraph.length }, String(before));
  }
});

test("words that come again are a loop sooner than lines and paragraphs", () => {
  assert.equal(loopIn("departure, ".repeat(30)), undefined);
  assert.ok(loopIn("departure, ".repeat(45)));
  assert.equal(loopIn(`${paragraph.repeat(6)}The end.`), undefined);
  assert.ok(loopIn(paragraph.repeat(11)));
  for (const line of ["- [ ] todo\n", "I must not talk in class.\n", "Call the pilot.\n\n"]) {
    assert.equal(loopIn(line.repeat(60).slice(0, 1_500)), undefined, line);
    assert.ok(loopIn(line.repeat(1_000).slice(0, 2_000)), line);
  }
});

test("what the question asks a real model to repeat is no loop, however often it comes", () => {
  const wanted = [
    ["Write “I must not talk in class” a hundred times.", "I must not talk in class.\n"],
    ["Write I must not talk in class 100 times, and number the lines", "7. I must not talk in class.\n"],
    ["Write banana 500 times", "banana "],
    ["写100遍：好的，我知道了。", "好的，我知道了。"],
    [`Repeat this for the screen's test:\n\n${paragraph}`, paragraph],
  ] as const;
  for (const [question, round] of wanted) {
    const text = `Here it is:\n\n${round.repeat(500)}`;
    assert.equal(loopIn(text, { question }), undefined, question);
    assert.ok(loopIn(text, { question: "What is written on the board in room 7?" }), question);
    assert.ok(loopIn(text, { question, demonstration: true }), question);
  }
  assert.ok(loopIn("departure, ".repeat(500), { question: "When is the departure?" }), "a word of the question");
});

test("what is left is no loop any more", () => {
  assert.equal(loopIn(lines(40, (i) => `${"departure, ".repeat(20)}arrival ${i}. `)), undefined);
});

test("code repeats more than sentences do, until it is a loop, too", () => {
  const card = `<div class="card">\n  <h2>Title</h2>\n  <p>Lorem ipsum dolor sit amet, consectetur.</p>\n</div>\n`;
  for (const code of [card.repeat(12), '  it("works", () => {});\n'.repeat(50), 'printf("\\n");\n'.repeat(80)]) {
    assert.equal(loopIn(code, { inCode: true }), undefined);
    assert.ok(loopIn(code.repeat(4), { inCode: true }));
  }
  const call = "harbour.call(); ".repeat(50);
  assert.equal(loopIn(call, { inCode: true }), undefined);
  assert.ok(loopIn(call), "the same in prose");
});

test("similar lines, tables, rules, dumps and arrays are none", () => {
  const texts = {
    "a list of similar lines": lines(120, (i) => `${i}. Item ${i} of the harbour's list\n`),
    "a table of equal rows": `| boat | berth |\n| --- | --- |\n${"| unknown | none |\n".repeat(60)}`,
    "a table of similar rows": lines(100, (i) => `| Boat ${i} | free | free | free |\n`),
    "code of similar lines": lines(120, (i) => `def test_${i}(): check_harbour(${i}, expected=True)\n`),
    "a rule": "-".repeat(5_000),
    "a ruler": "----+----|".repeat(300),
    "a ruler of figures": "0123456789".repeat(300),
    "a drawing": " /\\_/\\ \\_/ ".repeat(300),
    zeros: "0, ".repeat(2_000),
    "zeros in rows": `${"0.0, ".repeat(16)}\n`.repeat(100),
    bytes: "0x00, ".repeat(1_000),
    "bytes of letters": "0xff, ".repeat(1_000),
    "escaped bytes": "\\xff".repeat(1_000),
    "a dump": lines(200, (i) => `${(i * 16).toString(16).padStart(8, "0")}: ${"ff00 ".repeat(8)} ................\n`),
    "a dump without addresses": `${"de ad be ef ".repeat(8)}\n`.repeat(100),
    flags: "false, true, ".repeat(500),
    nothing: "null,\n".repeat(1_000),
    letters: "A".repeat(5_000),
    "a matrix": "[0, 1, 0, 1],\n".repeat(300),
  };
  for (const [name, text] of Object.entries(texts)) {
    for (const inCode of [true, false]) assert.equal(loopIn(text, { inCode }), undefined, name);
  }
});

test("a demonstration model never means to repeat itself: the fourth round ends it, in code, too", () => {
  const demonstration = true;
  for (const inCode of [true, false]) {
    assert.ok(loopIn("It returns a departure, departure, departure, departure,", { demonstration, inCode }));
    assert.ok(loopIn("string | string | string | string | string", { demonstration, inCode }));
    assert.equal(loopIn("It takes `a`, `b` and `c`. It calls `d`, `e` and `f`.", { demonstration, inCode }), undefined);
  }
  assert.equal(loopIn("[0, 0, 0, 0, 0, 0, 0, 0, 0, 0]", { demonstration }), undefined);
});

test("of an answer that ends in a loop its first round is kept, if it says something by then", () => {
  const kept = (text: string) => {
    const loop = loopIn(text, { demonstration: true });
    assert.ok(loop, text);
    return text.slice(0, lengthBeforeLoop(text, loop));
  };
  assert.equal(
    kept(`Returns the number of days${" of a departure,".repeat(9)}`),
    "Returns the number of days of a departure",
  );
  assert.equal(
    kept("- `moor`: Moors the boat.\n- `sail`: Sails away.\n" + "- `sail`: Sails away.\n".repeat(9)),
    "- `moor`: Moors the boat.\n- `sail`: Sails away.",
  );
  assert.equal(kept("departure, ".repeat(9)), "");
  assert.equal(kept("A departure, ".repeat(9)), "");
  assert.equal(kept("Gives the fee of the boat. ".repeat(9)), "Gives the fee of the boat.");
});

test("no half of a block of code is kept, nor half of a character", () => {
  const kept = (text: string, start: number, round: number) => text.slice(0, lengthBeforeLoop(text, { start, round }));
  const opened = "```python\n# Returns the fee of the boat, departure, departure, departure";
  assert.equal(kept(opened, opened.indexOf(" departure"), 11), "");
  const said = "It is documented by this comment:";
  for (const before of [`${said}\n\n`, `${said}\n\n\`\`\`ts\nlet a;\n\`\`\`\n\n`]) {
    const text = before + opened;
    assert.equal(kept(text, text.indexOf(" departure"), 11), before.trimEnd().replace(/:$/, ""));
  }
  const whole = `${said}\n\n\`\`\`ts\nlet a;\n\`\`\`\n\nDeparture, departure, departure`;
  assert.equal(kept(whole, whole.indexOf(" departure"), 10), whole.slice(0, -", departure".length));
  const waves = "It says of the sea 🌊🌊🌊🌊";
  const wave = waves.indexOf("🌊");
  assert.equal(kept(waves, wave - 1, 2), "It says of the sea");
  assert.equal(kept(waves, wave, 2), "It says of the sea 🌊");
});

test("the time grows with the text, whatever that consists of", () => {
  for (const piece of ["a", "a ", "\n", "0, ", "| a ", "word ", "1234567890".repeat(90), "abcd efgh ".repeat(99)]) {
    assertGrowsWithLength(
      JSON.stringify(piece.slice(0, 20)),
      (length) => {
        loopIn(repeated(piece, length), { inCode: true });
        lengthBeforeLoop(repeated(piece, length), { start: length, round: 0 });
        loopIn("the harbour, and ".repeat(40), { question: repeated(piece, length) });
      },
      5_000,
    );
  }
});
