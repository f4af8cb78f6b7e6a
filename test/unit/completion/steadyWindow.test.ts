import assert from "node:assert/strict";
import { test } from "node:test";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import { type SteadyText, SteadyWindow } from "../../../server/completion/steadyWindow.ts";
import { requestAt } from "../../support/cursor.ts";
import fc from "../../support/fastCheck.ts";
import { scriptedModel, textOf } from "../../support/scriptedModel.ts";

/** A tokenizer for tests: four characters are a token. */
const countTokens = (text: string) => Promise.resolve(Math.ceil(text.length / 4));
const budget = { prefix: 400, suffix: 100 };

/** The windows at some pictures, one after the other. */
async function windowsAt(...pictures: readonly string[]): Promise<SteadyText[]> {
  const window = new SteadyWindow();
  const windows: SteadyText[] = [];
  for (const picture of pictures) windows.push(await window.cut(requestAt(picture), budget, countTokens));
  return windows;
}

test("what is typed goes to its end, over several lines, beside what the editor closes", async () => {
  const windows = await windowsAt(
    "a();\nif║\nb();\n",
    "a();\nif (║)\nb();\n",
    'a();\nif (c["║"])\nb();\n',
    "a();\nif (c) {\n  ║\n}\nb();\n",
    "a();\nif (c) {\n  d();\n  ║\n}\nb();\n",
  );
  for (const { before, suffix } of windows) assert.deepEqual([before, suffix], ["a();\n", "\nb();\n"]);
  assert.deepEqual(
    windows.map(({ typed }) => typed),
    ["if", "if (", 'if (c["', "if (c) {\n  ", "if (c) {\n  d();\n  "],
  );
});

test("the rest of a line that says something is in the window, its closing brackets alone are not", async () => {
  const [inLine, atEnd] = await windowsAt("f(║, b)\nc();\n", "x();\ny(║);\nc();\n");
  assert.equal(inLine?.suffix, ", b)\nc();\n");
  assert.equal(atEnd?.suffix, "\nc();\n");
});

test("other text before or after, another line or another file places it anew", async () => {
  const at = async (picture: string) => (await windowsAt("a();\nb║\nc();\n", picture)).at(-1);
  assert.deepEqual(await at("x();\nb║\nc();\n"), { before: "x();\n", typed: "b", suffix: "\nc();\n" });
  assert.deepEqual(await at("a();\nb║\nx();\n"), { before: "a();\n", typed: "b", suffix: "\nx();\n" });
  assert.deepEqual(await at("a();\nb\nc();\nd║"), { before: "a();\nb\nc();\n", typed: "d", suffix: "" });
  assert.deepEqual(await at("a║\nb\nc();\n"), { before: "", typed: "a", suffix: "\nb\nc();\n" });
  const window = new SteadyWindow();
  await window.cut(requestAt("a();\nb║"), budget, countTokens);
  const other = { ...requestAt("a();\nbc\nd║"), uri: "file:///other" };
  assert.deepEqual(await window.cut(other, budget, countTokens), { before: "a();\nbc\n", typed: "d", suffix: "" });
});

test("a copy begins at the same place, and is placed anew without a change to the first", async () => {
  const window = new SteadyWindow();
  await window.cut(requestAt("a();\nb║\nc();\n"), budget, countTokens);
  const copy = window.copy();
  const typed = requestAt("a();\nb\nd║\nc();\n");
  assert.equal((await copy.cut(typed, budget, countTokens)).before, "a();\n");
  assert.equal((await copy.cut(requestAt("x();\ny║"), budget, countTokens)).before, "x();\n");
  assert.equal((await window.cut(typed, budget, countTokens)).before, "a();\n");
});

test("it is placed anew when what was typed crosses the budget, and not with each key after that", async () => {
  const line = "const value = compute(1);\n";
  const window = new SteadyWindow();
  const places = new Set<string>();
  const begins = new Set<string>();
  let text = Array.from({ length: 200 }, (_, i) => `let a${i} = ${i};\n`).join("");
  for (let key = 0; key < 60 * line.length; key++) {
    text += line.charAt(key % line.length);
    const { before } = await window.cut(requestAt(`${text}║`), budget, countTokens);
    places.add(before);
    begins.add(before.slice(0, 40));
  }
  assert.ok(places.size > 1 && places.size <= 12, `${places.size} places`);
  assert.ok(begins.size <= 12, `${begins.size} beginnings`);
});

