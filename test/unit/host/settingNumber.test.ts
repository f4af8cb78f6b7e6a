// Numbers of the settings file.

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { settingNumber } from "../../../src/settingNumber.ts";

const threads = { type: "integer", default: 0, minimum: 0, maximum: 256 };

test("settingNumber keeps a good value, rounds and bounds a number, and replaces the rest", () => {
  assert.equal(settingNumber(8, threads), 8);
  assert.equal(settingNumber(2.6, threads), 3);
  assert.equal(settingNumber(-5, threads), 0);
  assert.equal(settingNumber(1e9, threads), 256);
  assert.equal(settingNumber("8", { ...threads, default: 4 }), 4);
  assert.equal(settingNumber(null, { ...threads, default: 4 }), 4);
  assert.equal(settingNumber(0.7, { type: "number", default: 0.1, minimum: 0, maximum: 2 }), 0.7);
});

test("settingNumber is always in bounds", () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const number = settingNumber(value, threads);
      assert.ok(Number.isInteger(number) && number >= 0 && number <= 256);
    }),
  );
});
