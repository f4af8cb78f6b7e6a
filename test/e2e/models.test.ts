// “Choose Model” in a real VS Code: from the list over the licence and a download, out of a mirror, to ghost text.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { catalogue } from "../../server/models/catalogue/catalogue.ts";
import { writeOriginal } from "../fixtures/originals/originals.ts";
import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import { HubServer, status } from "../support/hubServer.ts";
import { modelFile } from "../support/models.ts";
import { until } from "../support/processes.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");

const small = "Falcon3 1B Instruct";
const large = "Falcon3 3B Instruct";
const asked = "Falcon3 7B Instruct";
const original = "Falcon-H1-Tiny Coder 90M";

let hub: HubServer;
let falcon: FalconWindow;
let workbench: Workbench;

/** Puts original weights of a small model of its kind into its repository. */
function offerOriginal(name: string): void {
  const repository = catalogue.find((each) => each.name === name)?.repository;
  assert.ok(repository, name);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-original-"));
  const folder = writeOriginal(scratch, "tiny-Falcon-H1-tied");
  for (const file of fs.readdirSync(folder)) hub.put(repository, file, fs.readFileSync(path.join(folder, file)));
  fs.rmSync(scratch, { recursive: true });
}

before(async () => {
  hub = await HubServer.start();
  offerOriginal(original);
  for (const [name, file] of [
    [small, modelFile("falcon7b")],
    [large, modelFile("falcon40b")],
    [asked, modelFile("falcon3")],
  ] as const)
    hub.offer(name, fs.readFileSync(file));
  falcon = await openFalcon({
    "falcon.model.gpu": "off",
    "falcon.model.threads": 1,
    "falcon.models.hub": hub.endpoint,
  });
  ({ workbench } = falcon);
  await workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(async () => {
  await falcon.dispose();
  await hub.stop();
});

async function press(button: string): Promise<void> {
  await workbench.page.locator(".monaco-dialog-box").getByRole("button", { name: button, exact: true }).click();
}

/** Presses a button of a model's row. */
async function pressInRow(name: string, button: string): Promise<void> {
  const row = workbench.quickRow(name);
  await row.hover();
  await row.getByRole("button", { name: button }).click();
}

const weightsOnDisk = () =>
  fs
    .readdirSync(falcon.editor.userData, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".safetensors"));

/** The details of a model ask for the header of a file alone, by both ends of its bytes. */
const transfers = () =>
  hub.requests.filter(({ server, headers }) => server === "store" && !/^bytes=\d+-\d+$/.test(headers.range ?? ""));

test("the list is legible in every theme, and narrow", async () => {
  for (const theme of ["Dark Modern", "Light Modern"] as const) {
    await workbench.setTheme(theme);
    await workbench.runCommand("Falcon: Choose Model…");
    await workbench.whenModelsListed();
    await workbench.screenshot(path.join(pictures, `choose-model-${theme === "Dark Modern" ? "dark" : "light"}.png`));
    await workbench.leaveQuickInput();
  }
  await workbench.listModels(small);
  await pressInRow(small, "Details and Other Quantizations");
  await workbench.quickRow("Licence: ").waitFor();
  await workbench.screenshot(path.join(pictures, "model-details.png"));
  await workbench.leaveQuickInput();
  // It goes back to the list.
  await workbench.quickRows.getByText("Demonstration Model").waitFor();
  await workbench.page.setViewportSize({ width: 520, height: 800 });
  await workbench.screenshot(path.join(pictures, "choose-model-narrow.png"));
  await workbench.leaveQuickInput();
  await workbench.page.setViewportSize({ width: 1280, height: 800 });
});

test("without consent to the licence nothing is downloaded", async () => {
  await workbench.listModels(small);
  await workbench.quickRow(small).click();
  await workbench.page.locator(".monaco-dialog-box", { hasText: "Falcon LLM License 2.0" }).waitFor();
  await workbench.screenshot(path.join(pictures, "licence.png"));
  await press("Cancel");
  // The list is there again.
  await workbench.quickRows.first().waitFor();
  await workbench.leaveQuickInput();
  assert.deepEqual(transfers(), []);
});

test("a question is asked again once the model that was chosen for it has come, though its download failed at first", async () => {
  const { chat } = falcon;
  await chat.open();
  await chat.ask("What is a berth?");
  const answer = chat.answers.last();
  await answer.getByText("is a demonstration model").waitFor();
  await answer.getByRole("button", { name: "Choose Model…" }).click();
  await workbench.whenModelsListed();
  await workbench.quickInput.fill(asked);
  hub.hubFaults.push(status(403));
  await pressInRow(asked, "For the Chat Only");
  await press("Accept and Download");
  const failure = workbench.toast("403");
  await failure.waitFor();
  await answer.getByText("is a demonstration model").waitFor();
  await failure.getByRole("button", { name: "Try Again" }).click();
  await workbench.statusLabel("Chat: Tiny Falcon3").waitFor();
  await answer.getByText("is a demonstration model").waitFor({ state: "detached" });
  await answer.locator(".markdown").filter({ hasText: /\S/ }).waitFor();
  await chat.whenEnded();
  assert.equal(await chat.questions.count(), 1);
  assert.equal(await chat.answers.count(), 1);
});

test("a model is chosen, downloaded from the mirror, loaded, and writes ghost text", async () => {
  await workbench.listModels(small);
  await pressInRow(small, "For Ghost Text Only");
  await press("Accept and Download");
  await workbench.statusLabel("Ghost text: Tiny Falcon 7B").waitFor();
  await workbench.openFile("src/boat.ts");
  await workbench.goTo(8);
  // As one who types on where nothing is offered.
  for (const words of ["const tide = ", "moon + ", "sun + "]) {
    await workbench.type(words);
    if (await workbench.hasGhost(20_000)) break;
  }
  assert.notEqual(await workbench.ghostText(), "");
  await workbench.page.keyboard.press("Escape");
});

test("a download that was cancelled goes on with what is there; it is for the chat alone, beside the other model", async () => {
  const { size } = fs.statSync(modelFile("falcon40b"));
  hub.requests.length = 0;
  hub.cuts = [Math.floor(size / 2)];
  await workbench.listModels(large);
  await workbench.quickRow(large).waitFor();
  await pressInRow(large, "For the Chat Only");
  await press("Accept and Download");
  const toast = workbench.toast("Downloading Falcon3-3B-Instruct");
  await toast.waitFor();
  // Some of it is on the disk.
  await workbench.page.locator(".statusbar-item", { hasText: /↓ [1-9]/ }).waitFor();
  await toast.getByRole("button", { name: "Cancel" }).click();
  await toast.waitFor({ state: "detached" });
  hub.cut();

  hub.requests.length = 0;
  await workbench.listModels(large);
  await pressInRow(large, "For the Chat Only");
  await press("Accept and Download");
  await workbench.statusLabel("Chat: Tiny Falcon 40B").waitFor();
  await workbench.statusLabel("Ghost text: Tiny Falcon 7B").waitFor();
  assert.match(transfers()[0]?.headers.range ?? "", /^bytes=[1-9]\d*-$/);
  await falcon.chat.open();
  await falcon.chat.frame.locator("button.model").getByText("Tiny Falcon 40B").waitFor();
  await workbench.screenshot(path.join(pictures, "two-models.png"));
});

test("what is on the disk is used at once, for both again", async () => {
  hub.requests.length = 0;
  await workbench.listModels(".gguf");
  await workbench.quickRow("Falcon3-1B-Instruct-").click();
  await workbench.statusLabel("Chat: ").waitFor({ state: "detached" });
  await workbench.statusLabel("Tiny Falcon 7B").waitFor();
  assert.deepEqual(hub.requests, []);
});

test("what exists only as original weights is downloaded, converted and used, and is rid of the weights", async () => {
  await workbench.listModels(original);
  await workbench.quickRow(original).getByText("made of the original weights").waitFor();
  await pressInRow(original, "For Ghost Text Only");
  await workbench.page.locator(".monaco-dialog-box", { hasText: "of original weights come from" }).waitFor();
  await workbench.screenshot(path.join(pictures, "original-weights.png"));
  await press("Accept and Download");
  // As its config names the model that it was made like.
  await workbench.statusLabel("Ghost text: Falcon H1 0.5B Instruct").waitFor();
  await until("the weights are deleted", () => weightsOnDisk().length === 0);

  hub.requests.length = 0;
  await workbench.listModels(original);
  await pressInRow(original, "For the Chat Only");
  await workbench.statusLabel("Ghost text: ").waitFor({ state: "detached" });
  await workbench.statusLabel("Falcon H1 0.5B Instruct").waitFor();
  assert.deepEqual(hub.requests, []);
});
