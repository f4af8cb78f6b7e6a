// What the tests of the host share: the running extension, documents to work on, and waiting for what must come.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import {
  ConfigurationTarget,
  Selection,
  extensions,
  window,
  workspace,
  type TextDocument,
  type TextEditor,
  type Uri,
} from "vscode";

import type { Repository } from "../../src/chat/context/git.ts";
import type { TestApi } from "../../src/extension.ts";

/** Path of a model file, put in by build.mjs. */
declare const TEST_MODEL: string;

export const extensionId = "falcon-vscode.falcon-vscode";

export async function activateFalcon(): Promise<TestApi> {
  const extension = extensions.getExtension<TestApi>(extensionId);
  assert.ok(extension, "the extension is installed");
  return extension.activate();
}

/** Falcon with its model loaded. */
export async function readyFalcon(): Promise<TestApi> {
  const falcon = await activateFalcon();
  await configure("falcon.model.path", TEST_MODEL);
  // The model writes some ten tokens a second, so that one can stop it.
  await configure("falcon.inlineCompletion.maxTokens", 8);
  await until("the settings have come to rest", () => falcon.settings.server.inlineCompletion.maxTokens === 8);
  // Nothing is loaded before it is used.
  await falcon.server.loadModel("completion");
  await until("the model is ready", () => {
    const { status } = falcon.server;
    return status.state === "ready" && !status.unloaded && status.model.path === TEST_MODEL;
  });
  return falcon;
}

async function configure(key: string, value: unknown): Promise<void> {
  const configuration = workspace.getConfiguration();
  if (configuration.get(key) !== value) await configuration.update(key, value, ConfigurationTarget.Global);
}

/** Polls until the condition holds; fails by name. */
export async function until(what: string, condition: () => boolean, milliseconds = 60_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!condition()) {
    assert.ok(Date.now() < end, `in vain waited until ${what}`);
    await pause(20);
  }
}

/** An editor on a new document, with the whole of it selected or the cursor at its end. */
export async function openEditor(content: string, language: string, select: "all" | "end"): Promise<TextEditor> {
  const open = async () => showInFront(await workspace.openTextDocument({ content, language }));
  let editor = await open();
  // VS Code gives a new document at times the text of the one that was closed last.
  for (let tries = 1; editor.document.getText() !== content && tries < 5; tries++) editor = await open();
  const { document } = editor;
  const end = document.positionAt(content.length);
  editor.selection = new Selection(select === "all" ? document.positionAt(0) : end, end);
  return editor;
}

/** Commands are for the editor in front, and VS Code tells somewhat later which that is. */
export async function showInFront(document: TextDocument): Promise<TextEditor> {
  const editor = await window.showTextDocument(document);
  await until("the editor is in front", () => window.activeTextEditor?.document === document);
  return editor;
}

interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): { openRepository(root: Uri): Promise<Repository | null> };
}

/** Git is off in the tests' profile. */
export async function openRepository(root: Uri): Promise<Repository> {
  await workspace.getConfiguration().update("git.enabled", true, ConfigurationTarget.Global);
  const git = await extensions.getExtension<GitExtension>("vscode.git")?.activate();
  await until("git is on", () => git?.enabled === true);
  const repository = await git?.getAPI(1).openRepository(root);
  assert.ok(repository, "the repository is open");
  return repository;
}
