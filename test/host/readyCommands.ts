// The ready commands, with a server whose answers the tests write: what they ask, and what becomes of the answer.

import assert from "node:assert/strict";

import { after, afterEach, before, beforeEach, describe, it } from "mocha";
import {
  Diagnostic,
  DiagnosticSeverity,
  Range,
  Selection,
  Uri,
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
import { openEditor, readyFalcon, until } from "./falcon.ts";

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
      const editor = await window.showTextDocument(Uri.joinPath(root, file));
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
