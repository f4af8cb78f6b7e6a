import assert from "node:assert/strict";
import { test } from "node:test";

import { comparePaired } from "../../../server/evaluate/pairedTest.ts";
import fc from "../../support/fastCheck.ts";

/** Values by the place of the question. */
const byId = (...values: readonly number[]) => new Map(values.map((value, i) => [String(i), value] as const));
const repeated = (value: number, count: number) => Array.from({ length: count }, () => value);

function compared(first: readonly number[], second: readonly number[]) {
  const comparison = comparePaired(byId(...first), byId(...second));
  assert.ok(comparison);
  return comparison;
}

// What SciPy 1.17's binomtest(k, n) gives.
for (const { onlyFirst, onlySecond, expected } of [
  { onlyFirst: 0, onlySecond: 5, expected: 0.0625 },
  { onlyFirst: 3, onlySecond: 12, expected: 0.03515625 },
  { onlyFirst: 8, onlySecond: 8, expected: 1 },
  { onlyFirst: 480, onlySecond: 560, expected: 0.014259079095 },
  { onlyFirst: 5200, onlySecond: 5000, expected: 0.048787963126 },
]) {
  test(`McNemar: ${onlyFirst} are right by the first alone, ${onlySecond} by the second`, () => {
    const first = [...repeated(1, onlyFirst), ...repeated(0, onlySecond), 1, 0];
    const second = [...repeated(0, onlyFirst), ...repeated(1, onlySecond), 1, 0];
    const { pValue, method, difference, questions } = compared(first, second);
    assert.equal(method, "mcnemar");
    assert.equal(questions, onlyFirst + onlySecond + 2);
    assert.ok(Math.abs(difference - (onlySecond - onlyFirst) / questions) < 1e-12);
    assert.ok(Math.abs(pValue - expected) < 1e-6, `${pValue}`);
  });
}

test("of probabilities the differences are paired", () => {
  const { difference, standardError, pValue, method } = compared([0.1, 0.5, 0.3, 0.9], [0.2, 0.7, 0.3, 0.8]);
  assert.equal(method, "paired");
  assert.ok(Math.abs(difference - 0.05) < 1e-12);
  // The standard deviation of 0.1, 0.2, 0 and -0.1 over the root of 4.
  assert.ok(Math.abs(standardError - 0.0645497) < 1e-6);
  // Twice the normal tail beyond 0.774597.
  assert.ok(Math.abs(pValue - 0.438578) < 1e-5, `${pValue}`);
});

test("only what both answered counts, and without any there is nothing to say", () => {
  const second = new Map([
    ["1", 1],
    ["x", 0],
  ]);
  assert.equal(comparePaired(byId(0, 0, 0), second)?.questions, 1);
  assert.equal(comparePaired(byId(0), new Map([["x", 1]])), undefined);
});

test("the other way round the difference has the other sign and is as likely", () => {
  const values = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1)), { minLength: 1 });
  fc.assert(
    fc.property(values, (pairs) => {
      const [first, second] = [pairs.map(([value]) => value), pairs.map(([, value]) => value)];
      const [there, back] = [compared(first, second), compared(second, first)];
      assert.equal(there.difference, -back.difference);
      assert.equal(there.pValue, back.pValue);
      assert.ok(there.pValue >= 0 && there.pValue <= 1);
    }),
  );
});
