import assert from "node:assert/strict";
import { test } from "node:test";

import { RecentCompletions } from "../../../server/completion/reuse.ts";
import { requestAt } from "../../support/cursor.ts";

function recentWith(picture: string, text: string): RecentCompletions {
  const recent = new RecentCompletions();
  recent.add(requestAt(picture), { text, replacedLength: 0 });
  return recent;
}

test("typing what is shown leaves the rest of it", () => {
  const recent = recentWith("let x = ║;", "compute(1)");
  assert.equal(recent.find(requestAt("let x = ║;"))?.text, "compute(1)");
  assert.equal(recent.find(requestAt("let x = comp║;"))?.text, "ute(1)");
});

test("what is typed otherwise, or to the end, leaves nothing", () => {
  const recent = recentWith("let x = ║;", "compute(1)");
  assert.equal(recent.find(requestAt("let x = con║;")), undefined);
  assert.equal(recent.find(requestAt("let x = compute(1)║;")), undefined);
});

test("another place or other text after the cursor is another completion", () => {
  const recent = recentWith("let x = ║;", "compute(1)");
  assert.equal(recent.find(requestAt("let y = ║;")), undefined);
  assert.equal(recent.find(requestAt("let x = ║")), undefined);
});

test("near the start of a document, a text that only ends like the one before is another place", () => {
  assert.equal(recentWith("║", "compute(1)").find(requestAt("let x = ║")), undefined);
  assert.equal(recentWith("f║", "or (;;)").find(requestAt("def║")), undefined);
  assert.equal(recentWith("║", "compute(1)").find(requestAt("comp║"))?.text, "ute(1)");
});

test("the newest of several wins, and the oldest is forgotten", () => {
  const recent = recentWith("a║", "first");
  recent.add(requestAt("a║"), { text: "second", replacedLength: 0 });
  assert.equal(recent.find(requestAt("a║"))?.text, "second");
  for (let i = 0; i < 16; i++) recent.add(requestAt(`b${i}║`), { text: "other", replacedLength: 0 });
  assert.equal(recent.find(requestAt("a║")), undefined);
});
