// Settings: what a workspace may say, and the two toggles.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { afterEach, describe, it } from "mocha";
import { ConfigurationTarget, commands, workspace } from "vscode";

import { activateFalcon, openEditor, until } from "./falcon.ts";

const key = "falcon.inlineCompletion.enabled";

function isEnabled(languageId?: string): boolean | undefined {
  return workspace.getConfiguration(undefined, languageId === undefined ? undefined : { languageId }).get(key);
}

describe("settings", () => {
  afterEach(async () => {
    await workspace.getConfiguration().update(key, undefined, ConfigurationTarget.Global);
    for (const languageId of ["python", "plaintext"]) {
      const configuration = workspace.getConfiguration(undefined, { languageId });
      if (configuration.inspect(key)?.globalLanguageValue !== undefined) {
        await configuration.update(key, undefined, ConfigurationTarget.Global, true);
      }
    }
  });

  it("lets no workspace choose the model", async () => {
    for (const name of ["path", "gpu", "threads", "contextSize", "keepContexts"]) {
      const configuration = workspace.getConfiguration("falcon.model");
      await assert.rejects(() =>
        Promise.resolve(configuration.update(name, "/elsewhere", ConfigurationTarget.Workspace)),
      );
    }
  });

  it("lets the server use no proxy where VS Code uses none", async () => {
    const { settings } = await activateFalcon();
    await workspace.getConfiguration().update("http.proxySupport", "off", ConfigurationTarget.Global);
    try {
      await until("none is sent", () => settings.server.network?.proxy === "");
    } finally {
      await workspace.getConfiguration().update("http.proxySupport", undefined, ConfigurationTarget.Global);
    }
  });

  it("waits until the user has come to rest, and for no command", async () => {
    const { settings } = await activateFalcon();
    const { roles } = settings;
    const sizes: number[] = [];
    let atOnce = 0;
    const listeners = [
      settings.onDidChangeServerSettings(({ model }) => sizes.push(model.contextSize)),
      // The extension listened first.
      workspace.onDidChangeConfiguration(() => (atOnce += sizes.length)),
    ];
    try {
      await workspace.getConfiguration().update("falcon.model.contextSize", 1024, ConfigurationTarget.Global);
      assert.equal(atOnce, 0);
      await until("the digit counts", () => sizes.includes(1024));
      await settings.saveRoles({ ...roles, both: "/nowhere/model.gguf" });
      assert.equal(settings.server.model.path, "/nowhere/model.gguf");
    } finally {
      for (const listener of listeners) listener.dispose();
      await workspace.getConfiguration().update("falcon.model.contextSize", undefined, ConfigurationTarget.Global);
      await settings.saveRoles(roles);
    }
  });

  it("tells the server of what a language has of its own", async () => {
    const { settings } = await activateFalcon();
    const python = workspace.getConfiguration("falcon.inlineCompletion", { languageId: "python" });
    try {
      await python.update("comments", false, ConfigurationTarget.Global, true);
      await until("it counts", () => settings.server.inlineCompletion.comments?.["python"] === false);
      assert.deepEqual(settings.server.inlineCompletion.comments, { "*": true, python: false });
      assert.deepEqual(settings.server.inlineCompletion.strings, { "*": true });
    } finally {
      await python.update("comments", undefined, ConfigurationTarget.Global, true);
    }
  });

  it("deletes the saved contexts", async () => {
    const { settings } = await activateFalcon();
    const saved = settings.server.model.promptCache;
    assert.ok(saved?.keep);
    await mkdir(saved.folder, { recursive: true });
    await writeFile(path.join(saved.folder, `${"a".repeat(16)}-${crypto.randomUUID()}.state`), "");
    await commands.executeCommand("falcon.deleteSavedContexts");
    assert.ok(!existsSync(saved.folder));
  });

  it("toggles completions for all languages", async () => {
    await activateFalcon();
    await commands.executeCommand("falcon.toggleInlineCompletions");
    assert.equal(isEnabled(), false);
    assert.equal(isEnabled("python"), false);
    await commands.executeCommand("falcon.toggleInlineCompletions");
    assert.equal(isEnabled(), true);
  });

  it("toggles completions for the language of the editor alone, and leaves no trace", async () => {
    await openEditor("x = 1\n", "python", "end");
    await commands.executeCommand("falcon.toggleInlineCompletionsForLanguage");
    assert.equal(isEnabled("python"), false);
    assert.equal(isEnabled("plaintext"), true);
    await commands.executeCommand("falcon.toggleInlineCompletionsForLanguage");
    assert.equal(isEnabled("python"), true);
    const inspected = workspace.getConfiguration(undefined, { languageId: "python" }).inspect(key);
    assert.equal(inspected?.globalLanguageValue, undefined);
  });

  it("switches one language on while the others are off", async () => {
    await workspace.getConfiguration().update(key, false, ConfigurationTarget.Global);
    await openEditor("x = 1\n", "python", "end");
    await commands.executeCommand("falcon.toggleInlineCompletionsForLanguage");
    assert.equal(isEnabled("python"), true);
    assert.equal(isEnabled("plaintext"), false);
  });
});
