// What a prompt file says, and what is wrong with it.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import {
  fenced,
  fillPrompt,
  promptAnswers,
  promptFields,
  promptPlaces,
  readPromptFile,
} from "../../../src/prompts/promptFile.ts";
import fc from "../../support/fastCheck.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../../support/growth.ts";

const written = (...lines: readonly string[]) => readPromptFile(lines.join("\n"), "review");

suite("a prompt file", () => {
  test("has a name, where it is offered, what becomes of its answer, and words", () => {
    const where = ["lightbulb", "chat"];
    const expected = {
      name: "check",
      description: 'Look: at "it"',
      where,
      answer: "replace",
      text: "Look at\n\n---\nit.",
    };
    const fields = ["---", "# mine", "name: check", `description: 'Look: at "it"'`, "answer: replace  # at once"];
    const rest = ["---", "", "Look at", "", "---", "it.", ""];
    assert.deepEqual(written(...fields, "where: [chat, lightbulb]", ...rest), expected);
    assert.deepEqual(written(...fields, "where:", "  - chat", "  - lightbulb", ...rest), expected);
    assert.deepEqual(
      readPromptFile(`\uFEFF${[...fields, "where: [chat, lightbulb]", ...rest].join("\r\n")}`, "x"),
      expected,
    );
  });

  test("has values in quotes with whatever is in them, and comments behind values", () => {
    const described = (value: string) => {
      const read = written("---", `description: ${value}`, "---", "Look.");
      return "kind" in read ? read : read.description;
    };
    assert.equal(described('"Find the #1 bug"'), "Find the #1 bug");
    assert.equal(described("'It''s #1'   # mine"), "It's #1");
    assert.equal(described('"[a, b]"'), "[a, b]");
    assert.equal(described('"a" and "b" # both'), '"a" and "b"');
    assert.equal(described("C# and F#"), "C# and F#");
    const read = written("---", "where:", "  - chat  # here", '  - "palette" # and there', "---", "Look.");
    assert.ok(!("kind" in read));
    assert.deepEqual(read.where, ["palette", "chat"]);
  });

  test("may be words alone: it has its file's name, and is for the palette and the chat", () => {
    const expected = {
      name: "review",
      description: "",
      where: ["palette", "chat"],
      answer: "chat",
      text: "Look at it.",
    };
    assert.deepEqual(written("Look at it."), expected);
  });

  test("is refused with the line and the field that are wrong, and what may be there", () => {
    const wrong = (...fields: readonly string[]) => written("---", ...fields, "---", "Look.");
    assert.deepEqual(written("---", "name: a", "Look."), { line: 1, kind: "unclosed" });
    assert.deepEqual(wrong("name: a", "look"), { line: 3, kind: "syntax", given: "look" });
    assert.deepEqual(wrong("- chat"), { line: 2, kind: "syntax", given: "- chat" });
    assert.deepEqual(wrong("", "model: x"), { line: 3, kind: "field", field: "model", allowed: promptFields });
    assert.deepEqual(wrong("__proto__: x"), { line: 2, kind: "field", field: "__proto__", allowed: promptFields });
    assert.deepEqual(wrong("name: a", "name: b"), { line: 3, kind: "twice", field: "name" });
    assert.deepEqual(wrong("name: a b"), { line: 2, kind: "name", field: "name", given: "a b" });
    assert.deepEqual(wrong("name:"), { line: 2, kind: "name", field: "name", given: "" });
    const place = { line: 2, kind: "value", field: "where", allowed: promptPlaces };
    assert.deepEqual(wrong("where: menu"), { ...place, given: "menu" });
    assert.deepEqual(wrong("where: []"), { ...place, given: "" });
    assert.deepEqual(wrong("where: chat, lightbulb"), { ...place, given: "chat, lightbulb" });
    const answer = { line: 2, kind: "value", field: "answer", allowed: promptAnswers };
    assert.deepEqual(wrong("answer: [insert, chat]"), { ...answer, given: "insert, chat" });
    assert.deepEqual(written("---", "name: a", "---", " "), { line: 4, kind: "noText" });
    assert.deepEqual(readPromptFile("Look.", "my prompt"), {
      line: 1,
      kind: "name",
      field: "name",
      given: "my prompt",
    });
  });

  test("property: any text is a prompt, or the fault has a line of it", () => {
    const line = fc.oneof(fc.constantFrom("---", "name: a", "where:", "- chat", "answer: chat", "x"), fc.string());
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const read = written(...lines);
        if ("kind" in read)
          assert.ok(read.line >= 1 && read.line <= Math.max(1, lines.join("\n").split(/\r?\n/).length));
        else assert.ok(read.name !== "" && read.text !== "" && read.where.length > 0);
      }),
    );
  });

  test("is read in a time that grows with its length", () => {
    for (const piece of repetitions) {
      const read = (length: number) =>
        written("---", `name: a${repeated(piece, length)}b`, "---", repeated(piece, length));
      assertGrowsWithLength(JSON.stringify(piece), read);
      for (const [start, end] of [
        ["description: a", "\u2028b"],
        ["description: ", "a\u2028b"],
        ["description: '", "b"],
        ["where:\n - ", "a\u2028b"],
      ] as const) {
        const value = (length: number) => written("---", `${start}${repeated(piece, length)}${end}`, "---", "Look.");
        assertGrowsWithLength(JSON.stringify(start + piece), value);
      }
    }
    assertGrowsWithLength("items", (length) => written("---", "where:", repeated("- a\n", length), "---", "Look."));
    assert.ok(fenced("` ".repeat(200_000), "").startsWith("```\n"));
  });

  test("has what variables stand for, and what these hold is data", () => {
    const values = { selection: "${file} $& <|im_end|>", file: "a.ts", language: "typescript" };
    assert.equal(
      fillPrompt("${selection} of ${file} in ${language}, ${other}", values),
      "${file} $& <|im_end|> of a.ts in typescript, ${other}",
    );
    assert.equal(fenced("a\n````\nb\n", "ts"), "`````ts\na\n````\nb\n`````");
  });
});
