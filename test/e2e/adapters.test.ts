// The adapters of a model in a real VS Code: added, switched, scaled and removed in their list, and seen in what the chat answers.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { writeAdapter } from "../fixtures/adapter.ts";
import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import { modelFile } from "../support/models.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");

let folder: string;
let model: string;
let adapter: string;
let foreign: string;
let falcon: FalconWindow;
let workbench: Workbench;
/** What the model writes by itself. */
let own: string;

before(async () => {
  folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "falcon-adapters-"));
  model = path.join(folder, "boats.gguf");
  adapter = path.join(folder, "harbour.gguf");
  foreign = path.join(folder, "mamba.gguf");
  fs.copyFileSync(modelFile("falcon7b"), model);
  writeAdapter(adapter, "falcon7b");
  writeAdapter(foreign, "falconMamba");
  falcon = await openFalcon({
    "falcon.model.path": model,
    "falcon.model.gpu": "off",
    "falcon.model.threads": 1,
    "falcon.models.folder": folder,
    "falcon.chat.temperature": 0,
    "falcon.chat.maxTokens": 24,
  });
  ({ workbench } = falcon);
  await workbench.statusLabel("Tiny Falcon 7B").waitFor();
  await workbench.whenReady();
  own = await answer();
  assert.notEqual(own.trim(), "");
});
afterEach((context) => pictureFailure(context, falcon));
after(async () => {
  await falcon.dispose();
  fs.rmSync(folder, { recursive: true });
});

async function openList(): Promise<void> {
  await workbench.listModels("boats.gguf");
  await press("boats.gguf", "Adapters");
  await workbench.quickRow("Add an Adapter…").waitFor();
}

/** Leaves the list, and the list of models to which it goes back. */
async function leaveList(): Promise<void> {
  await workbench.leaveQuickInput();
  await workbench.quickRow("boats.gguf").waitFor();
  await workbench.leaveQuickInput();
  await workbench.quickInput.waitFor({ state: "detached" });
}

/** Presses a button of a row. */
async function press(row: string, button: string): Promise<void> {
  await workbench.quickRow(row).hover();
  await workbench.quickRow(row).getByRole("button", { name: button }).click();
}

/** What a new chat answers, always to the same question. */
async function answer(): Promise<string> {
  const { chat } = falcon;
  await chat.run("Falcon: New Chat");
  await chat.answers.waitFor({ state: "detached" });
  await chat.ask("Which berth is free?");
  await chat.answers.locator(".markdown").filter({ hasText: /\S/ }).waitFor();
  await chat.whenEnded();
  return (await chat.answers.locator(".markdown").textContent()) ?? "";
}

test("one that was trained for another model is refused with one message, and another can be chosen", async () => {
  await openList();
  await workbench.quickRow("Add an Adapter…").click();
  await workbench.chooseFile(foreign);
  const refusal = workbench.toast("cannot be used with this model: general.architecture is “mamba”, not “falcon”");
  await refusal.waitFor();
  assert.equal(await workbench.page.locator(".notification-toast").count(), 1);
  await refusal.getByRole("button", { name: "Choose Another File" }).click();
  await workbench.chooseFile(adapter);
  await workbench.quickRow("harbour.gguf").getByText("scale 1").waitFor();
  await leaveList();
  assert.notEqual(await answer(), own);
});

test("switched off it changes nothing, and on it does as before", async () => {
  await openList();
  await press("harbour.gguf", "Switch Off");
  await workbench.quickRow("harbour.gguf").getByText("off, scale 1").waitFor();
  await leaveList();
  assert.equal(await answer(), own);
  await openList();
  await press("harbour.gguf", "Switch On");
  await workbench
    .quickRow("harbour.gguf")
    .getByText(/^scale 1$/)
    .waitFor();
  await leaveList();
  assert.notEqual(await answer(), own);
});

test("its scale is asked for, and of a scale of 0 nothing is left", async () => {
  await openList();
  await workbench.quickRow("harbour.gguf").click();
  // Until the question is there, what is written goes to the list.
  await workbench.page.locator(".quick-input-widget", { hasText: "How much of its change is made" }).waitFor();
  await workbench.quickInput.fill("many");
  await workbench.page.locator(".quick-input-widget", { hasText: "A number from 0 to 4" }).waitFor();
  await workbench.quickInput.fill("0");
  await workbench.page.locator(".quick-input-widget", { hasText: "A number from 0 to 4" }).waitFor({ state: "hidden" });
  await workbench.page.keyboard.press("Enter");
  await workbench.quickRow("harbour.gguf").getByText("scale 0").waitFor();
  await workbench.screenshot(path.join(pictures, "adapters.png"));
  await leaveList();
  assert.equal(await answer(), own);
});

test("removed, it is gone from the list, and its file stays", async () => {
  await openList();
  await workbench.quickRow("harbour.gguf").waitFor();
  await press("harbour.gguf", "Remove");
  await workbench.quickRow("harbour.gguf").waitFor({ state: "detached" });
  await workbench.quickRow("Add an Adapter…").waitFor();
  await leaveList();
  assert.ok(fs.existsSync(adapter));
  assert.equal(await answer(), own);
});
