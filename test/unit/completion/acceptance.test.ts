import assert from "node:assert/strict";
import { mock, suite, test, type TestContext } from "node:test";

import { TextDocument } from "vscode-languageserver-textdocument";

import { Acceptance } from "../../../server/completion/acceptance/acceptance.ts";

/** A document that is edited as by an editor, and the figures that come of it. */
function editor(t: TestContext, picture: string) {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const figures: Record<string, number> = {};
  const acceptance = new Acceptance((added) => {
    for (const [key, count] of Object.entries(added)) figures[key] = (figures[key] ?? 0) + count;
  });
  let document = TextDocument.create("file:///a.ts", "typescript", 1, picture.replace("║", ""));
  let cursor = picture.indexOf("║");
  const replace = (start: number, end: number, text: string) => {
    const before = document.getText();
    document = TextDocument.create(document.uri, "typescript", 1, before.slice(0, start) + text + before.slice(end));
    acceptance.edit(document, { start, end, inserted: text.length }, text);
  };
  return {
    acceptance,
    figures,
    replace,
    show: (...texts: string[]) => acceptance.show(document, cursor, texts),
    /** Of which the first characters stand there already. */
    showAt: (start: number, typed: number, text: string) => acceptance.show(document, start, [text], typed),
    accept: (id: number) => acceptance.accept(document, id),
    close: () => acceptance.close(document.uri),
    /** One edit at the cursor, which goes behind it. */
    write: (text: string) => {
      replace(cursor, cursor, text);
      cursor += text.length;
    },
    after: (seconds: number) => mock.timers.tick(seconds * 1000),
  };
}

