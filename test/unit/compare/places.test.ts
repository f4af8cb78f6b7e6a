import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { judge } from "../../../server/compare/answer.ts";
import { cutPlaces, type Place } from "../../../server/compare/places.ts";
import { randomNumbers } from "../../../server/random.ts";
import fc from "../../support/fastCheck.ts";
import { assertGrowsWithLength } from "../../support/growth.ts";

const before = `export function area(width: number) {
  return width;
}

export const last = area(1);
`;
const after = `export function area(width: number, height: number) {
  return width;
}

export function sum(values: readonly number[]) {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}

export const last = sum([area(1, 2)]);
`;

function places(old: string, text: string): Place[] {
  return cutPlaces(old, text, randomNumbers(1)).map((cut) => cut.place());
}

/** The place whose cursor stands in a line of the new text, counted from 1. */
function placeIn(line: number, kind: Place["kind"], all = places(before, after)): Place {
  const found = all.find((place) => place.kind === kind && place.prefix.split("\n").length === line);
  assert.ok(found, `there is a ${kind} in line ${line}`);
  return found;
}

describe("the text around a place", () => {
  test("has the commit's changes above it, and the old text below", () => {
    const { prefix, suffix, truth } = placeIn(6, "line");
    assert.ok(after.startsWith(prefix + truth));
    assert.ok(prefix.startsWith("export function area(width: number, height: number) {\n"));
    assert.equal(suffix, "\nexport const last = area(1);\n");
  });

  test("has no more the line that the written one takes the place of, and begins where they differ", () => {
    const { prefix, suffix, truth } = placeIn(13, "line");
    assert.ok(after.startsWith(prefix + truth));
    assert.ok(prefix.includes("export const last = "), prefix);
    assert.equal(suffix, "\n");
  });

  test("of a block begins behind its indentation and takes the lines that are indented as deep", () => {
    const { prefix, truth } = placeIn(6, "block");
    assert.ok(prefix.endsWith("{\n  "));
    assert.equal(truth, "let total = 0;\n  for (const value of values) {\n    total += value;\n  }\n  return total;");
  });

  test("keeps the file's line breaks, and what was written is told with plain ones", () => {
    const windows = (text: string) => text.replaceAll("\n", "\r\n");
    const all = places(windows(before), windows(after));
    const block = placeIn(6, "block", all);
    assert.ok(windows(after).startsWith(block.prefix));
    assert.ok(windows(before).endsWith(block.suffix));
    assert.ok(block.suffix.startsWith("\r\n"));
    assert.equal(block.truth, placeIn(6, "block").truth);
    assert.deepEqual(
      all.map(({ truth }) => truth),
      places(before, after).map(({ truth }) => truth),
    );
  });

  test("of a new file ends with what is written", () => {
    for (const { prefix, suffix, truth } of places("", after)) {
      assert.ok(after.startsWith(prefix + truth));
      assert.equal(suffix, "\n");
    }
  });
});

describe("no place is", () => {
  test("where nothing but line breaks have changed", () => {
    assert.deepEqual(places(after, after.replaceAll("\n", "\r\n")), []);
  });

  test("in a line that went elsewhere, is a comment, or has only brackets", () => {
    assert.deepEqual(places("const one = 1;\nconst two = 2;\n", "const two = 2;\nconst one = 1;\n"), []);
    assert.deepEqual(places("a;\n", "a;\n// says what comes\n/* so */\n# too\n});\n"), []);
  });

  test("inside of a character of two units", () => {
    const text = 'const 𝒳𝒴𝒵 = "😀😀";\nconst answer𝒳 = 𝒳𝒴𝒵.length;\n';
    for (let seed = 0; seed < 50; seed++) {
      for (const cut of cutPlaces("", text, randomNumbers(seed))) {
        const { prefix, truth } = cut.place();
        assert.doesNotMatch(prefix, /[\uD800-\uDBFF]$/);
        assert.ok(text.startsWith(prefix + truth));
      }
    }
  });

  test("in a text that has become another one", () => {
    const lines = (name: string) => Array.from({ length: 300 }, (_, i) => `${name}${i} = ${i};\n`).join("");
    assert.equal(places(lines("old"), lines("new")).length, 0);
  });
});

test("of any two texts a place has the beginning of the new one, what was written there, and the end of the old one", () => {
  const line = fc.constantFrom(
    "",
    "}",
    "  name = value;",
    "other(name) {",
    "    deep.call(name)",
    "x",
    "\tconst 𝒳 = 1;",
    "a\r",
  );
  const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n"));
  const holds = (old: string, now: string) => {
    for (const { prefix, suffix, truth } of places(old, now)) {
      const plain = (each: string) => each.replaceAll("\r", "");
      assert.ok(now.startsWith(prefix));
      assert.ok(plain(now).startsWith(plain(prefix) + truth));
      assert.ok(suffix === "" || /^\r?\n/.test(suffix));
      assert.ok(suffix === "" || old.endsWith(suffix.replace(/^\r?\n/, "")));
    }
  };
  fc.assert(fc.property(text, text, holds));
});

test("cutting the places of a text grows with its length", () => {
  const statement = "  const name = value.of(other);\n";
  assertGrowsWithLength("a new file", (length) => {
    const cuts = cutPlaces("", statement.repeat(length / 20), randomNumbers(1));
    assert.equal(cuts.length, length / 20);
  });
});

describe("a suggestion", () => {
  const line: Place = { kind: "line", prefix: "", suffix: "", truth: "naïve😀(a)" };
  test("is judged by characters, not by units, and of a line by its rest", () => {
    assert.deepEqual(judge("naïve😀(b)\nmore", line, 3), { kept: 7, isExact: false, isShown: true, milliseconds: 3 });
    assert.deepEqual(judge("naïve😀(a)  \nmore", line, 3), { kept: 9, isExact: true, isShown: true, milliseconds: 3 });
    assert.deepEqual(judge(undefined, line, 3), { kept: 0, isExact: false, isShown: false, milliseconds: 3 });
  });

  test("of a block is judged by all its lines, and exact by the first", () => {
    const block: Place = { ...line, kind: "block", truth: "one;\n  two;\n  three;" };
    assert.deepEqual(judge("one;\n  two;\n}", block, 3), { kept: 12, isExact: true, isShown: true, milliseconds: 3 });
  });
});
