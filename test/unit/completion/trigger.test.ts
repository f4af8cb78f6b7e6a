import assert from "node:assert/strict";
import { test } from "node:test";

import { shouldComplete } from "../../../server/completion/trigger.ts";
import { requestAt } from "../../support/cursor.ts";

const cases: readonly [picture: string, infill: boolean, continuation: boolean][] = [
  ["const x = ║", true, true],
  ["const x = ║\nnext", true, true],
  ["add(a, ║)", true, true],
  ["add(a, ║);", true, true],
  ["add(║) {", true, false],
  ["const ║ = 1", true, false],
  ["fal║con", false, false],
  ["fal║é", false, false],
  ["fal║$x", false, false],
  ["║", false, false],
  ["  \n\t║\n ", false, false],
];

for (const [picture, infill, continuation] of cases) {
  test(JSON.stringify(picture), () => {
    assert.equal(shouldComplete(requestAt(picture), { infill: true }), infill, "with infill");
    assert.equal(shouldComplete(requestAt(picture), { infill: false }), continuation, "without infill");
    assert.equal(shouldComplete(requestAt(picture, { automatic: false }), { infill: false }), true, "when asked for");
  });
}
