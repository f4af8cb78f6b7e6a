import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { TextDocument } from "vscode-languageserver-textdocument";

import { completionRequest } from "../../../server/completion/request.ts";
import { RecentCompletions } from "../../../server/completion/reuse.ts";
import { requestAt } from "../../support/cursor.ts";

function recentWith(picture: string, text: string): RecentCompletions {
  const recent = new RecentCompletions();
  recent.add(requestAt(picture), { text, replacedLength: 0 });
  return recent;
}

const shownAt = (recent: RecentCompletions, picture: string) => recent.find(requestAt(picture))?.completion?.text;

test("typing what is shown leaves the rest of it", () => {
  const recent = recentWith("let x = ║;", "compute(1)");
  assert.equal(shownAt(recent, "let x = ║;"), "compute(1)");
  assert.equal(shownAt(recent, "let x = comp║;"), "ute(1)");
});

test("also over several lines, and in a document that begins far above", () => {
  const above = "const berth = boats[7];\n".repeat(2000);
  const recent = recentWith(`${above}f() {\n  ║\n}`, "a();\n  b();\n  c();");
  assert.equal(shownAt(recent, `${above}f() {\n  a();\n  b();║\n}`), "\n  c();");
  assert.equal(shownAt(recent, `${above}f() {\n  a();\n  x();║\n}`), undefined);
});

test("what is typed otherwise, or to the end, leaves nothing", () => {
  const recent = recentWith("let x = ║;", "compute(1)");
  assert.equal(shownAt(recent, "let x = con║;"), undefined);
  assert.equal(shownAt(recent, "let x = compute(1)║;"), undefined);
});

test("what the editor closes while the text is typed ends nothing", () => {
  const recent = recentWith("let x = ║;", 'compute("a", [1])');
  const found = recent.find(requestAt("let x = compute(║);"))?.completion;
  assert.deepEqual(found, { text: '"a", [1])', replacedLength: 1 });
  assert.equal(shownAt(recent, 'let x = compute("║");'), 'a", [1])');
  assert.equal(shownAt(recent, 'let x = compute("a", [║]);'), "1])");
  assert.equal(shownAt(recent, "let x = compute(║;"), '"a", [1])');
  assert.equal(shownAt(recent, "let x = compute(║]);"), undefined, "closed by somebody else");
  const block = recentWith("if (a) ║\nlet b;", "{\n  c();\n  d();\n}");
  assert.equal(shownAt(block, "if (a) {\n  ║\n}\nlet b;"), "c();\n  d();");
});

test("a rest that is what the editor closed already changes nothing, and is not shown", () => {
  assert.equal(shownAt(recentWith("foo(║)", "x)"), "foo(x║)"), undefined);
  assert.equal(shownAt(recentWith("foo([║])", "x ])"), "foo([x║ ])"), undefined);
  assert.equal(shownAt(recentWith("foo(║)", "x);"), "foo(x║)"), ");");
});

test("another place or other text after the cursor is another completion", () => {
  const recent = recentWith("let x = ║;", "compute(1)");
  assert.equal(shownAt(recent, "let y = ║;"), undefined);
  assert.equal(shownAt(recent, "let x = ║"), undefined);
  assert.equal(shownAt(recent, "\nlet x = ║;"), undefined);
  assert.equal(shownAt(recentWith(`${"a".repeat(2000)}║`, "aaab"), `${"a".repeat(2002)}║`), "ab");
  const other = recent.find({ ...requestAt("let x = ║;"), uri: "file:///other" });
  assert.equal(other, undefined);
});

test("near the start of a document, a text that only ends like the one before is another place", () => {
  assert.equal(shownAt(recentWith("║", "compute(1)"), "let x = ║"), undefined);
  assert.equal(shownAt(recentWith("f║", "or (;;)"), "def║"), undefined);
  assert.equal(shownAt(recentWith("║", "compute(1)"), "comp║"), "ute(1)");
});

