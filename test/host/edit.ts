// Edits in place, with a server whose answers the tests write: from the instruction to the text in the editor, and back.

import assert from "node:assert/strict";

import { afterEach, before, beforeEach, describe, it } from "mocha";
import {
  EndOfLine,
  NotebookCellData,
  NotebookCellKind,
  NotebookData,
  Position,
  Range,
  Selection,
  Uri,
  WorkspaceEdit,
  commands,
  languages,
  window,
  workspace,
  type CodeAction,
  type TextEditor,
} from "vscode";

import { applyCodeBlock } from "../../src/edit/applyCode.ts";
import { proposeEdit } from "../../src/edit/editSelection.ts";
import { EditInstructions } from "../../src/edit/instructions.ts";
import type { TestApi } from "../../src/extension.ts";
import type { EditParams, EditResult } from "../../src/shared/edit.ts";
import { openEditor, readyFalcon, until } from "./falcon.ts";
import { MemoryFiles } from "./memoryFiles.ts";

const code = ["function a() {", "  return one;", "}", "", "function b() {", "  return two;", "}", ""].join("\n");
const changed = code.replace("one", "1").replace("two", "2");

/** The beginning of the answer that surely changes one line. */
const firstChanged = `${changed.split("\n").slice(0, 6).join("\n")}\n`;

const instructions = new EditInstructions({ get: () => [], keys: () => [], update: () => Promise.resolve() } as never);

/** What the server is asked, and how it is made to answer. */
interface Asked {
  readonly params: EditParams;
  readonly onDelta: (text: string) => void;
  readonly signal: AbortSignal;
  readonly answer: (result: Partial<EditResult>) => void;
}

