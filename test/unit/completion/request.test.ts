import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../../support/fastCheck.ts";
import { TextDocument } from "vscode-languageserver-textdocument";

import { completionRequest, maxPrefixLength, maxSuffixLength } from "../../../server/completion/request.ts";
import { requestAt } from "../../support/cursor.ts";

test("takes the text on both sides of the cursor", () => {
  const request = requestAt("one\ntwo ║three\nfour");
  assert.equal(request.prefix, "one\ntwo ");
  assert.equal(request.suffix, "three\nfour");
  assert.deepEqual(request.range, { start: { line: 1, character: 4 }, end: { line: 1, character: 4 } });
});

test("line breaks of CRLF and CR files become LF", () => {
  const request = requestAt("one\r\ntwo\rthree║\r\nfour\r\n");
  assert.equal(request.prefix, "one\ntwo\nthree");
  assert.equal(request.suffix, "\nfour\n");
});

test("positions count UTF-16 units: characters beyond the basic plane are two", () => {
  const request = requestAt("// 🦅 falcon ║🦅 end");
  assert.equal(request.prefix, "// 🦅 falcon ");
  assert.equal(request.suffix, "🦅 end");
  assert.equal(request.range.start.character, "// 🦅 falcon ".length);
});

test("an empty document has nothing on either side", () => {
  const request = requestAt("║");
  assert.equal(request.prefix + request.suffix, "");
});

test("the path is the one in the workspace folder, readable, and empty for what is in none", () => {
  const pathOf = (uri: string, folders: readonly string[]) =>
    completionRequest({
      document: TextDocument.create(uri, "plaintext", 1, ""),
      position: { line: 0, character: 0 },
      automatic: true,
      folders,
    }).path;
  const folders = ["file:///other", "file:///project", "file:///net/"];
  assert.equal(pathOf("file:///project/src/caf%C3%A9%20bar.ts", folders), "src/café bar.ts");
  assert.equal(pathOf("file:///net/a.ts", folders), "a.ts");
  assert.equal(pathOf("file:///projects/a.ts", folders), "");
  assert.equal(pathOf("untitled:Untitled-1", folders), "");
  assert.equal(pathOf("file:///project/100%.txt", folders), "");
  const differently = ["file:///100%/", "file:///home/me@work/c++ (old)", "file:///C:/project"];
  assert.equal(pathOf("file:///home/me%40work/c%2B%2B%20%28old%29/a.cc", differently), "a.cc");
  assert.equal(pathOf("file:///c%3A/project/a.cs", differently), "a.cs");
});

test("a notebook's earlier cells stand before the cell", () => {
  assert.equal(requestAt("b = ║", { preceding: "a = 1\n\n" }).prefix, "a = 1\n\nb = ");
});

test("the selected item of the suggest widget is taken for typed, and its range is replaced", () => {
  const range = { start: { line: 0, character: 8 }, end: { line: 0, character: 11 } };
  const request = requestAt("console.log║(x)", { selectedCompletion: { range, text: "logger" } });
  assert.equal(request.prefix, "console.logger");
  assert.equal(request.suffix, "(x)");
  assert.equal(request.selected, "logger");
  assert.deepEqual(request.range, range);
});

test("of a million lines only the window is taken, from the start of a line", () => {
  const line = "const value = compute(1234);\n";
  const document = TextDocument.create("file:///huge", "plaintext", 1, line.repeat(1_000_000));
  const request = completionRequest({ document, position: { line: 500_000, character: 5 }, automatic: true });
  assert.ok(request.prefix.length <= maxPrefixLength && request.prefix.length > maxPrefixLength - 2 * line.length);
  assert.ok(request.suffix.length <= maxSuffixLength);
  assert.ok(request.prefix.startsWith(line));
  assert.equal(request.firstLine, 500_000 - Math.floor(request.prefix.length / line.length));
});

test("a huge line is cut, never inside a character", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), (before, after) => {
      const left = "🦅".repeat(10_000) + "x".repeat(before);
      const text = left + "y".repeat(after) + "🦅".repeat(10_000);
      const document = TextDocument.create("file:///line", "plaintext", 1, text);
      const position = { line: 0, character: left.length };
      const { prefix, suffix } = completionRequest({ document, position, automatic: true });
      assert.ok((prefix + suffix).isWellFormed());
      assert.ok(prefix.length > 0 && prefix.length <= maxPrefixLength);
      assert.ok(suffix.length > 0 && suffix.length <= maxSuffixLength);
    }),
  );
});

test("at the end of a huge line, or on the line after it, the line is the prefix", () => {
  const line = "word ".repeat(5_000);
  for (const picture of [`${line}║`, `${line}\n║`, `${line}\n║\nmore`]) {
    const { prefix } = requestAt(picture);
    assert.equal(prefix.trimEnd().slice(-5), " word", JSON.stringify(picture.slice(-10)));
    assert.ok(prefix.length > maxPrefixLength - 10 && prefix.length <= maxPrefixLength);
  }
});

test("of a notebook's earlier cells no more than the window is taken, from the start of a line", () => {
  const preceding = "total = 1\r\n".repeat(10_000);
  const { prefix } = requestAt("b = ║", { preceding });
  assert.ok(prefix.startsWith("total = 1\ntotal") && prefix.endsWith("total = 1\nb = "));
  assert.ok(prefix.length <= maxPrefixLength + "b = ".length);
});

test("prefix, cursor and suffix are the document, whatever it holds", () => {
  const text = fc.string({ unit: fc.constantFrom("a", " ", "\t", "\n", "é", "🦅", "(", "}"), maxLength: 200 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const request = requestAt(`${before}║${after}`);
      assert.equal(request.prefix, before);
      assert.equal(request.suffix, after);
    }),
  );
});

test("what stands after the document follows it, as far as there is room", () => {
  assert.equal(requestAt("b = ║", { following: "\r\n\r\nprint(b)" }).suffix, "\n\nprint(b)");
  const { suffix } = requestAt(`║${"x".repeat(maxSuffixLength - 1)}`, { following: "\n\nprint(b)" });
  assert.equal(suffix, `${"x".repeat(maxSuffixLength - 1)}\n`);
  assert.equal(requestAt(`║${"x".repeat(maxSuffixLength)}`, { following: "\n" }).suffix.length, maxSuffixLength);
});
