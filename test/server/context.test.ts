// What other places say in the prompts of ghost text, through the built server.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { DidChangeWatchedFilesNotification, FileChangeType, type FileEvent } from "vscode-languageserver-protocol/node";

import { completionContextRequest, settingsChanged } from "../../src/shared/methods.ts";
import type { CompletionContextReport } from "../../src/shared/completionContext.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

const helper = "export function parseWheel(spokes, rim) {\n  return spokes * rim;\n}\n";
const folder = mkdtempSync(path.join(tmpdir(), "falcon-context-"));
const uriOf = (name: string) => pathToFileURL(path.join(folder, name)).href;
const mostTries = 100;
const settings = { ...quickSettings, model: { ...quickSettings.model, path: modelFile("falcon7b") } };

let client: LspClient;
before(async () => {
  process.env["FALCON_WITHOUT"] = "prefetch";
  client = await LspClient.start(settings, undefined, [pathToFileURL(folder).href]);
  await client.statusWhere(({ state }) => state === "ready");
});
after(async () => {
  await client.stop();
  rmSync(folder, { recursive: true });
});

/**
 * Completes a call of a function that another document has, and tells what went into the prompt: again, each time in another
 * document, until no provider was late, as one may be on a loaded machine.
 */
async function reportAt(name: string, head = ""): Promise<CompletionContextReport> {
  const text = `${head}const wheel = parseWheel(`;
  const lines = text.split("\n");
  let report: CompletionContextReport | null = null;
  for (let i = 0; i < mostTries; i++) {
    const file = `${i}-${name}`;
    await client.open(uriOf(file), text, "javascript");
    await client.complete(uriOf(file), lines.length - 1, lines.at(-1)?.length ?? 0);
    await client.connection.sendNotification("textDocument/didClose", { textDocument: { uri: uriOf(file) } });
    report = await client.connection.sendRequest(completionContextRequest);
    assert.equal(report?.path, file);
    if (report.providers.every(({ failure }) => failure === undefined)) return report;
  }
  assert.fail(`late each time: ${JSON.stringify(report)}`);
}

const usedIn = ({ chunks }: CompletionContextReport) =>
  chunks.filter(({ verdict }) => verdict === "used").map((chunk) => chunk.path);

test("before the first completion there is nothing to tell", async () => {
  assert.equal(await client.connection.sendRequest(completionContextRequest), null);
});

test("an open document is read along, one of secrets never", async () => {
  await client.open(uriOf("wheel.js"), helper, "javascript");
  await client.open(uriOf(".env"), "parseWheel=hunter2\n", "properties");
  const report = await reportAt("main.js");
  // On a machine so slow that the prompt has no room for it there is none.
  assert.deepEqual(usedIn(report), report.budget === 0 ? [] : ["wheel.js"]);
  assert.ok(!JSON.stringify(report).includes("hunter2"));
});

test("a file that is not open is read where the workspace is trusted, and not before", async () => {
  writeFileSync(path.join(folder, "hub.js"), helper.replaceAll("spokes", "hubSpokes"));
  const head = 'import { parseWheel } from "./hub";\nparseWheel(hubSpokes, rim);\n';
  assert.ok(!usedIn(await reportAt("untrusted.js", head)).includes("hub.js"));
  await client.connection.sendNotification(settingsChanged, { ...settings, readWorkspace: true });
  const report = await reportAt("trusted.js", head);
  assert.equal(usedIn(report).includes("hub.js"), report.budget > 0);
});

test("an open document is not read from the disk, however its URI is escaped", async () => {
  writeFileSync(path.join(folder, "@axle.js"), helper);
  await client.connection.sendNotification(settingsChanged, { ...settings, readWorkspace: true });
  await client.open(uriOf("@axle.js").replace("@", "%40"), `// not saved\n${helper}`, "javascript");
  const { chunks, budget } = await reportAt("edited.js", 'import { parseWheel } from "./@axle";\n');
  const finders = chunks.filter((chunk) => chunk.path === "@axle.js").map(({ provider }) => provider);
  assert.deepEqual(finders, budget > 0 ? ["visited"] : []);
});

test("a file that nobody opened or imports is found by what it says, also one that has just been made", async () => {
  await client.connection.sendNotification(settingsChanged, { ...settings, readWorkspace: true });
  for (const [name, said] of [
    ["gear.js", "turnGear(teeth, ratio)"],
    ["chain.js", "pullChain(links, slack)"],
  ] as const) {
    writeFileSync(path.join(folder, name), `export function ${said} {}\n`);
    const changes: FileEvent[] = [{ uri: uriOf(name), type: FileChangeType.Created }];
    await client.connection.sendNotification(DidChangeWatchedFilesNotification.type, { changes });
    const isFound = async (attempt: number) => {
      const { budget, chunks } = await reportAt(`${attempt}-of-${name}`, `${said}\n`);
      return budget === 0 || chunks.some((chunk) => chunk.path === name && chunk.provider === "index");
    };
    let attempt = 0;
    // The index is built in the background.
    while (!(await isFound(attempt))) {
      assert.ok(attempt++ < mostTries, name);
      await pause(50);
    }
  }
});