test("after the end of a word is deleted, the word and its completion are there again", () => {
  const recent = recentWith("let x = comp║;", "ute(1)");
  assert.equal(shownAt(recent, "let x = com║;"), "pute(1)");
  assert.equal(shownAt(recent, "let x = c║;"), "ompute(1)");
  assert.equal(shownAt(recent, "let x = ║;"), undefined, "a whole word is deleted for another one");
  assert.equal(shownAt(recent, "let x = com║"), undefined);
  assert.equal(shownAt(recent, "let y = com║;"), undefined);
  assert.equal(shownAt(recentWith("f(║", "a)"), "f║"), undefined);
});

test("a deletion in another line or file, or before more text, brings nothing back", () => {
  const above = "a\n".repeat(2000);
  assert.equal(shownAt(recentWith(`${above}comp║`, "ute(1)"), `${above}com║`), "pute(1)");
  assert.equal(shownAt(recentWith(`${above}comp║`, "ute(1)"), `${above}a\ncom║`), undefined);
  const recent = recentWith("let x = comp║", "ute(1)");
  assert.equal(recent.find({ ...requestAt("let x = com║"), uri: "file:///other" }), undefined);
  assert.equal(shownAt(recent, "let x = com║;"), undefined);
});

test("how likely its tokens were goes along with the text", () => {
  const recent = new RecentCompletions();
  const tokens = [4, 10].map((end) => ({ end, probability: 0.5 }));
  recent.add(requestAt("let x = a║;"), { text: "compute(1)", replacedLength: 0, tokens });
  const endsAt = (picture: string) => recent.find(requestAt(picture))?.completion?.tokens?.map(({ end }) => end);
  assert.deepEqual(endsAt("let x = acomp║;"), [6]);
  const deleted = new RecentCompletions();
  deleted.add(requestAt("let x = comp║;"), { text: "ute(1)", replacedLength: 0, tokens });
  const before = deleted.find(requestAt("let x = co║;"))?.completion;
  assert.deepEqual(
    before?.tokens?.map(({ end }) => end),
    [6, 12],
  );
});

test("after an undo of what was accepted, the completion is there again", () => {
  const recent = recentWith("let x = ║", "compute(1)");
  recent.add(requestAt("let x = compute(1)║"), { text: ";", replacedLength: 0 });
  assert.equal(shownAt(recent, "let x = ║"), "compute(1)");
});

test("that there was nothing to show is known at the same place, and asked again by the user", () => {
  const recent = new RecentCompletions();
  recent.add(requestAt("let x = ║"), undefined);
  assert.deepEqual(recent.find(requestAt("let x = ║")), { completion: undefined });
  assert.equal(recent.find(requestAt("let x = ║", { automatic: false })), undefined);
  assert.equal(recent.find(requestAt("let x = c║")), undefined);
  assert.equal(recent.find(requestAt("let x =║")), undefined);
});

test("the newest of several wins, and the oldest is forgotten", () => {
  const recent = recentWith("a║", "first");
  recent.add(requestAt("a║"), { text: "second", replacedLength: 0 });
  assert.equal(shownAt(recent, "a║"), "second");
  for (let i = 0; i < 64; i++) recent.add(requestAt(`b${i}║`), { text: "other", replacedLength: 0 });
  assert.equal(shownAt(recent, "a║"), undefined);
});

test("ten thousand keys in a large document keep no version of it in memory", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const recent = new RecentCompletions();
  const line = "const berth = boats[7];\n";
  let document = TextDocument.create("file:///large.ts", "typescript", 1, line.repeat(20_000));
  const key = (i: number) => {
    const range = { start: { line: i, character: 0 }, end: { line: i, character: 0 } };
    document = TextDocument.update(document, [{ range, text: "x" }], i + 2);
    const request = completionRequest({ document, position: { line: i, character: 1 }, automatic: true });
    recent.add(request, i % 2 === 0 ? { text: "yz", replacedLength: 0 } : undefined);
  };
  const used = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  key(0);
  const before = used();
  // Each version has half a megabyte.
  for (let i = 1; i < 300; i++) key(i);
  assert.ok(used() - before < 3e6, "versions of the document stay");
  for (let i = 300; i < 10_000; i++) recent.add(requestAt(`a${i}║`), { text: "b".repeat(500), replacedLength: 0 });
  assert.ok(used() - before < 3e6, "what was shown stays");
});
