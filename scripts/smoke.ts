// `npm run smoke`: opens the packed extension in a browser's VS Code without a screen, asks for one completion, one
// question and one explanation through the UI, and leaves three screenshots in out/smoke/. Exits 0 when all came.

import path from "node:path";
import process from "node:process";

import { type FalconWindow, openFalcon } from "../test/support/falconWindow.ts";
import { openUnfinishedLine } from "../test/support/unfinishedLine.ts";
import { packageExtension } from "./vsix.ts";

const pictures = path.join(path.dirname(import.meta.dirname), "out/smoke");

await packageExtension();
const window = await openFalcon({ "falcon.chat.maxTokens": 128 });
try {
  await window.workbench.whenReady();
  report("Completion", await complete(window), "1-completion.png");
  report("Chat", await chat(window), "2-chat.png");
  report("Explanation", await explain(window), "3-explain-selection.png");
  const foreign = window.foreignAddresses();
  if (foreign.length > 0) throw new Error(`Something left this machine: ${foreign.join(", ")}`);
  console.log("Nothing left this machine.");
} catch (error) {
  console.error(error);
  await window.workbench.screenshot(path.join(pictures, "failure.png"));
  process.exitCode = 1;
} finally {
  await window.dispose();
}

function report(what: string, text: string, picture: string): void {
  if (text.trim() === "") throw new Error(`${what}: nothing came.`);
  console.log(`${what} (out/smoke/${picture}):\n  ${text.trim().slice(0, 200).replaceAll("\n", "\n  ")}`);
}

async function complete({ workbench }: FalconWindow): Promise<string> {
  await openUnfinishedLine(workbench);
  const typed = performance.now();
  const text = await workbench.ghostText();
  const sinceKey = performance.now() - typed;
  // The page's clock counts from the moment at which the window began to load.
  const sinceStart = Number(await workbench.page.evaluate("performance.now()"));
  console.log(`Ghost text ${(sinceStart / 1000).toFixed(1)} s after the window began to load,`);
  console.log(`  ${sinceKey.toFixed(0)} ms after the last key.`);
  await workbench.screenshot(path.join(pictures, "1-completion.png"));
  await workbench.page.keyboard.press("Escape");
  return text;
}

async function chat({ workbench, chat }: FalconWindow): Promise<string> {
  await chat.open();
  await chat.ask("What does a harbour master do?");
  await chat.answers.last().waitFor();
  await chat.whenEnded();
  await workbench.screenshot(path.join(pictures, "2-chat.png"));
  // The demonstration model says what it can do in the place of an answer.
  return chat.answers.last().innerText();
}

async function explain({ workbench, chat }: FalconWindow): Promise<string> {
  await workbench.openFile("src/boat.ts");
  await workbench.selectLines(18, 21);
  await chat.run("Falcon: Explain Selection");
  await chat.answers.nth(1).waitFor();
  await chat.whenEnded();
  await workbench.screenshot(path.join(pictures, "3-explain-selection.png"));
  return chat.answers.nth(1).locator(".markdown").innerText();
}
