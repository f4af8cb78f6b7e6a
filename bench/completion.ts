// `npm run bench:completion [-- --cases FILE] [--model FILE] [--limit 300] [--without STEP,…] [--verbose]`
// How well the product completes held-out lines and blocks, through the language server, beside the bare model and two baselines.

import fs from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

import { TextDocument } from "vscode-languageserver-textdocument";

import manifest from "../package.json" with { type: "json" };
import { steps } from "../server/completion/ablation.ts";
import { buildExtension } from "../scripts/vsix.ts";
import { settingsChanged } from "../src/shared/methods.ts";
import type { ServerSettings } from "../src/shared/protocol.ts";
import { childrenOf } from "../test/support/processes.ts";
import { LspClient } from "../test/support/lspClient.ts";
import { processorSeconds } from "./machine.ts";
import { type Case, type Result, toText } from "./completionReport.ts";

const exported = path.join(homedir(), ".cache/falcon-training/export");
const shipped = path.join(import.meta.dirname, "../media/models/falcon-tiny-demo.gguf");

const { values: options } = parseArgs({
  options: {
    cases: { type: "string", default: path.join(exported, "cases.jsonl") },
    model: {
      type: "string",
      default: fs.existsSync(shipped) ? shipped : path.join(exported, "falcon-tiny-demo-Q8_0.gguf"),
    },
    limit: { type: "string", default: "300" },
    without: { type: "string", default: "" },
    verbose: { type: "boolean", default: false },
  },
});
leaveOut(options.without);
for (const file of [options.cases, options.model]) {
  if (!fs.existsSync(file)) throw new Error(`There is no ${file}: training/README.md says how it is made.`);
}

const cases = readCases(options.cases).slice(0, Number(options.limit));
await buildExtension();
const settings = defaultSettings(options.model);
const client = await LspClient.start(settings, undefined, cases.map(folderOf));
try {
  const status = await client.statusWhere(({ state }) => state === "ready" || state === "failed");
  if (status.state !== "ready") throw new Error(status.state === "failed" ? status.problem.message : status.state);
  const { name, device, promptRate } = status.model;
  const megabytes = (fs.statSync(options.model).size / 1e6).toFixed(1);
  console.log(`${name}, ${megabytes} MB, on ${device}: ${Math.round(promptRate)} tokens of a prompt in a second\n`);
  const pids = [client.child.pid ?? 0, ...childrenOf(client.child.pid)];
  const results: Result[] = [];
  for (const [i, each] of cases.entries()) {
    // What the server remembers of the cases before is no part of this one.
    const excludedFiles = [
      ...settings.excludedFiles,
      ...cases.slice(0, i).map((_, earlier) => `/held-out/${earlier}/`),
    ];
    await client.connection.sendNotification(settingsChanged, { ...settings, excludedFiles });
    results.push(await complete(each, i, pids));
  }
  console.log(toText(results, options.verbose));
} finally {
  await client.stop();
}

/** Of the steps of ghost text: the server takes them from its environment. */
function leaveOut(names: string): void {
  const unknown = names.split(",").find((name) => name !== "" && !(steps as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`There is no step ${unknown}: ${steps.join(", ")} can be left out.`);
  process.env["FALCON_WITHOUT"] = names;
}

function readCases(file: string): Case[] {
  const lines = fs.readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Case);
}

/** What the extension sends when the user has set nothing. No contexts are saved: each case is asked once. */
function defaultSettings(model: string): ServerSettings {
  const { properties } = manifest.contributes.configuration;
  return {
    model: {
      path: path.resolve(model),
      contextSize: properties["falcon.model.contextSize"].default,
      gpu: properties["falcon.model.gpu"].default as ServerSettings["model"]["gpu"],
      threads: properties["falcon.model.threads"].default,
    },
    inlineCompletion: {
      debounce: properties["falcon.inlineCompletion.debounce"].default,
      maxTokens: properties["falcon.inlineCompletion.maxTokens"].default,
    },
    chat: {
      maxTokens: properties["falcon.chat.maxTokens"].default,
      temperature: properties["falcon.chat.temperature"].default,
    },
    excludedFiles: properties["falcon.excludedFiles"].default,
  };
}

/** The workspace folder of a case's file: its package, apart from those of other cases. */
function folderOf(each: Case, i: number): string {
  return `file:///held-out/${i}/${encodeURIComponent(each.package)}`;
}

function uriIn(folder: string, file: string): string {
  return `${folder}/${file.split("/").map(encodeURIComponent).join("/")}`;
}

/** Opens the document after the others, and asks as the editor does when the user types. */
async function complete(each: Case, i: number, pids: readonly number[]): Promise<Result> {
  const folder = folderOf(each, i);
  const uri = uriIn(folder, each.path);
  const text = each.prefix + each.suffix;
  const { line, character } = TextDocument.create(uri, each.language, 1, text).positionAt(each.prefix.length);
  const others = each.others ?? [];
  for (const other of others) await client.open(uriIn(folder, other.path), other.text, each.language);
  await client.open(uri, text, each.language);
  const cpuBefore = cpuSecondsOf(pids);
  const start = performance.now();
  const [item] = await client.complete(uri, line, character);
  const milliseconds = performance.now() - start;
  const cpuSeconds = cpuSecondsOf(pids) - cpuBefore;
  for (const closed of [uri, ...others.map((other) => uriIn(folder, other.path))]) {
    await client.connection.sendNotification("textDocument/didClose", { textDocument: { uri: closed } });
  }
  return { ...each, shown: item?.insertText, milliseconds, cpuSeconds };
}

/** Processor time that all of the processes have taken so far; NaN elsewhere than on Linux. */
function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (processorSeconds(pid) ?? NaN), 0);
}
