// Names out of what a model writes.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { isIdentifier, suggestNames } from "../../../src/edit/names.ts";
import fc from "../../support/fastCheck.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../../support/growth.ts";

suite("suggested names", () => {
  test("are read from lists in whatever form", () => {
    const answer =
      "Here are five names:\n1. `totalPrice`\n- **sumOfItems**: the sum\n* addUp()\ntotal-cost\n\nI hope these help!";
    assert.deepEqual(suggestNames(answer, "calc", "typescript"), ["totalPrice", "sumOfItems", "addUp", "totalCost"]);
    assert.deepEqual(suggestNames("totalPrice, sum, addUp", "x", "java"), ["totalPrice", "sum", "addUp"]);
  });

  test("have the style of the old one, and what it begins with", () => {
    assert.deepEqual(suggestNames("parseHTTPHeader", "read_it", "typescript"), ["parse_http_header"]);
    assert.deepEqual(suggestNames("parseHeader", "read", "python"), ["parse_header"]);
    assert.deepEqual(suggestNames("parse_header", "ReadIt", "python"), ["ParseHeader"]);
    assert.deepEqual(suggestNames("maxSize", "MAX_LEN", "c"), ["MAX_SIZE"]);
    assert.deepEqual(suggestNames("cached_value", "_oldThing", "javascript"), ["_cachedValue"]);
  });

  test("are no words of the language, not the old one, and each there once", () => {
    assert.deepEqual(suggestNames("class\nreturn\nread\nreader\nReader\n42\n<|im_end|>\n", "read", "java"), ["reader"]);
    assert.deepEqual(suggestNames("", "read", "java"), []);
    assert.ok(isIdentifier("type"), "some are names elsewhere");
    assert.ok(!isIdentifier("a b") && !isIdentifier("1") && !isIdentifier(""));
  });

  test("are read in a time that grows with the answer's length", () => {
    for (const piece of repetitions) {
      assertGrowsWithLength(JSON.stringify(piece), (length) =>
        suggestNames(`a${repeated(piece, length)}b`, "x", "java"),
      );
    }
  });

  test("property: each is a name that is new, whatever the model writes", () => {
    const old = fc.constantFrom("a", "readIt", "read_it", "ReadIt", "READ_IT", "_x", "$el", "été");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), old, fc.constantFrom("python", "java"), (answer, name, language) => {
        const names = suggestNames(answer, name, language);
        assert.equal(new Set(names).size, names.length);
        assert.ok(names.every((each) => isIdentifier(each) && each !== name));
      }),
    );
  });
});
