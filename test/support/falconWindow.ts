// The packed extension in a window of a real VS Code: what the end-to-end tests and the smoke test start from.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import type { FrameLocator, Locator } from "playwright-core";

import { type Editor, startEditor } from "../../scripts/codeServer.ts";
import { vsixPath } from "../../scripts/vsix.ts";
import { Workbench, quietSettings } from "./workbench.ts";

/** That are told of after a test that failed. */
const linesOfLog = 30;

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** A window, its editor, and the chat page in it. */
export interface FalconWindow {
  readonly editor: Editor;
  readonly workbench: Workbench;
  readonly chat: ChatPage;
  /** Addresses beyond the loopback that the page or a process of the editor asked for. */
  readonly foreignAddresses: () => string[];
  /** The main files of the Node processes that were watched for `foreignAddresses`. */
  readonly watchedProcesses: () => string[];
  readonly dispose: () => Promise<void>;
}

/** What a scripted engine writes, in the place of a model: an answer for each chat or edit, with milliseconds after each word. */
export interface ScriptedAnswer {
  /** Words of the prompt that it answers, whichever answers came before. */
  readonly to?: string;
  readonly text: string;
  readonly pause?: number;
}

/** `answers` and `prepare` get the folder of the workspace before it is opened. */
export async function openFalcon(
  settings: Readonly<Record<string, unknown>>,
  answers?: readonly ScriptedAnswer[] | ((workspace: string) => readonly ScriptedAnswer[]),
  prepare: (workspace: string) => void = () => undefined,
): Promise<FalconWindow> {
  if (!fs.existsSync(vsixPath())) throw new Error("There is no VSIX to test. Run `npm run package` first.");
  const log = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "falcon-connections-"));
  const connections = path.join(log, "connections.log");
  fs.writeFileSync(connections, "");
  const editor = await startEditor({
    vsix: vsixPath(),
    workspace: here("../fixtures/sample-workspace"),
    settings: { ...quietSettings, ...settings },
    preload: here("recordConnections.cjs"),
    env: { FALCON_CONNECTIONS: connections, FALCON_ANSWERS: path.join(log, "answers.jsonl") },
  });
  if (answers) {
    const all = typeof answers === "function" ? answers(editor.workspace) : answers;
    fs.writeFileSync(path.join(log, "answers.jsonl"), all.map((answer) => JSON.stringify(answer)).join("\n"));
    const [engine] = fs.globSync(path.join(path.dirname(editor.userData), "extensions/*/dist/engine.cjs"));
    if (engine === undefined) throw new Error("The extension is not installed.");
    fs.copyFileSync(here("scriptedEngine.cjs"), engine);
  }
  prepare(editor.workspace);
  const recorded = (kind: string) => {
    const lines = fs.readFileSync(connections, "utf8").split("\n");
    return lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
  };
  const dispose = async () => {
    await editor.dispose();
    fs.rmSync(log, { recursive: true });
  };
  try {
    const workbench = await Workbench.open(editor);
    return {
      editor,
      workbench,
      chat: new ChatPage(workbench),
      foreignAddresses: () => [...workbench.foreignRequests, ...recorded("connection")],
      watchedProcesses: () => recorded("process"),
      dispose: async () => {
        await workbench.dispose();
        await dispose();
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** What is read of an element; it runs in the page. */
interface Measured {
  readonly scrollWidth: number;
  readonly clientWidth: number;
}

/** The chat page, by what its user sees. */
export class ChatPage {
  readonly frame: FrameLocator;
  readonly composer: Locator;
  readonly stop: Locator;
  readonly questions: Locator;
  readonly answers: Locator;
  readonly #workbench: Workbench;

  constructor(workbench: Workbench) {
    const frame = workbench.webview;
    this.#workbench = workbench;
    this.frame = frame;
    this.composer = frame.getByRole("textbox", { name: "Message to Falcon" });
    this.stop = frame.getByRole("button", { name: "Stop (Escape)" });
    this.questions = frame.locator(".message.user");
    this.answers = frame.locator(".message.answer");
  }

  async open(): Promise<void> {
    await this.run("Falcon: Open Chat");
  }

  /** Runs a command that shows the chat, and waits for the cursor in its composer: until then the focus is on its way. */
  async run(command: string): Promise<void> {
    await this.#workbench.runCommand(command);
    await this.frame.locator("textarea:focus").waitFor();
  }

  /** Asks as soon as the page takes questions: what is sent before stays in the composer. */
  async ask(question: string): Promise<void> {
    await this.composer.fill(question);
    await this.frame.locator('.send[aria-disabled="false"]').waitFor();
    await this.composer.press("Enter");
  }

  /** The lengths that the last answer has while it is written, until it ends or has been seen to grow `times` times. */
  async watchGrowth(times: number): Promise<number[]> {
    const answer = this.answers.last();
    const lengths: number[] = [];
    // What stands there may still be the answer before.
    await answer.and(this.frame.locator(".streaming")).waitFor();
    await answer.locator(".markdown").filter({ hasText: /\S/ }).waitFor();
    while (lengths.length <= times && (await answer.and(this.frame.locator(".streaming")).count()) > 0) {
      const { length } = (await answer.locator(".markdown").textContent()) ?? "";
      if (length > (lengths.at(-1) ?? 0)) lengths.push(length);
    }
    return lengths;
  }

  /** How many pixels the page is wider than what shows of it. */
  async overflow(): Promise<number> {
    const body = this.frame.locator("body");
    return body.evaluate((element: Measured) => element.scrollWidth - element.clientWidth);
  }

  async whenEnded(): Promise<void> {
    await this.frame.locator(".message.answer.streaming").waitFor({ state: "detached" });
  }
}

/** Ids of the processes of an editor whose command line names this bundle of the extension. */
export function processIds(editor: Editor, bundle: string): number[] {
  const extension = path.join(path.dirname(editor.userData), "extensions");
  return commandLines()
    .filter(({ command }) => command.includes(extension) && command.includes(`dist${path.sep}${bundle}`))
    .map(({ pid }) => pid);
}

function commandLines(): { pid: number; command: string }[] {
  if (!fs.existsSync("/proc/self/cmdline")) {
    const lines = execFileSync("ps", ["-axo", "pid=,command="], { encoding: "utf8" }).split("\n");
    return lines.map((line) => ({ pid: parseInt(line), command: line }));
  }
  return fs.readdirSync("/proc").flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) return [];
    try {
      return { pid, command: fs.readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ") };
    } catch {
      return []; // It ended meanwhile.
    }
  });
}

/**
 * After a test that failed, a picture of the window: `afterEach((context) => pictureFailure(context, falcon))`. Where nothing
 * but the output of the tests is kept, that tells in words how the window and the extension stood.
 */
export async function pictureFailure(
  context: { name: string; passed?: boolean },
  { workbench, editor }: FalconWindow,
): Promise<void> {
  if (context.passed !== false) return;
  const name = context.name.replaceAll(/[^\w]+/g, "-").slice(0, 60);
  await workbench.screenshot(here(`../../out/e2e-failures/${name}.png`));
  const logs = fs.globSync("logs/*/exthost*/falcon-vscode.falcon-vscode/Falcon.log", { cwd: editor.userData });
  const lines = logs.flatMap((log) => fs.readFileSync(path.join(editor.userData, log), "utf8").trimEnd().split("\n"));
  console.log([await workbench.describe(), "Falcon's log:", ...lines.slice(-linesOfLog)].join("\n"));
}
