// Runs the suite of test/host inside a real extension host: in code-server, or in a desktop VS Code.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { format } from "node:util";

import { Workbench, quietSettings } from "../test/support/workbench.ts";
import { startEditor } from "./codeServer.ts";
import { useOwnServices } from "./ownServices.ts";
import { runProgram } from "./system.ts";

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

const root = path.dirname(import.meta.dirname);
const suite = path.join(root, "out/host-tests/index.cjs");
const workspace = path.join(root, "test/fixtures/sample-workspace");
/** Milliseconds, several times what the suite takes on two processors. */
const longest = 15 * 60_000;

export async function runHostTests(desktop: boolean): Promise<Outcome> {
  await runProgram(process.execPath, ["test/host/build.mjs"], { cwd: root });
  const output = await (desktop ? runOnDesktop() : runInCodeServer());
  // The suite's last words.
  const [, passed, failed] = /(\d+) passed, (\d+) failed/.exec(output) ?? [];
  if (passed === undefined) throw new Error("The host suite did not come to its end.");
  return { passed: Number(passed), failed: Number(failed) };
}

/** VS Code's smoke-test driver hands what the suite prints to two functions of the page. */
async function runInCodeServer(): Promise<string> {
  const editor = await startEditor({ workspace, settings: quietSettings, testDriver: true });
  let output = "";
  const done = Promise.withResolvers<undefined>();
  try {
    const remote = (file: string) => `vscode-remote://${new URL(editor.url).host}${file}`;
    const payload = [
      ["extensionDevelopmentPath", remote(root)],
      ["extensionTestsPath", remote(suite)],
    ];
    const workbench = await Workbench.open(editor, {
      query: `&payload=${encodeURIComponent(JSON.stringify(payload))}`,
      prepare: async (page) => {
        await page.exposeFunction("codeAutomationLog", (_type: string, args: unknown[]) => {
          const line = `${format(...args)}\n`;
          output += line;
          process.stdout.write(line);
        });
        await page.exposeFunction("codeAutomationExit", () => done.resolve(undefined));
      },
    });
    await Promise.race([done.promise, sleep(longest, undefined, { ref: false })]);
    await workbench.dispose();
  } finally {
    await editor.dispose();
  }
  return output;
}

async function runOnDesktop(): Promise<string> {
  useOwnServices();
  const child = spawn(process.execPath, [path.join(root, "scripts/hostDesktop.ts"), root, suite, workspace], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: longest,
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    process.stdout.write(chunk);
  });
  await once(child, "close");
  return output;
}
