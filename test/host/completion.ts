// Ghost text through the editor's own commands.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { before, describe, it } from "mocha";
import { ConfigurationTarget, commands, workspace, type TextDocument } from "vscode";

import type { TestApi } from "../../src/extension.ts";
import { openEditor, readyFalcon, until } from "./falcon.ts";
import { MemoryFiles } from "./memoryFiles.ts";

/** Asks for ghost text and takes it, until the document has changed; returns how often, or undefined for in vain. */
export async function timesAsked(document: TextDocument, most = 30): Promise<number | undefined> {
  const { version } = document;
  for (let times = 1; times <= most; times++) {
    await commands.executeCommand("editor.action.inlineSuggest.trigger");
    await pause(300);
    await commands.executeCommand("editor.action.inlineSuggest.commit");
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
});
