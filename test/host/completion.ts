// Ghost text through the editor's own commands.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { before, describe, it } from "mocha";
import { ConfigurationTarget, commands, workspace, type TextDocument } from "vscode";

import { openEditor, readyFalcon } from "./falcon.ts";

/** Asks for ghost text and takes it, until the document has changed or the time is over. */
export async function completes(document: TextDocument, milliseconds: number): Promise<boolean> {
  const { version } = document;
  const end = Date.now() + milliseconds;
  while (document.version === version && Date.now() < end) {
    await commands.executeCommand("editor.action.inlineSuggest.trigger");
    await pause(300);
    await commands.executeCommand("editor.action.inlineSuggest.commit");
  }
  return document.version !== version;
}

describe("completion", () => {
  before(() => readyFalcon());

  it("writes ghost text that can be taken", async () => {
    const { document } = await openEditor("function add(a, b) {\n  return ", "javascript", "end");
    assert.ok(await completes(document, 10_000));
    assert.match(document.getText(), /^function add\(a, b\) \{\n {2}return ./);
  });

  it("writes none for a language that is switched off", async () => {
    const configuration = workspace.getConfiguration("falcon.inlineCompletion", { languageId: "javascript" });
    await configuration.update("enabled", false, ConfigurationTarget.Global, true);
    try {
      const { document } = await openEditor("function add(a, b) {\n  return ", "javascript", "end");
      assert.ok(!(await completes(document, 2000)));
    } finally {
      await configuration.update("enabled", undefined, ConfigurationTarget.Global, true);
    }
  });
});