describe("edit", () => {
  let falcon: TestApi;
  let asked: Asked[];

  before(async () => {
    falcon = await readyFalcon();
  });

  beforeEach(() => {
    asked = [];
    falcon.server.edit = (params, onDelta, signal) =>
      new Promise((resolve) => {
        const answer = (result: Partial<EditResult>) => resolve({ text: params.text, stopReason: "end", ...result });
        signal.addEventListener("abort", () => answer({ stopReason: "aborted" }));
        asked.push({ params, onDelta, signal, answer });
      });
  });

  afterEach(() => {
    Reflect.deleteProperty(falcon.server, "edit");
    for (const proposal of falcon.proposals.all) proposal.dispose();
  });

  /** Begins an edit of the whole document, as the command does after its question. */
  function begin({ document }: TextEditor): Promise<void> {
    return proposeEdit(
      document,
      document.validateRange(new Range(0, 0, document.lineCount, 0)),
      { command: "edit", instruction: "change it" },
      { ...falcon, instructions },
    );
  }

  function last(): Asked {
    const found = asked.at(-1);
    assert.ok(found, "the server was asked");
    return found;
  }

  const placed = () => falcon.proposals.all.flatMap((proposal) => proposal.placed);

  /** The server writes the beginning of the answer, and the first change shows. */
  async function writeFirst(): Promise<void> {
    last().onDelta(firstChanged);
    await until("the first change shows", () => placed().length === 1);
  }

  async function propose(editor: TextEditor, text: string): Promise<void> {
    const done = begin(editor);
    last().answer({ text });
    await done;
  }

  it("one change is accepted, one rejected, and one step undoes all", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const { document } = editor;
    await propose(editor, changed);
    assert.equal(document.getText(), changed);
    assert.equal(placed().length, 2);
    editor.selection = new Selection(0, 0, 0, 0);
    await commands.executeCommand("falcon.acceptChange");
    assert.equal(editor.selection.active.line, 5, "the cursor goes to the next change");
    await commands.executeCommand("falcon.rejectChange");
    assert.equal(document.getText(), code.replace("one", "1"));
    assert.deepEqual(falcon.proposals.all, []);
    await commands.executeCommand("undo");
    assert.equal(document.getText(), code);
  });

  it("changes that come one after the other into a saved file are one step to undo, too", async () => {
    const files = new MemoryFiles("edit-undo");
    try {
      // The first of them makes the file unsaved.
      const editor = await files.open("steps.js", code);
      const { document } = editor;
      const done = begin(editor);
      last().onDelta(`${changed.split("\n").slice(0, 6).join("\n")}\n`);
      await until("the first change shows", () => placed().length === 1 && document.isDirty);
      last().answer({ text: changed });
      await done;
      const [, second] = placed();
      await commands.executeCommand("falcon.rejectChange", falcon.proposals.all[0], second?.hunk);
      assert.equal(document.getText(), code.replace("one", "1"));
      await commands.executeCommand("undo");
      assert.equal(document.getText(), code);
    } finally {
      files.dispose();
    }
  });

  it("all changes are accepted or rejected at once", async () => {
    const editor = await openEditor(code, "javascript", "end");
    await propose(editor, changed);
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(editor.document.getText(), code);
    await propose(editor, changed);
    await commands.executeCommand("falcon.acceptAllChanges");
    assert.equal(editor.document.getText(), changed);
    assert.deepEqual(falcon.proposals.all, []);
    await commands.executeCommand("undo");
    assert.equal(editor.document.getText(), code);
  });

  it("a change shows while the rest is being written, and all goes when it is stopped", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const done = begin(editor);
    await writeFirst();
    assert.equal(editor.document.getText(), code.replace("one", "1"));
    await commands.executeCommand("falcon.rejectAllChanges");
    await done;
    assert.ok(last().signal.aborted);
    assert.equal(editor.document.getText(), code);
  });

  it("what the user writes meanwhile stays, and a change of the same line is left out", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const done = begin(editor);
    await editor.edit((builder) => {
      builder.insert(new Position(0, 0), "// before\n");
      builder.insert(new Position(1, 2), "await ");
    });
    last().answer({ text: changed });
    await done;
    const mine = code.replace("  return one", "  await return one");
    assert.equal(editor.document.getText(), `// before\n${mine.replace("two", "2")}`);
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(editor.document.getText(), `// before\n${mine}`);
  });

  it("a change that the user writes into is his", async () => {
    const editor = await openEditor(code, "javascript", "end");
    await propose(editor, changed);
    await editor.edit((builder) => builder.insert(new Position(1, 9), "-"));
    assert.equal(placed().length, 1);
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(editor.document.getText(), code.replace("one", "-1"));
  });

  it("keeps the line ends and the mark at the start of the file", async () => {
    const files = new MemoryFiles("edit-test");
    try {
      const editor = await files.open("crlf.js", "\uFEFF" + code.replaceAll("\n", "\r\n"));
      assert.equal(editor.document.eol, EndOfLine.CRLF);
      await propose(editor, changed.replaceAll("\n", "\r\n"));
      await commands.executeCommand("falcon.acceptAllChanges");
      await editor.document.save();
      const saved = Buffer.from(files.readFile(files.uri("crlf.js"))).toString();
      assert.equal(saved, "\uFEFF" + changed.replaceAll("\n", "\r\n"));
    } finally {
      files.dispose();
    }
  });

  it("several edits run at once, and one waits until its file is shown again", async () => {
    const first = await openEditor(code, "javascript", "end");
    const firstDone = begin(first);
    const second = await openEditor("let two = two;\n", "javascript", "end");
    const secondDone = begin(second);
    asked[0]?.answer({ text: changed });
    asked[1]?.answer({ text: "let two = 2;\n" });
    await secondDone;
    assert.equal(second.document.getText(), "let two = 2;\n");
    assert.equal(first.document.getText(), code, "a file that is not shown is not changed");
    await window.showTextDocument(first.document);
    await firstDone;
    assert.equal(first.document.getText(), changed);
    await commands.executeCommand("undo");
    assert.equal(first.document.getText(), code);
  });

  it("what was written into a file is taken back when that is shown again, where the edit ended meanwhile", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const done = begin(editor);
    await writeFirst();
    await openEditor("other", "plaintext", "end");
    last().answer({ text: changed, stopReason: "limit" });
    await assert.rejects(done, /reached its limit/);
    await window.showTextDocument(editor.document);
    await until("the change is taken back", () => falcon.proposals.all.length === 0);
    assert.equal(editor.document.getText(), code);
  });

  it("leaves the document as it was where an answer is of no use, and says why", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const refused: [Partial<EditResult>, RegExp][] = [
      [{ text: " \n" }, /is empty/],
      [{ text: changed, stopReason: "limit" }, /reached its limit/],
      [{ text: changed, stopReason: "interrupted" }, /ended while it wrote/],
    ];
    for (const [result, message] of refused) {
      const done = begin(editor);
      last().answer(result);
      await assert.rejects(done, message);
      assert.equal(editor.document.getText(), code);
      assert.deepEqual(falcon.proposals.all, []);
    }
    const done = begin(editor);
    await assert.rejects(begin(editor), /proposed for this place already/);
    last().answer({ stopReason: "aborted" });
    await done;
    assert.equal(editor.document.getText(), code);
  });

  it("a document that is closed ends its edit", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const failed = assert.rejects(begin(editor), /was closed or renamed/);
    await writeFirst();
    await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await failed;
    assert.ok(editor.document.isClosed);
    assert.ok(last().signal.aborted);
    assert.deepEqual(falcon.proposals.all, []);
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
        await propose(editor, code);
        assert.equal(editor.document.getText(), expected);
      }
      assert.equal(questions.length, 2);
      for (const question of questions) assert.match(question, /would delete most of the text in Untitled/);
      await commands.executeCommand("falcon.rejectAllChanges");
      await propose(editor, long.slice(0, long.length / 2));
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

  it("goes on in a file that gets another language", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const done = begin(editor);
    await writeFirst();
    await languages.setTextDocumentLanguage(editor.document, "typescript");
    assert.equal(editor.document.languageId, "typescript");
    last().answer({ text: changed });
    await done;
    assert.equal(editor.document.getText(), changed);
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(editor.document.getText(), code);
  });

  it("goes on in a file that gets other line ends", async () => {
    const editor = await openEditor(`// first\n${code}`, "javascript", "end");
    const { document } = editor;
    for (const [eol, ends] of [
      [EndOfLine.CRLF, "\r\n"],
      [EndOfLine.LF, "\n"],
    ] as const) {
      const done = begin(editor);
      last().onDelta("// first\n" + firstChanged);
      await until("the first change shows", () => placed().length === 1);
      await editor.edit((builder) => builder.setEndOfLine(eol));
      assert.equal(document.eol, eol);
      last().answer({ text: `// first\n${changed}\nlast();` });
      await done;
      assert.equal(document.getText(), `// first\n${changed}\nlast();`.replaceAll("\n", ends));
      assert.equal(placed().length, 3);
      await commands.executeCommand("falcon.rejectAllChanges");
      assert.equal(document.getText(), `// first\n${code}`.replaceAll("\n", ends));
    }
  });

  it("is taken back before its file gets another name", async () => {
    const files = new MemoryFiles("edit-renamed");
    try {
      const editor = await files.open("old.js", code);
      const done = begin(editor);
      const failed = assert.rejects(done, /was closed or renamed/);
      await writeFirst();
      const rename = new WorkspaceEdit();
      rename.renameFile(files.uri("old.js"), files.uri("new.js"));
      assert.ok(await workspace.applyEdit(rename));
      await failed;
      const renamed = await workspace.openTextDocument(files.uri("new.js"));
      assert.equal(renamed.getText(), code);
    } finally {
      files.dispose();
    }
  });

  it("the keys decide the change at the cursor, whichever edit was begun first", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const { document } = editor;
    const lines = code.split("\n");
    for (const line of [5, 1]) {
      const proposal = falcon.proposals.begin(document, document.lineAt(line).range);
      await proposal.finish((lines[line] ?? "").replace("one", "1").replace("two", "2"));
    }
    assert.equal(document.getText(), changed);
    editor.selection = new Selection(0, 0, 0, 0);
    await commands.executeCommand("falcon.rejectChange");
    assert.equal(document.getText(), code.replace("two", "2"));
    assert.equal(editor.selection.active.line, 5);
  });

  it("a click above a change that is decided already decides no other", async () => {
    const editor = await openEditor(code, "javascript", "end");
    await propose(editor, changed);
    const [proposal] = falcon.proposals.all;
    const hunk = placed()[0]?.hunk;
    await commands.executeCommand("falcon.acceptChange", proposal, hunk);
    assert.equal(placed().length, 1);
    await commands.executeCommand("falcon.acceptChange", proposal, hunk);
    await commands.executeCommand("falcon.rejectChange", proposal, hunk);
    await commands.executeCommand("falcon.rejectAllChanges", Uri.parse("untitled:not-open"));
    assert.equal(placed().length, 1);
    assert.equal(editor.document.getText(), changed);
  });

  it("the keys decide nothing while the answer is being written", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const done = begin(editor);
    await writeFirst();
    assert.throws(() => falcon.proposals.acceptAtCursor(editor), /still being written/);
    await assert.rejects(falcon.proposals.rejectAtCursor(editor), /still being written/);
    last().answer({ text: changed });
    await done;
    assert.equal(placed().length, 2);
  });

  it("offers a new document where the file is read-only", async () => {
    const files = new MemoryFiles("edit-read-only", { isReadonly: true });
    try {
      const editor = await files.open("fixed.js", code);
      await propose(editor, changed);
      assert.equal(window.activeTextEditor?.document.getText(), changed);
      assert.notEqual(window.activeTextEditor.document, editor.document);
      assert.equal(editor.document.getText(), code);
    } finally {
      files.dispose();
    }
  });

  it("edits a notebook's cell, and no other", async () => {
    const cells = ["one = one\n", "two = two\n"].map(
      (text) => new NotebookCellData(NotebookCellKind.Code, text, "python"),
    );
    const notebook = await workspace.openNotebookDocument("jupyter-notebook", new NotebookData(cells));
    await window.showNotebookDocument(notebook);
    await commands.executeCommand("notebook.focusBottom");
    await commands.executeCommand("notebook.cell.edit");
    const document = notebook.cellAt(1).document;
    await until("the cell has an editor", () => window.activeTextEditor?.document === document);
    const editor = window.activeTextEditor;
    assert.ok(editor);
    await propose(editor, "two = 2\n");
    assert.equal(document.getText(), "two = 2\n");
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(document.getText(), "two = two\n");
    assert.equal(notebook.cellAt(0).document.getText(), "one = one\n");
  });

  it("proposes a block of the chat where its lines are, and asks the model where they cannot be told", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const dependencies = { ...falcon, instructions, lastEditor: { get: () => editor } as never };
    await applyCodeBlock("function b() {\n  return 2;\n}\n", dependencies);
    assert.deepEqual(asked, []);
    assert.equal(editor.document.getText(), code.replace("two", "2"));
    await assert.rejects(
      applyCodeBlock("function a() {\n  return one;\n}", dependencies),
      /stands in the file already/,
    );
    await commands.executeCommand("falcon.rejectAllChanges");
    const applied = applyCodeBlock("function b() {\n  // ...\n}\n", dependencies);
    await until("the server is asked", () => asked.length === 1);
    assert.equal(last().params.command, "apply");
    last().answer({ text: changed });
    await applied;
    assert.equal(editor.document.getText(), changed);
  });
});
