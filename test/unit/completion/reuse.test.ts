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
  assert.equal(recent.find(requestAt("let x = compute(1)║;")), undefined, "what comes then is not known");
});

test("where a short text is typed to the end, an older one that goes on is there", () => {
  const recent = recentWith("let x = ║;", "compute(1)");
  recent.add(requestAt("let x = ║;"), { text: "comp", replacedLength: 0 });
  assert.equal(shownAt(recent, "let x = comp║;"), "ute(1)");
});

test("what the editor closes while the text is typed ends nothing", () => {
  const recent = recentWith("let x = ║;", 'compute("a", [1])');
  const found = recent.find(requestAt("let x = compute(║);"))?.completion;
  assert.deepEqual(found, { text: '"a", [1])', replacedLength: 1 });
  assert.equal(shownAt(recent, 'let x = compute("║");'), 'a", [1])');
  assert.equal(shownAt(recent, 'let x = compute("a", [║]);'), "1])");
  assert.equal(shownAt(recent, "let x = compute(║;"), '"a", [1])');
  assert.equal(shownAt(recent, "let x = compute(║]);"), undefined, "closed by somebody else");
  assert.equal(shownAt(recentWith("let x = ║;", "f([1])"), "let x = f([║);"), undefined, "one of two is missing");
  for (const quote of ["'", "`"]) {
    const quoted = recentWith("let x = ║;", `f(${quote}a${quote})`);
    assert.equal(shownAt(quoted, `let x = f(${quote}║${quote});`), `a${quote})`);
  }
  const block = recentWith("if (a) ║\nlet b;", "{\n  c();\n  d();\n}");
  assert.equal(shownAt(block, "if (a) {\n  ║\n}\nlet b;"), "c();\n  d();");
});

test("a rest before what the editor closed ends without white space", () => {
  const block = recentWith("if (a) ║\nlet b;", "{\n  c(); \n}");
  assert.equal(shownAt(block, "if (a) {\n  ║\n}\nlet b;"), "c();");
});

test("at the same place it is shown as it was, though it ends as the document goes on", () => {
  const picture = "a();\n║\nb();\nc();\n";
  assert.equal(shownAt(recentWith(picture, "x();\nb();\nc();"), picture), "x();\nb();\nc();");
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

test("where the text around it is long, what is near on both sides tells places apart", () => {
  const [before, after] = ["const berth = boats[7];\n".repeat(80), "const pier = boats[8];\n".repeat(40)];
  const recent = recentWith(`${before}let x = ║;\n${after}`, "compute(1)");
  assert.equal(shownAt(recent, `${before}let x = comp║;\n${after}`), "ute(1)");
  const changed = (text: string, at: number) => `${text.slice(0, at)}#${text.slice(at + 1)}`;
  assert.equal(shownAt(recent, `${before}let x = comp║;\n${changed(after, 150)}`), undefined);
  assert.equal(shownAt(recent, `${changed(before, before.length - 900)}let x = comp║;\n${after}`), undefined);
});

test("a long text is followed to its end, and a bracket that nobody has closed", () => {
  const text = "b".repeat(1500);
  assert.equal(shownAt(recentWith("let x = ║;", `${text}c`), `let x = ${text}║;`), "c");
  assert.equal(shownAt(recentWith("foo║)", "(x)"), "foo(║)"), "x)");
});

test("in a line of any length, a place that lies farther back than the window is another one", () => {
  const recent = recentWith(`${"a".repeat(2000)}║`, "a".repeat(16_000));
  // The latter is as far behind the place as the window is long, but for a tail.
  for (const length of [20_000, 33_768]) assert.equal(shownAt(recent, `${"a".repeat(length)}║`), undefined);
  const words = recentWith(`${"a".repeat(3000)}║`, "b");
  assert.equal(shownAt(words, `${"a".repeat(1500)}║`), undefined);
  const other = recentWith(`${"a".repeat(2000)}║`, "b");
  assert.equal(shownAt(other, `${"c".repeat(1000)}║`), undefined);
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
  assert.equal(shownAt(recentWith("let x = a_1b║;", "c"), "let x = a_║;"), "1bc");
  assert.equal(
    shownAt(recentWith("f();\ncomp║", "ute(1)"), "f();\n║"),
    undefined,
    "a whole word at the start of a line",
  );
  assert.equal(shownAt(recentWith("comp║", "ute(1)"), "xomp║"), undefined);
  assert.equal(shownAt(recentWith("f(║", "a)"), "f║"), undefined);
  const closing = new RecentCompletions();
  closing.add(requestAt("f(comp║)"), { text: "ute(1))", replacedLength: 1 });
  assert.deepEqual(closing.find(requestAt("f(com║)"))?.completion, { text: "pute(1))", replacedLength: 1 });
});

test("that there was nothing to show says nothing of where its word was shorter", () => {
  const recent = new RecentCompletions();
  recent.add(requestAt("let x = comp║;"), undefined);
  assert.equal(recent.find(requestAt("let x = com║;")), undefined);
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

test("the suggest widget's selected item is typed text", () => {
  const text = "let x = co";
  const range = { start: { line: 0, character: 8 }, end: { line: 0, character: 10 } };
  const selected = requestAt(`${text}║`, { selectedCompletion: { range, text: "comp" } });
  const recent = new RecentCompletions();
  recent.add(selected, { text: "ute(1)", replacedLength: 0 });
  assert.equal(shownAt(recent, "let x = compu║"), "te(1)");
  assert.equal(shownAt(recent, "let x = com║"), "pute(1)");
  assert.equal(recentWith("let x = ║", "compute(1)").find(selected)?.completion?.text, "ute(1)");
  assert.equal(recentWith("let x = compu║", "te(1)").find(selected)?.completion?.text, "ute(1)");
});

test("the same text in a line above is another place", () => {
  const picture = (above: number) => `${"x\n".repeat(above)}║\n${"x\n".repeat(4000 - above)}`;
  const recent = recentWith(picture(3000), "compute(1)");
  assert.equal(shownAt(recent, picture(3000)), "compute(1)");
  assert.equal(shownAt(recent, picture(2000)), undefined);
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
