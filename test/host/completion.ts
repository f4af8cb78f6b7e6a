// Ghost text through the editor's own commands.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { afterEach, before, describe, it } from "mocha";
import {
  ConfigurationTarget,
  NotebookCellData,
  NotebookCellKind,
  NotebookData,
  Selection,
  TabInputTextDiff,
  Uri,
  commands,
  window,
  workspace,
  type TextDocument,
  type TextEditor,
} from "vscode";

import { triggerCompletion } from "../../src/completion/inlineCompletion.ts";
import type { TestApi } from "../../src/extension.ts";
import { openEditor, readyFalcon, until } from "./falcon.ts";
import { MemoryFiles } from "./memoryFiles.ts";

/** Asks for ghost text and takes it, until the document has changed; returns how often, or undefined for in vain. */
export async function timesAsked(
  document: TextDocument,
  most = 30,
  take: "commit" | "acceptNextWord" = "commit",
): Promise<number | undefined> {
  const { version } = document;
  for (let times = 1; times <= most; times++) {
    await commands.executeCommand("editor.action.inlineSuggest.trigger");
    await pause(300);
    await commands.executeCommand(`editor.action.inlineSuggest.${take}`);
    if (document.version !== version) return times;
  }
  return undefined;
}

describe("completion", () => {
  let falcon: TestApi;
  let usual = 0;

  before(async () => {
    falcon = await readyFalcon();
  });

  /** So often that ghost text would have come, as long as it takes here. */
  const inVain = () => 3 + 2 * usual;

  it("writes ghost text that can be taken", async () => {
    const { document } = await openEditor("function add(a, b) {\n  return ", "javascript", "end");
    usual = (await timesAsked(document)) ?? 0;
    assert.ok(usual > 0);
    assert.match(document.getText(), /^function add\(a, b\) \{\n {2}return ./);
  });

  it("shows another suggestion on command, and takes that", async () => {
    const text = "const total = price * ";
    const { document } = await openEditor(text, "javascript", "end");
    assert.ok(await timesAsked(document));
    const first = document.getText();
    let taken = text;
    for (let times = 1; times <= 30 && [text, first].includes(taken); times++) {
      const { document: again } = await openEditor(text, "javascript", "end");
      await commands.executeCommand("editor.action.inlineSuggest.trigger");
      await pause(300);
      await commands.executeCommand("editor.action.inlineSuggest.showNext");
      await pause(300);
      await commands.executeCommand("editor.action.inlineSuggest.commit");
      taken = again.getText();
    }
    assert.ok(taken.startsWith(text) && ![text, first].includes(taken), taken);
  });

  it("shows in a read-only document what went into the prompt from other places", async () => {
    const { document } = await openEditor("const wheel = parseWheel(", "javascript", "end");
    assert.ok(await timesAsked(document));
    await commands.executeCommand("falcon.showCompletionContext");
    const context = window.activeTextEditor?.document;
    assert.equal(context?.uri.scheme, "falcon-context");
    // Whether there is room for other text depends on how fast the machine is.
    assert.match(context.getText(), /^- open and recent files: \d+ chunks|^No text of other files/m);
    await commands.executeCommand("type", { text: "x" });
    assert.ok(!context.isDirty);
    await commands.executeCommand("workbench.action.closeActiveEditor");
  });

  it("counts what is accepted, and counts anew when told to", async () => {
    await commands.executeCommand("falcon.resetCompletionFigures");
    assert.equal(falcon.figures.sum.accepted, 0);
    const { document } = await openEditor("function add(a, b) {\n  return ", "javascript", "end");
    const before = document.getText().length;
    assert.ok(await timesAsked(document));
    await until("the acceptance is counted", () => falcon.figures.sum.accepted === 1);
    const { shown, characters } = falcon.figures.sum;
    assert.ok(shown >= 1);
    assert.equal(characters, document.getText().length - before);
    await commands.executeCommand("falcon.resetCompletionFigures");
    assert.equal(falcon.figures.sum.characters, 0);
  });

  it("counts words that are accepted, but for those of a single character", async () => {
    await commands.executeCommand("falcon.resetCompletionFigures");
    const { document } = await openEditor("function multiply(a, b) {\n  return ", "javascript", "end");
    const before = document.getText().length;
    for (let words = 0; words < 10 && falcon.figures.sum.characters === 0; words++) {
      assert.ok(await timesAsked(document, 30, "acceptNextWord"));
    }
    const { accepted, characters } = falcon.figures.sum;
    assert.ok(accepted > 0 && characters > 0 && characters <= document.getText().length - before);
  });

  it("writes it in documents of a file system that came later than the server", async () => {
    const files = new MemoryFiles("late");
    const { document } = await files.open("add.js", "function add(a, b) {\n  return ");
    assert.ok(await timesAsked(document));
    files.dispose();
  });

  it("writes none in a file of secrets, nor in one that the user excludes", async () => {
    const files = new MemoryFiles("excluded");
    const configuration = workspace.getConfiguration("falcon");
    const isCompleted = async (name: string, times?: number) => {
      const { document } = await files.open(name, "function add(a, b) {\n  return ");
      return (await timesAsked(document, times)) !== undefined;
    };
    try {
      assert.ok(!(await isCompleted(".env.local", inVain())));
      await configuration.update("excludedFiles", ["*.private.js"], ConfigurationTarget.Global);
      assert.ok(!(await isCompleted("add.private.js", inVain())));
      await until("the server knows", () => falcon.settings.server.excludedFiles.length === 1);
      assert.ok(await isCompleted(".env"));
      // A workspace's settings file may be anybody's: it takes nothing from the list.
      await configuration.update("excludedFiles", ["*.local.js"], ConfigurationTarget.Workspace);
      await until("the server knows", () => falcon.settings.server.excludedFiles.length === 2);
    } finally {
      await configuration.update("excludedFiles", undefined, ConfigurationTarget.Workspace);
      await configuration.update("excludedFiles", undefined, ConfigurationTarget.Global);
      files.dispose();
    }
  });

  it("writes none for a language that is switched off", async () => {
    const configuration = workspace.getConfiguration("falcon.inlineCompletion", { languageId: "javascript" });
    await configuration.update("enabled", false, ConfigurationTarget.Global, true);
    try {
      const { document } = await openEditor("function add(a, b) {\n  return ", "javascript", "end");
      assert.equal(await timesAsked(document, inVain()), undefined);
    } finally {
      await configuration.update("enabled", undefined, ConfigurationTarget.Global, true);
    }
  });

  describe("where the chat asks for it", () => {
    const tabs = () => window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));

    /** Asks from the chat's page; the tabs and the cursor stay. */
    async function completeFromChat(editor: TextEditor): Promise<void> {
      const [before, { selection }] = [tabs(), editor];
      await commands.executeCommand("falcon.openChat");
      await until("the page is ready", () => falcon.chatView.isReady);
      await triggerCompletion(editor, falcon.settings);
      await until("the focus is in the editor", () => window.activeTextEditor?.document === editor.document);
      assert.deepEqual(tabs(), before);
      assert.ok(window.activeTextEditor?.selection.isEqual(selection), "the cursor is where it was");
      const { version } = editor.document;
      // Typed where the focus is, which comes later than the command that moves it ends.
      for (let i = 0; i < 100 && editor.document.version === version; i++) {
        await commands.executeCommand("type", { text: "x" });
        await pause(20);
      }
      assert.ok(editor.document.version > version, "the focus is there for keys");
    }

    afterEach(() => commands.executeCommand("workbench.action.revertAndCloseActiveEditor"));

    it("goes to the diff", async () => {
      const files = new MemoryFiles("compared");
      const { document: original } = await files.open("before.js", "let a = 1;\n");
      const { document } = await files.open("after.js", "let a = 1;\nlet b = ");
      await commands.executeCommand("vscode.diff", original.uri, document.uri);
      const inDiff = () =>
        window.visibleTextEditors.find((each) => each.document === document && each.viewColumn === undefined);
      await until("the diff is shown", () => inDiff() !== undefined);
      const editor = inDiff();
      assert.ok(editor);
      editor.selection = new Selection(1, 8, 1, 8);
      await completeFromChat(editor);
      assert.ok(window.tabGroups.activeTabGroup.activeTab?.input instanceof TabInputTextDiff);
      files.dispose();
    });

    it("goes to the cell of a notebook", async () => {
      const cells = ["x = 1", "y = "].map((text) => new NotebookCellData(NotebookCellKind.Code, text, "python"));
      const notebook = await workspace.openNotebookDocument("jupyter-notebook", new NotebookData(cells));
      await window.showNotebookDocument(notebook);
      await commands.executeCommand("notebook.focusBottom");
      await commands.executeCommand("notebook.cell.edit");
      const cell = notebook.cellAt(1).document;
      await until("the cell is edited", () => window.activeTextEditor?.document === cell);
      assert.ok(window.activeTextEditor);
      await completeFromChat(window.activeTextEditor);
    });

    it("says of a document that cannot be edited that it is read-only", async () => {
      const provider = workspace.registerTextDocumentContentProvider("past", {
        provideTextDocumentContent: () => "let a = ",
      });
      const document = await workspace.openTextDocument(Uri.parse("past:/a.js"));
      const editor = await window.showTextDocument(document);
      await assert.rejects(
        triggerCompletion(editor, falcon.settings),
        /The line cannot be completed: the file is read-only/,
      );
      provider.dispose();
    });
  });
});