test("a smaller budget places it anew", async () => {
  const lines = Array.from({ length: 60 }, (_, i) => `let a${i} = ${i};\n`).join("");
  const small = 40;
  for (const side of ["prefix", "suffix"] as const) {
    const window = new SteadyWindow();
    await window.cut(requestAt(`${lines}b║\n${lines}`), { prefix: 400, suffix: 400 }, countTokens);
    const less = { prefix: 400, suffix: 400, [side]: small };
    const { before, typed, suffix } = await window.cut(requestAt(`${lines}bc║\n${lines}`), less, countTokens);
    const tokens = await countTokens(side === "prefix" ? before + typed : suffix);
    assert.ok(tokens <= small, `${tokens} tokens of the ${side}`);
  }
});

test("what was typed is put into the prefix once it is long", async () => {
  const line = "const value = compute(1);\n";
  const window = new SteadyWindow();
  await window.cut(requestAt("a();\n║"), { prefix: 4000, suffix: 100 }, countTokens);
  const typed = line.repeat(100);
  const cut = await window.cut(requestAt(`a();\n${typed}║`), { prefix: 4000, suffix: 100 }, countTokens);
  assert.deepEqual(cut, { before: `a();\n${typed}`, typed: "", suffix: "" });
});

test("what comes to stand after the cursor at the end of a document is seen", async () => {
  const windows = await windowsAt("a();\nb║", "a();\nbc║ + d");
  assert.equal(windows[1]?.suffix, " + d");
});

test("it keeps its place where the text before begins in the middle of the document", async () => {
  const window = new SteadyWindow();
  const at = (picture: string) => window.cut({ ...requestAt(picture), firstLine: 7 }, budget, countTokens);
  await at("a();\nb║");
  assert.deepEqual(await at("a();\nbc\nd║"), { before: "a();\n", typed: "bc\nd", suffix: "" });
});

test("whatever is edited, it ends at the cursor, is in the document and fits the budget", async () => {
  const piece = fc.constantFrom("a", "bc", " ", "\n", "{", "}", ")", "(", '"', "🦅", "word ");
  const text = fc.array(piece, { maxLength: 60 }).map((all) => all.join(""));
  const edit = fc.record({ deleted: fc.nat({ max: 12 }), typed: text, after: fc.option(text, { nil: undefined }) });
  const budgets = fc.record({ prefix: fc.nat({ max: 80 }), suffix: fc.nat({ max: 40 }) });
  await fc.assert(
    fc.asyncProperty(text, text, fc.array(edit, { maxLength: 12 }), budgets, async (before, after, edits, most) => {
      const window = new SteadyWindow();
      let [prefix, suffix] = [before, after];
      for (const { deleted, typed, after: changed } of edits) {
        prefix = prefix.slice(0, Math.max(0, prefix.length - deleted)).replace(/[\uD800-\uDBFF]$/, "") + typed;
        suffix = changed ?? suffix;
        const cut = await window.cut(requestAt(`${prefix}║${suffix}`), most, countTokens);
        assert.ok(prefix.endsWith(cut.before + cut.typed));
        const start = suffix.indexOf(cut.suffix);
        assert.ok(start >= 0);
        assert.match(suffix.slice(0, start), /^[\s)\]}>'"`;,]*$/);
        const tokens = (await countTokens(cut.before + cut.typed)) + (await countTokens(cut.suffix));
        assert.ok(tokens <= most.prefix + most.suffix, `${tokens} tokens`);
      }
    }),
  );
});

test("another model gets a window of its own", async () => {
  const [plain, infilling] = [false, true].map((infill) => scriptedModel({ infill }, () => "end"));
  const current = { model: plain };
  const completer = new InlineCompleter(current);
  const complete = () =>
    completer.complete(
      requestAt("let x = ║\nlet below = 1;"),
      { debounce: 0, maxTokens: 8 },
      new AbortController().signal,
    );
  await complete();
  current.model = infilling;
  await complete();
  assert.match(textOf(infilling?.asked[0]?.prompt ?? []), /below/);
});
