// Edits in place, with a server whose answers the tests write: from the instruction to the text in the editor, and back.

import assert from "node:assert/strict";

import { describe, it } from "mocha";
import { EndOfLine, Position, Range, Selection, Uri, commands, window, type CodeAction, type CodeLens } from "vscode";

import { applyCodeBlock } from "../../src/edit/applyCode.ts";
import { linesOf } from "../../src/edit/proposalDecorations.ts";
import { gatheredScheme } from "../../src/shared/chatContext.ts";
import type { EditResult } from "../../src/shared/edit.ts";
import { openEditor, until } from "./falcon.ts";
import { MemoryFiles } from "./memoryFiles.ts";
import { ScriptedEdits, changed, code, openLastCell } from "./scriptedEdits.ts";

const attachment = { id: "a", label: "asked.js", languageId: "javascript", text: "" };

describe("edit", () => {
  const edits = new ScriptedEdits();

  it("one change is accepted, one rejected, and one step undoes all", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const { document } = editor;
    await edits.propose(editor, changed);
    assert.equal(document.getText(), changed);
    assert.equal(edits.placed.length, 2);
    editor.selection = new Selection(0, 0, 0, 0);
    await commands.executeCommand("falcon.acceptChange");
    assert.equal(editor.selection.active.line, 5, "the cursor goes to the next change");
    await commands.executeCommand("falcon.rejectChange");
    assert.equal(document.getText(), code.replace("one", "1"));
    assert.deepEqual(edits.falcon.proposals.all, []);
    await commands.executeCommand("undo");
    assert.equal(document.getText(), code);
  });

  it("the cursor goes from one change to the next, and back, without deciding any", async () => {
    const editor = await openEditor(code, "javascript", "end");
    await edits.propose(editor, changed);
    editor.selection = new Selection(0, 0, 0, 0);
    const lines: number[] = [];
    for (const command of ["nextChange", "nextChange", "nextChange", "previousChange", "previousChange"]) {
      await commands.executeCommand(`falcon.${command}`);
      lines.push(editor.selection.active.line);
    }
    assert.deepEqual(lines, [1, 5, 1, 5, 1], "behind the last one comes the first");
    assert.equal(edits.placed.length, 2);
    assert.equal(editor.document.getText(), changed);
  });

  it("all changes are accepted or rejected at once", async () => {
    const editor = await openEditor(code, "javascript", "end");
    await edits.propose(editor, changed);
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(editor.document.getText(), code);
    await edits.propose(editor, changed);
    await commands.executeCommand("falcon.acceptAllChanges");
    assert.equal(editor.document.getText(), changed);
    assert.deepEqual(edits.falcon.proposals.all, []);
    await commands.executeCommand("undo");
    assert.equal(editor.document.getText(), code);
  });

  it("a change that the user writes into is his", async () => {
    const editor = await openEditor(code, "javascript", "end");
    await edits.propose(editor, changed);
    await editor.edit((builder) => builder.insert(new Position(1, 9), "-"));
    assert.equal(edits.placed.length, 1);
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(editor.document.getText(), code.replace("one", "-1"));
  });

  it("keeps the line ends and the mark at the start of the file", async () => {
    const files = new MemoryFiles("edit-test");
    try {
      const editor = await files.open("crlf.js", "\uFEFF" + code.replaceAll("\n", "\r\n"));
      assert.equal(editor.document.eol, EndOfLine.CRLF);
      await edits.propose(editor, changed.replaceAll("\n", "\r\n"));
      await commands.executeCommand("falcon.acceptAllChanges");
      await editor.document.save();
      const saved = Buffer.from(files.readFile(files.uri("crlf.js"))).toString();
      assert.equal(saved, "\uFEFF" + changed.replaceAll("\n", "\r\n"));
    } finally {
      files.dispose();
    }
  });

  it("leaves the document as it was where an answer is of no use, and says why", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const refused: [Partial<EditResult>, RegExp][] = [
      [{ text: " \n" }, /is empty/],
      [{ text: changed, stopReason: "limit" }, /reached its limit/],
      [{ text: changed, stopReason: "interrupted" }, /ended while it wrote/],
    ];
    for (const [result, message] of refused) {
      const done = edits.begin(editor);
      edits.last.answer(result);
      await assert.rejects(done, message);
      assert.equal(editor.document.getText(), code);
      assert.deepEqual(edits.falcon.proposals.all, []);
    }
    const done = edits.begin(editor);
    await assert.rejects(edits.begin(editor), /proposed for this place already/);
    edits.last.answer({ stopReason: "aborted" });
    await done;
    assert.equal(editor.document.getText(), code);
  });

  it("asks before an answer that deletes most of the text is shown", async () => {
    const long = `${code}${"// A line that is lost.\n".repeat(10)}`;
    const editor = await openEditor(long, "javascript", "end");
    const { showWarningMessage } = window;
    const questions: string[] = [];
    try {
      for (const [button, expected] of [
        [undefined, long],
        ["Show Changes", code],
      ] as const) {
        // A dialog cannot be answered in a host under test.
        const choose = (question: string) => Promise.resolve(void questions.push(question)).then(() => button);
        Object.assign(window, { showWarningMessage: choose });
        await edits.propose(editor, code);
        assert.equal(editor.document.getText(), expected);
      }
      assert.equal(questions.length, 2);
      for (const question of questions) assert.match(question, /would delete most of the text in Untitled/);
      await commands.executeCommand("falcon.rejectAllChanges");
      await edits.propose(editor, long.slice(0, long.length / 2));
      assert.equal(questions.length, 2, "half of it is no question");
    } finally {
      Object.assign(window, { showWarningMessage });
    }
  });

  it("is in the lightbulb of a selection alone, whose instruction it asks for", async () => {
    const { document } = await openEditor(code, "javascript", "end");
    const offered = async (range: Range) => {
      const actions = await commands.executeCommand<CodeAction[]>(
        "vscode.executeCodeActionProvider",
        document.uri,
        range,
      );
      return actions.filter(({ title }) => title === "Edit with Falcon…").map(({ command }) => command?.command);
    };
    assert.deepEqual(await offered(new Range(1, 2, 1, 2)), []);
    assert.deepEqual(await offered(new Range(1, 0, 2, 0)), ["falcon.editSelection"]);
  });

  it("the keys decide the change at the cursor, whichever edit was begun first", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const { document } = editor;
    const lines = code.split("\n");
    for (const line of [5, 1]) {
      const proposal = edits.falcon.proposals.begin(document, document.lineAt(line).range);
      await proposal.finish((lines[line] ?? "").replace("one", "1").replace("two", "2"));
    }
    assert.equal(document.getText(), changed);
    editor.selection = new Selection(0, 0, 0, 0);
    await commands.executeCommand("falcon.rejectChange");
    assert.equal(document.getText(), code.replace("two", "2"));
    assert.equal(editor.selection.active.line, 5);
  });

  it("what is clicked above a change is told by its line", async () => {
    const editor = await openEditor(code, "javascript", "end");
    await edits.propose(editor, changed);
    const { uri } = editor.document;
    const lenses = await commands.executeCommand<CodeLens[]>("vscode.executeCodeLensProvider", uri);
    const told = lenses.map(({ command }) => command?.tooltip);
    for (const line of [2, 6]) {
      for (const word of ["Accept", "Reject"])
        assert.ok(told.includes(`${word} the change at line ${line}`), told.join());
    }
  });

  it("new lines that begin with an empty one are told by that one, and by no line that stays", async () => {
    const editor = await openEditor(code, "javascript", "end");
    await edits.propose(editor, code.replace("  return two", "\n  let two;\n  return two"));
    const [proposal] = edits.falcon.proposals.all;
    const [placed] = edits.placed;
    assert.ok(proposal && placed);
    const { start, end } = linesOf(proposal, placed) ?? assert.fail("there are lines");
    assert.deepEqual([start.line, end.line], [5, 6]);
  });

  it("a click above a change that is decided already decides no other", async () => {
    const editor = await openEditor(code, "javascript", "end");
    await edits.propose(editor, changed);
    const [proposal] = edits.falcon.proposals.all;
    const hunk = edits.placed[0]?.hunk;
    await commands.executeCommand("falcon.acceptChange", proposal, hunk);
    assert.equal(edits.placed.length, 1);
    await commands.executeCommand("falcon.acceptChange", proposal, hunk);
    await commands.executeCommand("falcon.rejectChange", proposal, hunk);
    await commands.executeCommand("falcon.rejectAllChanges", Uri.parse("untitled:not-open"));
    assert.equal(edits.placed.length, 1);
    assert.equal(editor.document.getText(), changed);
  });

  it("offers a new document where the file is read-only", async () => {
    const files = new MemoryFiles("edit-read-only", { isReadonly: true });
    try {
      const editor = await files.open("fixed.js", code);
      await edits.propose(editor, changed);
      assert.equal(window.activeTextEditor?.document.getText(), changed);
      assert.notEqual(window.activeTextEditor.document, editor.document);
      assert.equal(editor.document.getText(), code);
    } finally {
      files.dispose();
    }
  });

  it("edits a notebook's cell, and no other", async () => {
    const editor = await openLastCell("one = one\n", "two = two\n");
    const { document } = editor;
    await edits.propose(editor, "two = 2\n");
    assert.equal(document.getText(), "two = 2\n");
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(document.getText(), "two = two\n");
    assert.equal(window.activeNotebookEditor?.notebook.cellAt(0).document.getText(), "one = one\n");
  });

  it("proposes a block of the chat where its lines are, and asks the model where they cannot be told", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const lastEditor = { get: () => editor, document: editor.document } as never;
    const dependencies = { ...edits.dependencies, lastEditor };
    await applyCodeBlock("function b() {\n  return 2;\n}\n", [], dependencies);
    assert.deepEqual(edits.asked, []);
    assert.equal(editor.document.getText(), code.replace("two", "2"));
    await assert.rejects(
      applyCodeBlock("function a() {\n  return one;\n}", [], dependencies),
      /stands in the file already/,
    );
    await commands.executeCommand("falcon.rejectAllChanges");
    const applied = applyCodeBlock("function b() {\n  // ...\n}\n", [], dependencies);
    await until("the server is asked", () => edits.asked.length === 1);
    assert.equal(edits.last.params.command, "apply");
    edits.last.answer({ text: changed });
    await applied;
    assert.equal(editor.document.getText(), changed);
  });

  it("proposes a block of the chat in the file that a question was about, where another one is in the editor", async () => {
    const files = new MemoryFiles("apply-test");
    try {
      const { document } = await files.open("asked.js", code);
      const editor = await openEditor("let other = 1;\n", "javascript", "end");
      const lastEditor = { get: () => editor, document: editor.document } as never;
      const attached = [
        { ...attachment, uri: document.uri.toString() },
        { ...attachment, uri: document.uri.with({ path: "/gone.js" }).toString() },
        { ...attachment, uri: `${gatheredScheme}:/problems` },
      ];
      await applyCodeBlock("function b() {\n  return 2;\n}\n", attached, {
        ...edits.dependencies,
        lastEditor,
      });
      assert.deepEqual(edits.asked, []);
      assert.equal(window.activeTextEditor?.document, document);
      assert.equal(document.getText(), code.replace("two", "2"));
      assert.equal(editor.document.getText(), "let other = 1;\n");
    } finally {
      files.dispose();
    }
  });
});