suite("acceptance", () => {
  test("a suggestion that is accepted whole, and stays", (t) => {
    const { figures, show, write, accept, after } = editor(t, "let total = ║;");
    const id = show("price * count");
    write("price * count");
    accept(id);
    assert.deepEqual(figures, { shown: 1, accepted: 1, characters: 13 });
    after(30);
    // Of what the window is closed before, nothing is known.
    const afterHalfMinute = { seenAfterHalfMinute: 13, keptAfterHalfMinute: 13 };
    assert.deepEqual(figures, { shown: 1, accepted: 1, characters: 13, ...afterHalfMinute });
    after(270);
    const afterFiveMinutes = { seenAfterFiveMinutes: 13, keptAfterFiveMinutes: 13 };
    assert.deepEqual(figures, { shown: 1, accepted: 1, characters: 13, ...afterHalfMinute, ...afterFiveMinutes });
  });

  test("one of a single character is known by the command alone", (t) => {
    const { figures, show, write, accept } = editor(t, "f(a║");
    const id = show(")");
    write(")");
    assert.deepEqual(figures, { shown: 1 });
    accept(id);
    assert.deepEqual(figures, { shown: 1, accepted: 1, characters: 1 });
  });

  test("a suggestion that is typed, and one that is not taken, are shown and no more", (t) => {
    const { figures, show, write, after } = editor(t, "let ║");
    show("total = 1;");
    for (const key of "to") write(key);
    show("tal = 1;");
    assert.deepEqual(figures, { shown: 1 });
    write("x");
    show(" = 2;");
    after(300);
    assert.deepEqual(figures, { shown: 2 });
  });

  test("words and lines that are accepted one by one count to one suggestion", (t) => {
    const { figures, show, write, accept } = editor(t, "let ║");
    const id = show("total = 1;\nlet next = 2;");
    write("total");
    show(" = 1;\nlet next = 2;");
    write(" =");
    write(" ");
    write("1;\n");
    assert.deepEqual(figures, { shown: 1, accepted: 1, characters: 10 });
    write("let next = 2;");
    accept(id);
    assert.deepEqual(figures, { shown: 1, accepted: 1, characters: 23 });
  });

  test("brackets that the editor closes, and indentation, are keys", (t) => {
    const { figures, show, replace, write } = editor(t, "main║");
    show("() {\n  run();\n}");
    write("()");
    write(" ");
    write("{");
    write("\n  ");
    assert.deepEqual(figures, { shown: 1 });
    replace(0, 0, "// begins\n");
    write("run();");
    assert.deepEqual(figures, { shown: 1 }, "the cursor is elsewhere");
  });

  test("in a document with other line breaks", (t) => {
    const { figures, show, write, replace, after } = editor(t, "a();\r\n║");
    show("b();\nc();");
    write("b();\r\nc();");
    assert.deepEqual(figures, { shown: 1, accepted: 1, characters: 9 });
    replace(6, 12, "");
    after(30);
    assert.deepEqual(figures, {
      shown: 1,
      accepted: 1,
      characters: 9,
      seenAfterHalfMinute: 9,
      keptAfterHalfMinute: 4,
    });
  });

  test("any of several candidates", (t) => {
    const { figures, show, write } = editor(t, "x = ║");
    show("first()", "second()");
    write("second()");
    assert.deepEqual(figures, { shown: 1, accepted: 1, characters: 8 });
  });

  test("what is deleted is not kept, nor what is written in between", (t) => {
    const { figures, show, replace, write, after } = editor(t, "x = ║;\n");
    show("alpha + beta");
    write("alpha + beta");
    replace(0, 0, "let ");
    replace(8, 13, "a");
    after(30);
    assert.equal(figures["keptAfterHalfMinute"], 7);
    replace(11, 11, "gamma + ");
    after(270);
    assert.deepEqual([figures["keptAfterFiveMinutes"], figures["seenAfterFiveMinutes"]], [7, 12]);
  });

  test("how much of the latest twenty is accepted is known once anything was", (t) => {
    const { acceptance, show, write } = editor(t, "let ║");
    for (let i = 0; i < 20; i++) show(`ignored${i}`);
    assert.equal(acceptance.rate, undefined);
    for (let i = 0; i < 20; i++) {
      show(`taken${i} + `);
      if (i % 4 === 0) write(`taken${i} + `);
    }
    assert.equal(acceptance.rate, 0.25);
    for (let i = 0; i < 20; i++) show(`ignored${i}`);
    assert.equal(acceptance.rate, 0);
  });

  test("of fewer than twenty suggestions nothing is told", (t) => {
    const { acceptance, show, write } = editor(t, "let ║");
    show("taken + ");
    write("taken + ");
    for (let i = 0; i < 18; i++) show(`ignored${i}`);
    assert.equal(acceptance.rate, undefined);
    show("ignored");
    assert.equal(acceptance.rate, 0.05);
  });

  test("a suggestion goes along with what is edited before it", (t) => {
    const { figures, show, replace } = editor(t, "x = ║;\n");
    show("alpha + beta");
    replace(0, 0, "let ");
    replace(8, 8, "alpha + beta");
    assert.deepEqual(figures, { shown: 1, accepted: 1, characters: 12 });
  });

  test("a suggestion ends where its place is replaced", (t) => {
    const { figures, show, replace } = editor(t, "x = ║0;\n");
    show("alpha + beta");
    replace(2, 5, "");
    replace(4, 4, "alpha + beta");
    replace(1, 1, "alpha + beta");
    assert.deepEqual(figures, { shown: 1 });
  });

  test("pasted text that only begins like a suggestion is none of it", (t) => {
    const { figures, show, write } = editor(t, "x = ║");
    show("alpha + beta");
    write("alpha - gamma");
    assert.deepEqual(figures, { shown: 1 });
  });

  test("what stood there before is not counted", (t) => {
    const { figures, showAt, write, accept } = editor(t, "x = al║");
    const id = showAt(4, 2, "alpha");
    write("pha");
    accept(id);
    assert.deepEqual(figures, { shown: 1, accepted: 1, characters: 3 });
  });

  test("the number of an earlier suggestion accepts no later one", (t) => {
    const { figures, show, write, accept } = editor(t, "f(a║");
    const id = show("x");
    show(")");
    write(")");
    accept(id);
    assert.deepEqual(figures, { shown: 2 });
  });

  test("what is shown before the place of a suggestion is another one", (t) => {
    const { figures, showAt } = editor(t, "let x║");
    showAt(5, 0, "ab");
    showAt(4, 0, "b");
    assert.deepEqual(figures, { shown: 2 });
  });

  test("a document that is closed twice is counted once", (t) => {
    const { figures, show, write, close } = editor(t, "x = ║;\n");
    show("alpha");
    write("alpha");
    close();
    const once = { ...figures };
    close();
    assert.deepEqual(figures, once);
  });

  test("when the document is closed, what stands then is what is kept", (t) => {
    const { figures, show, write, close, after } = editor(t, "x = ║;\n");
    show("alpha");
    write("alpha");
    after(30);
    close();
    assert.equal(figures["keptAfterFiveMinutes"], 5);
    after(300);
    assert.deepEqual(figures, {
      shown: 1,
      accepted: 1,
      characters: 5,
      seenAfterHalfMinute: 5,
      keptAfterHalfMinute: 5,
      seenAfterFiveMinutes: 5,
      keptAfterFiveMinutes: 5,
    });
  });
});
