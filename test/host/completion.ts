// Ghost text through the editor's own commands.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { before, describe, it } from "mocha";
import { ConfigurationTarget, commands, workspace, type TextDocument } from "vscode";

import type { TestApi } from "../../src/extension.ts";
import { openEditor, readyFalcon, until } from "./falcon.ts";
import { MemoryFiles } from "./memoryFiles.ts";

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
  let falcon: TestApi;

  before(async () => {
    falcon = await readyFalcon();
  });

  it("writes ghost text that can be taken", async () => {
    const { document } = await openEditor("function add(a, b) {\n  return ", "javascript", "end");
    assert.ok(await completes(document, 10_000));
    assert.match(document.getText(), /^function add\(a, b\) \{\n {2}return ./);
  });

  it("writes it in documents of a file system that came later than the server", async () => {
    const files = new MemoryFiles("late");
    const { document } = await files.open("add.js", "function add(a, b) {\n  return ");
    assert.ok(await completes(document, 10_000));
    files.dispose();
  });

  it("writes none in a file of secrets, nor in one that the user excludes", async () => {
    const files = new MemoryFiles("excluded");
    const configuration = workspace.getConfiguration("falcon");
    const isCompleted = async (name: string, milliseconds: number) => {
      const { document } = await files.open(name, "function add(a, b) {\n  return ");
      return completes(document, milliseconds);
    };
    try {
      assert.ok(!(await isCompleted(".env.local", 2000)));
      await configuration.update("excludedFiles", ["*.private.js"], ConfigurationTarget.Global);
      assert.ok(!(await isCompleted("add.private.js", 2000)));
      await until("the server knows", () => falcon.settings.server.excludedFiles.length === 1);
      assert.ok(await isCompleted(".env", 10_000));
    } finally {
      await configuration.update("excludedFiles", undefined, ConfigurationTarget.Global);
      files.dispose();
    }
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
