// The ready commands, with a server whose answers the tests write: what they ask, and what becomes of the answer.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { after, afterEach, before, beforeEach, describe, it } from "mocha";
import {
  Diagnostic,
  DiagnosticSeverity,
  Range,
  Selection,
  Uri,
  WorkspaceEdit,
  commands,
  languages,
  window,
  workspace,
  type CodeAction,
  type DiagnosticCollection,
  type TextDocument,
} from "vscode";

import type { TestApi } from "../../src/extension.ts";
import type { EditParams } from "../../src/shared/edit.ts";
import { openEditor, readyFalcon, showInFront, until } from "./falcon.ts";

const code = "def add(a, b):\n    return a + c";

describe("ready commands", () => {
  let falcon: TestApi;
  let diagnostics: DiagnosticCollection;
  /** What the server was asked, and what it answers. */
  let asked: EditParams[];
  let answer: string;

  before(async () => {
    falcon = await readyFalcon();
  });

  beforeEach(() => {
    asked = [];
    diagnostics = languages.createDiagnosticCollection("test");
    falcon.server.edit = (params, onDelta) => {
      asked.push(params);
      onDelta(answer);
      return Promise.resolve({ text: answer, stopReason: "end" });
    };
  });

  afterEach(async () => {
    Reflect.deleteProperty(falcon.server, "edit");
    diagnostics.dispose();
    for (const proposal of falcon.proposals.all) proposal.dispose();
    await commands.executeCommand("workbench.action.closeAllEditors");
  });

  async function fixesAt({ uri }: TextDocument, range: Range): Promise<readonly CodeAction[]> {
    const actions = await commands.executeCommand<CodeAction[]>("vscode.executeCodeActionProvider", uri, range);
    return actions.filter(({ title }) => title === "Fix with Falcon");
  }

  function select(line: number, character: number): void {
    const editor = window.activeTextEditor;
    assert.ok(editor);
    editor.selection = new Selection(line, character, line, character);
  }

  /** Takes the first row of the list that is shown; it may not be there yet. */
  async function chooseFirst(isDone: () => boolean): Promise<void> {
    for (const end = Date.now() + 60_000; !isDone() && Date.now() < end;) {
      await commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
      await pause(50);
    }
  }

  it("fixes from the lightbulb what is reported there, and nothing where nothing is", async () => {
    const { document } = await openEditor(code, "plaintext", "end");
    const place = new Range(1, 15, 1, 16);
    assert.deepEqual(await fixesAt(document, place), []);
    const fault = new Diagnostic(place, 'name\n"c" [is](not) defined', DiagnosticSeverity.Error);
    const hint = new Diagnostic(place, "short name", DiagnosticSeverity.Hint);
    diagnostics.set(document.uri, [hint, fault]);
    const [action] = await fixesAt(document, place);
    assert.ok(action?.command);
    assert.equal(action.kind?.value, "quickfix");
    answer = "    return a + b";
    await commands.executeCommand(action.command.command, ...((action.command.arguments ?? []) as unknown[]));
    assert.ok(asked[0]);
    assert.equal(asked[0].command, "fix");
    assert.equal(asked[0].text, "    return a + c");
    assert.equal(asked[0].instruction, '- line 1, at c: name "c" [is](not) defined');
    await until("the change is shown", () => document.getText() === "def add(a, b):\n    return a + b");
    assert.equal(falcon.proposals.of(document)[0]?.placed.length, 1);
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(document.getText(), code);
  });

  it("inserts a docstring, to be accepted", async () => {
    const { document } = await openEditor(code, "python", "all");
    answer = code.replace("\n", '\n    """Adds."""\n');
    await commands.executeCommand("falcon.addDocumentation");
    assert.ok(asked[0]);
    assert.equal(asked[0].command, "document");
    assert.equal(asked[0].text, code);
    await until("the docstring is there", () => document.getText() === answer);
    await commands.executeCommand("falcon.acceptAllChanges");
    await commands.executeCommand("undo");
    assert.equal(document.getText(), code, "it is one step to undo");
  });

  describe("names", () => {
    const word = "moor(a); moor(b);";

    it("are chosen from the model's, in the style of the old one, and the language's extension renames", async () => {
      const { document } = await openEditor(word, "plaintext", "end");
      select(0, 2);
      const provider = languages.registerRenameProvider("plaintext", {
        provideRenameEdits: ({ uri }, _, name) => {
          const edit = new WorkspaceEdit();
          edit.replace(uri, new Range(0, 9, 0, 13), name);
          edit.replace(uri, new Range(0, 0, 0, 4), name);
          return edit;
        },
      });
      answer = "1. `tie_up`\n2. class\n";
      const renaming = commands.executeCommand("falcon.nameThis");
      await chooseFirst(() => document.getText() !== word);
      await renaming;
      provider.dispose();
      assert.equal(asked[0]?.command, "name");
      assert.equal(asked[0].instruction, "moor");
      assert.equal(asked[0].text, word);
      assert.equal(document.getText(), "tieUp(a); tieUp(b);");
    });

    it("are a refactoring, whose files VS Code saves", async () => {
      const root = workspace.workspaceFolders?.[0]?.uri ?? Uri.file("/");
      const uris = ["berth-a.txt", "berth-b.txt"].map((name) => Uri.joinPath(root, name));
      for (const uri of uris) await workspace.fs.writeFile(uri, Buffer.from(word));
      const [first] = uris;
      assert.ok(first);
      await showInFront(await workspace.openTextDocument(first));
      select(0, 2);
      const provider = languages.registerRenameProvider("plaintext", {
        provideRenameEdits: (_, __, name) => {
          const edit = new WorkspaceEdit();
          for (const uri of uris) edit.replace(uri, new Range(0, 0, 0, 4), name);
          return edit;
        },
      });
      const texts = () =>
        Promise.all(uris.map(async (uri) => Buffer.from(await workspace.fs.readFile(uri)).toString()));
      try {
        answer = "1. `berth`\n";
        const renaming = commands.executeCommand("falcon.nameThis");
        await chooseFirst(() => window.activeTextEditor?.document.getText() !== word);
        await renaming;
        assert.deepEqual(await texts(), ["berth(a); moor(b);", "berth(a); moor(b);"]);
      } finally {
        provider.dispose();
        for (const uri of uris) await workspace.fs.delete(uri);
      }
    });

    it("are not asked for where nothing can rename", async () => {
      const { document } = await openEditor(word, "plaintext", "end");
      select(0, 2);
      await commands.executeCommand("falcon.nameThis");
      assert.deepEqual(asked, []);
      assert.equal(document.getText(), word);
    });
  });

  describe("tests", () => {
    const files = {
      "wharf/package.json": '{ "devDependencies": { "vitest": "3.0.0" } }',
      "wharf/src/moor.js": "export function moor(ship) {\n  return ship;\n}\n",
      "wharf/src/sail.js": "export const sail = 1;\n",
      "wharf/test/sail.spec.js":
        'import { test } from "vitest";\nimport { sail } from "../src/sail.js";\n\ntest("sails", () => sail);\n',
    };
    const root = workspace.workspaceFolders?.[0]?.uri ?? Uri.file("/");

    before(async () => {
      for (const [name, text] of Object.entries(files))
        await workspace.fs.writeFile(Uri.joinPath(root, name), Buffer.from(text));
    });

    after(() => workspace.fs.delete(Uri.joinPath(root, "wharf"), { recursive: true }));

    async function writeTests(file: string): Promise<void> {
      const editor = await showInFront(await workspace.openTextDocument(Uri.joinPath(root, file)));
      editor.selection = new Selection(0, 0, editor.document.lineCount, 0);
      await commands.executeCommand("falcon.writeTests");
    }

    it("go into the file that is there, beside the others, once they are accepted", async () => {
      answer = 'import { expect, test } from "vitest";\n\ntest("is one", () => expect(sail).toBe(1));';
      await writeTests("wharf/src/sail.js");
      assert.deepEqual(asked[0]?.tests, {
        framework: "vitest",
        file: "wharf/test/sail.spec.js",
        source: "wharf/src/sail.js",
      });
      assert.match(asked[0].after, /^import \{ test \} from "vitest"/);
      const document = window.activeTextEditor?.document;
      assert.ok(document);
      assert.equal(document.uri.path, Uri.joinPath(root, "wharf/test/sail.spec.js").path);
      assert.equal(
        document.getText(),
        'import { test } from "vitest";\nimport { sail } from "../src/sail.js";\nimport { expect } from "vitest";\n\n' +
          'test("sails", () => sail);\n\ntest("is one", () => expect(sail).toBe(1));\n',
      );
      assert.equal(falcon.proposals.of(document)[0]?.placed.length, 2);
      await commands.executeCommand("falcon.rejectAllChanges");
      assert.equal(document.getText(), files["wharf/test/sail.spec.js"]);
    });

    it("are not asked for while changes of their file wait, which stay", async () => {
      answer = 'test("is one", () => sail);';
      await writeTests("wharf/src/sail.js");
      const document = window.activeTextEditor?.document;
      assert.ok(document);
      await writeTests("wharf/src/sail.js");
      assert.equal(asked.length, 1);
      assert.equal(falcon.proposals.of(document).length, 1);
      await commands.executeCommand("workbench.action.closeOtherEditors");
      await showInFront(document);
      await commands.executeCommand("falcon.rejectAllChanges");
    });

    it("are a new document where there is none, named as the others are and to be saved among them", async () => {
      answer = 'test("moors", () => undefined);';
      await writeTests("wharf/src/moor.js");
      const document = window.activeTextEditor?.document;
      assert.ok(document?.isUntitled);
      assert.equal(document.uri.path, Uri.joinPath(root, "wharf/test/moor.spec.js").path);
      assert.equal(document.languageId, "javascript");
      assert.equal(document.getText(), `${answer}\n`);
      await commands.executeCommand("falcon.rejectAllChanges");
      assert.equal(document.getText(), "");
    });

    it("are none where the answer is empty: nothing is opened", async () => {
      answer = " \n";
      await writeTests("wharf/src/moor.js");
      assert.equal(window.activeTextEditor?.document.uri.path, Uri.joinPath(root, "wharf/src/moor.js").path);
      assert.deepEqual(falcon.proposals.all, []);
    });
  });
});
