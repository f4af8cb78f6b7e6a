// What happens while an edit is written or waits: the user and others write on, and files are hidden, closed and renamed.

import assert from "node:assert/strict";

import { after, describe, it } from "mocha";
import {
  EndOfLine,
  Position,
  Selection,
  Uri,
  WorkspaceEdit,
  commands,
  languages,
  window,
  workspace,
  type TextEditor,
} from "vscode";

import { proposeEdit } from "../../src/edit/editSelection.ts";
import { openEditor, until } from "./falcon.ts";
import { MemoryFiles } from "./memoryFiles.ts";
import { ScriptedEdits, changed, code, firstChanged, openLastCell } from "./scriptedEdits.ts";

describe("edits that the user does not wait for", () => {
  const edits = new ScriptedEdits();

  const [saved, untitled, cell] = ["a saved file", "an untitled file", "a cell of a notebook"] as const;
  const files = new MemoryFiles("edit-meanwhile");
  after(() => files.dispose());

  async function openIn(kind: typeof saved | typeof untitled | typeof cell): Promise<TextEditor> {
    if (kind === saved) return files.open(`${Math.random()}.js`, code);
    return kind === untitled ? openEditor(code, "javascript", "end") : openLastCell("one = one\n", code);
  }

  /** The cursor moves as by a key, which ends what the editor takes back in one step. */
  async function moveCursor(): Promise<void> {
    for (const command of ["cursorTop", "cursorRight"]) await commands.executeCommand(command);
  }

  for (const kind of [saved, untitled, cell]) {
    it(`an edit of ${kind} is one step to undo, and so are the decisions, wherever the cursor goes meanwhile`, async () => {
      const editor = await openIn(kind);
      const { document } = editor;
      const done = edits.begin(editor);
      await moveCursor();
      edits.writeFirst();
      assert.equal(document.getText(), code);
      await moveCursor();
      await commands.executeCommand("type", { text: "Mine" });
      edits.last.answer({ text: changed });
      await done;
      const [before, after] = [code, changed].map((text) => text.slice(0, 1) + "Mine" + text.slice(1));
      assert.equal(document.getText(), after);
      await moveCursor();
      await commands.executeCommand("falcon.rejectAllChanges");
      assert.equal(document.getText(), before);
      await commands.executeCommand("undo");
      assert.equal(document.getText(), after, "one step takes back that all was rejected");
      await commands.executeCommand("undo");
      assert.equal(document.getText(), before, "one step takes back the edit");
      await commands.executeCommand("undo");
      assert.equal(document.getText(), code);
    });

    it(`what is accepted at once in ${kind} is taken back at once`, async () => {
      const editor = await openIn(kind);
      await edits.propose(editor, changed);
      await moveCursor();
      await commands.executeCommand("falcon.acceptAllChanges");
      await moveCursor();
      await commands.executeCommand("undo");
      assert.equal(editor.document.getText(), code);
    });
  }

  it("a key that is pressed before the last one's edit is made decides the next change", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const { document } = editor;
    await edits.propose(editor, changed.replace("1", "1 + 1 + 1"));
    editor.selection = new Selection(0, 0, 0, 0);
    const { proposals } = edits.falcon;
    const rejecting = proposals.rejectAtCursor(editor);
    assert.deepEqual(
      edits.placed.map(({ hunk }) => hunk.text),
      ["  return 2;"],
    );
    proposals.acceptAtCursor(editor);
    await rejecting;
    assert.equal(document.getText(), code.replace("two", "2"));
    assert.deepEqual(proposals.all, []);
  });

  it("what is rejected and accepted in one go is rejected", async () => {
    const editor = await openEditor(code, "javascript", "end");
    await edits.propose(editor, changed);
    const [proposal] = edits.falcon.proposals.all;
    const [first] = edits.placed;
    assert.ok(proposal && first);
    const rejecting = proposal.reject([first.hunk]);
    proposal.accept([first.hunk]);
    await rejecting;
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(editor.document.getText(), code);
  });

  it("the changes of several edits of one file are rejected in one step", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const { document } = editor;
    const dones = [1, 5].map((line) =>
      proposeEdit(document, document.lineAt(line).range, { command: "simplify" }, edits.dependencies),
    );
    assert.deepEqual(
      edits.asked.map(({ params }) => params.text),
      ["  return one;", "  return two;"],
    );
    edits.asked[1]?.answer({ text: "  return 2;" });
    edits.asked[0]?.answer({ text: "  return 1;" });
    await Promise.all(dones);
    assert.equal(document.getText(), changed);
    await moveCursor();
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(document.getText(), code);
    await commands.executeCommand("undo");
    assert.equal(document.getText(), changed);
  });

  it("a change shows beside the text while the rest is being written, and goes when it is stopped", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const done = edits.begin(editor);
    edits.writeFirst();
    assert.equal(editor.document.getText(), code);
    await commands.executeCommand("falcon.rejectAllChanges");
    await done;
    assert.ok(edits.last.signal.aborted);
    assert.deepEqual(edits.falcon.proposals.all, []);
    assert.equal(editor.document.getText(), code);
  });

  it("what the user writes meanwhile stays, and a change of the same line is left out", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const done = edits.begin(editor);
    edits.writeFirst();
    // As another extension edits it, such as one that formats.
    const edit = new WorkspaceEdit();
    edit.insert(editor.document.uri, new Position(0, 0), "// before\n");
    edit.insert(editor.document.uri, new Position(1, 2), "await ");
    assert.ok(await workspace.applyEdit(edit));
    edits.last.answer({ text: changed });
    await done;
    const mine = code.replace("  return one", "  await return one");
    assert.equal(editor.document.getText(), `// before\n${mine.replace("two", "2")}`);
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(editor.document.getText(), `// before\n${mine}`);
  });

  it("what the user takes back while an edit is written is not part of it", async () => {
    const editor = await openEditor(code, "javascript", "end");
    await commands.executeCommand("type", { text: "Mine" });
    const done = edits.begin(editor);
    const text = edits.last.params.text;
    edits.writeFirst();
    await commands.executeCommand("undo");
    assert.equal(editor.document.getText(), code);
    edits.last.answer({ text: text.replace("two", "2") });
    await done;
    assert.equal(editor.document.getText(), code.replace("two", "2"));
    await commands.executeCommand("undo");
    assert.equal(editor.document.getText(), code);
  });

  it("several edits run at once, and one waits until its file is shown again", async () => {
    const first = await openEditor(code, "javascript", "end");
    const firstDone = edits.begin(first);
    const second = await openEditor("let two = two;\n", "javascript", "end");
    const secondDone = edits.begin(second);
    edits.asked[0]?.answer({ text: changed });
    edits.asked[1]?.answer({ text: "let two = 2;\n" });
    await secondDone;
    assert.equal(second.document.getText(), "let two = 2;\n");
    const [waiting] = edits.falcon.proposals.of(first.document);
    await until("the first answer is complete", () => waiting?.isWriting === false);
    await waiting?.refresh();
    assert.equal(first.document.getText(), code, "a file that is not shown is not changed");
    await window.showTextDocument(first.document);
    await firstDone;
    assert.equal(first.document.getText(), changed);
    await commands.executeCommand("undo");
    assert.equal(first.document.getText(), code);
  });

  it("a document that is closed ends its edit", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const failed = assert.rejects(edits.begin(editor), /was closed or renamed/);
    edits.writeFirst();
    await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await failed;
    assert.ok(editor.document.isClosed);
    assert.ok(edits.last.signal.aborted);
    assert.deepEqual(edits.falcon.proposals.all, []);
  });

  it("goes on in a file that gets another language", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const done = edits.begin(editor);
    edits.writeFirst();
    await languages.setTextDocumentLanguage(editor.document, "typescript");
    assert.equal(editor.document.languageId, "typescript");
    edits.last.answer({ text: changed });
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
      const done = edits.begin(editor);
      edits.last.onDelta("// first\n" + firstChanged);
      assert.equal(edits.falcon.proposals.all[0]?.announced.length, 1);
      await editor.edit((builder) => builder.setEndOfLine(eol));
      assert.equal(document.eol, eol);
      edits.last.answer({ text: `// first\n${changed}\nlast();` });
      await done;
      assert.equal(document.getText(), `// first\n${changed}\nlast();`.replaceAll("\n", ends));
      assert.equal(edits.placed.length, 3);
      await commands.executeCommand("falcon.rejectAllChanges");
      assert.equal(document.getText(), `// first\n${code}`.replaceAll("\n", ends));
    }
  });

  async function rename(from: string, to: string): Promise<void> {
    const edit = new WorkspaceEdit();
    edit.renameFile(files.uri(from), files.uri(to));
    assert.ok(await workspace.applyEdit(edit));
  }

  it("is stopped where its file gets another name while it is written", async () => {
    const editor = await files.open("old.js", code);
    const failed = assert.rejects(edits.begin(editor), /was closed or renamed/);
    edits.writeFirst();
    await rename("old.js", "new.js");
    await failed;
    const renamed = await workspace.openTextDocument(files.uri("new.js"));
    assert.ok(edits.last.signal.aborted);
    assert.equal(renamed.getText(), code);
  });

  it("stays to be decided where its file gets another name, or its folder", async () => {
    await edits.propose(await files.open("folder/first.js", code), changed);
    for (const [from, to, path] of [
      ["folder/first.js", "folder/second.js", "folder/second.js"],
      ["folder", "other", "other/second.js"],
    ] as const) {
      await rename(from, to);
      await until("the proposal is that of the renamed file", () =>
        edits.falcon.proposals.all.some(({ document }) => document.uri.path === `/${path}` && !document.isClosed),
      );
    }
    const document = await workspace.openTextDocument(files.uri("other/second.js"));
    const editor = await window.showTextDocument(document);
    assert.equal(document.getText(), changed);
    assert.equal(edits.falcon.proposals.of(document)[0]?.placed.length, 2);
    editor.selection = new Selection(0, 0, 0, 0);
    await commands.executeCommand("falcon.rejectChange");
    await commands.executeCommand("falcon.acceptChange");
    assert.equal(document.getText(), code.replace("two", "2"));
    assert.deepEqual(edits.falcon.proposals.all, []);
  });

  it("ends with its document where a rename has failed before", async () => {
    const root = workspace.workspaceFolders?.[0]?.uri ?? assert.fail();
    const [uri, other] = [Uri.joinPath(root, "stays.js"), Uri.joinPath(root, "no-folder")];
    for (const each of [uri, other]) await workspace.fs.writeFile(each, Buffer.from(code));
    // What an extension opens as a document stays open for minutes.
    await commands.executeCommand("vscode.open", uri);
    await until("the file is in front", () => window.activeTextEditor?.document.uri.path === uri.path);
    const editor = window.activeTextEditor ?? assert.fail();
    await edits.propose(editor, changed);
    const edit = new WorkspaceEdit();
    edit.renameFile(uri, Uri.joinPath(other, "moved.js"));
    assert.ok(!(await workspace.applyEdit(edit)));
    assert.equal(edits.placed.length, 2, "what is proposed waits on");
    assert.ok(await editor.document.save());
    await commands.executeCommand("workbench.action.closeActiveEditor");
    await until("the document is closed", () => editor.document.isClosed);
    await until("the edit has ended", () => edits.falcon.proposals.all.length === 0);
    for (const each of [uri, other]) await workspace.fs.delete(each);
  });

  it("the keys decide nothing while the answer is being written", async () => {
    const editor = await openEditor(code, "javascript", "end");
    const done = edits.begin(editor);
    edits.writeFirst();
    assert.throws(() => edits.falcon.proposals.acceptAtCursor(editor), /still being written/);
    await assert.rejects(edits.falcon.proposals.rejectAtCursor(editor), /still being written/);
    assert.throws(() => edits.falcon.proposals.acceptAll(editor.document), /still being written/);
    edits.last.answer({ text: changed });
    await done;
    assert.equal(edits.placed.length, 2);
  });
});
