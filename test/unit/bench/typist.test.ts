// What a typed trace looks like in the editor, drawn as pictures with ║ for the cursor.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { Trace } from "../../../bench/typing/trace.ts";
import { Typist } from "../../../bench/typing/typist.ts";

/** Types the text between two others; `mistake`: what is typed in place of its first character. */
function typistOf(before: string, text: string, after: string, mistake = ""): Typist {
  const file = { package: "npm:p", path: "a.ts", language: "typescript", text: before + text + after };
  const moments = Array.from(text, (_, i) => ({ pause: 100, mistake: i === 0 ? mistake : "", accepts: false }));
  const trace: Trace = { file, start: before.length, end: before.length + text.length, moments };
  return new Typist(trace);
}

function pictures(typist: Typist, keys: number): string[] {
  return Array.from({ length: keys }, () => {
    typist.press();
    const { text, offset } = typist.state;
    return `${text.slice(0, offset)}║${text.slice(offset)}`;
  });
}

suite("typing a trace", () => {
  test("the editor closes brackets, and what it closed is passed", () => {
    assert.deepEqual(pictures(typistOf("", "f(a)", ";"), 4), ["f║;", "f(║);", "f(a║);", "f(a)║;"]);
  });

  test("a quote is closed, and an apostrophe is not", () => {
    assert.deepEqual(pictures(typistOf("", "'a'", "\n"), 3), ["'║'\n", "'a║'\n", "'a'║\n"]);
    assert.deepEqual(pictures(typistOf("", "it's", "\n"), 4), ["i║\n", "it║\n", "it'║\n", "it's║\n"]);
  });

  test("a line is indented, and a bracket that is open goes to a line of its own", () => {
    const typed = pictures(typistOf("", "{\n  a\n}", "\n"), 4);
    assert.deepEqual(typed, ["{║}\n", "{\n  ║\n}\n", "{\n  a║\n}\n", "{\n  a\n}║\n"]);
  });

  test("wrong letters are taken back before the right ones are typed", () => {
    const typed = pictures(typistOf("", "ab", "\n", "xy"), 6);
    assert.deepEqual(typed, ["x║\n", "xy║\n", "x║\n", "║\n", "a║\n", "ab║\n"]);
  });

  test("accepted text takes the brackets with it that it closes", () => {
    const typist = typistOf("", "f(a, b);", "\n");
    pictures(typist, 2);
    typist.accept("a, b)");
    assert.deepEqual(typist.state, { text: "f(a, b)\n", offset: 7 });
  });

  test("in the end the document is the file", () => {
    const text =
      'export function f(a: string): string[] {\n  if (a === "(") {\n    return [a];\n  }\n\n  return []; // it\'s\n}\n';
    const typist = typistOf("// A\n", text, "f();\n", "zq");
    for (let keys = 0; !typist.isDone; keys++) {
      assert.ok(keys < 2 * text.length);
      typist.press();
    }
    assert.equal(typist.state.text, `// A\n${text}f();\n`);
  });
});
