// `npm run bench:completion [-- --kind line|block|function|files|edits] [--limit 300] [--without STEP,… | --ablate] [--verbose]
//     [--prompt-rate TOKENS] [--cases FILE] [--model FILE] [--server PATH]`
// How well the product completes held-out files, through the language server: lines beside the bare model and two baselines, and
// beside the bundled model's naive prompt where the path of llama-server is given; blocks, bodies of functions, and lines that
// take from other files of their package, which lies on the disk.

import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import type { TextDocumentContentChangeEvent } from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";

import { steps } from "../server/completion/ablation.ts";
import { buildExtension } from "../scripts/vsix.ts";
import { completionContextRequest, settingsChanged } from "../src/shared/methods.ts";
import type { Suggestions } from "../src/shared/serverSettings.ts";
import { type CutCase, cutCases, type CutKind, cutKinds, type LineEdit } from "./cases.ts";
import { cutChanges } from "./changeCases.ts";
import { ablationText, type Case, type Result, toText } from "./completionReport.ts";
import { contextOf } from "./contextReport.ts";
import { gateSettings } from "./gateReport.ts";
import { readHeldOutFiles } from "./heldOut.ts";
import { naiveAnswers } from "./naivePrompt.ts";
import { bundledModel, exported, type Product, startProduct } from "./product.ts";
import { olderFiles } from "./releases.ts";
import { enterRepository, forget, Repositories } from "./repositories.ts";

const { values: options } = parseArgs({
  options: {
    kind: { type: "string", default: "line" },
    cases: { type: "string", default: path.join(exported, "cases.jsonl") },
    model: { type: "string", default: bundledModel },
    limit: { type: "string", default: "300" },
    "prompt-rate": { type: "string" },
    without: { type: "string", default: "" },
    ablate: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
    server: { type: "string" },
  },
});

if (options.server !== undefined && (options.ablate || options.model !== bundledModel))
  throw new Error("--server: the naive prompt is the bundled model's, and stands beside no ablation.");
const cases = casesOf(options.kind).slice(0, Number(options.limit));
const repositories = new Repositories(options.kind === "edits" ? olderFiles() : readHeldOutFiles());
process.on("exit", () => repositories.dispose());
await buildExtension();
if (options.ablate) {
  const whole = await completeAll("");
  const without = [];
  for (const step of steps) without.push({ step, results: await completeAll(step) });
  console.log(ablationText(whole, without));
} else {
  const results = await completeAll(options.without);
  const naive = options.server === undefined ? [] : await naiveAnswers(cases, options.server);
  console.log(
    toText(
      results.map((each, i) => ({ ...each, naive: naive[i] })),
      options.verbose,
    ),
  );
}

function casesOf(kind: string): Case[] {
  const limit = Number(options.limit);
  // Those of a package one after the other, as it is indexed anew after another one.
  const sorted = (cut: readonly CutCase[], kind: CutKind | "edits") =>
    cut.map((each) => ({ ...each, kind })).sort((a, b) => a.package.localeCompare(b.package));
  if (kind === "edits") return sorted(cutChanges(limit), kind);
  const cutKind = cutKinds.find((known) => known === kind);
  if (cutKind) return sorted(cutCases(cutKind, limit), cutKind);
  if (kind !== "line") throw new Error(`There is no kind ${kind}: there are line, ${cutKinds.join(", ")}, edits.`);
  if (!fs.existsSync(options.cases)) {
    throw new Error(`There is no ${options.cases}: training/README.md says how it is made.`);
  }
  const lines = fs.readFileSync(options.cases, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Case);
}

/** By a server of its own. */
async function completeAll(without: string): Promise<Result[]> {
  const folders = cases.filter((each) => !isOnDisk(each)).map(folderOf);
  const product = await startProduct({
    ...{ model: options.model, folders, without },
    promptRate: options["prompt-rate"],
  });
  try {
    const { name, device, promptRate } = product.model;
    const megabytes = (fs.statSync(options.model).size / 1e6).toFixed(1);
    const left = without === "" ? "" : ` without ${without}`;
    console.log(
      `${name}${left}, ${megabytes} MB, on ${device}: ${Math.round(promptRate)} tokens of a prompt in a second`,
    );
    const results: Result[] = [];
    for (const i of cases.keys()) results.push(await complete(product, i));
    return results;
  } finally {
    await product.client.stop();
  }
}

/** The workspace folder of a case's file: its package, apart from those of other cases where it is on no disk. */
function folderOf(each: Case, i: number): string {
  if (isOnDisk(each)) return repositories.folderOf(each.package);
  return `file:///held-out/${i}/${encodeURIComponent(each.package)}`;
}

function isOnDisk({ kind }: Case): boolean {
  return kind === "files" || kind === "edits";
}

function uriIn(folder: string, file: string): string {
  return `${folder}/${file.split("/").map(encodeURIComponent).join("/")}`;
}

/** Opens the document of a case after the others, and asks as the editor does when the user types. */
async function complete({ client, settings, cpuSeconds }: Product, i: number): Promise<Result> {
  const each = cases[i];
  if (!each) throw new RangeError(`There is no case ${i}.`);
  const folder = folderOf(each, i);
  const previous = cases[i - 1];
  // What the server remembers of the cases before is no part of this one.
  const earlier = cases.slice(0, i).map((_, other) => `/held-out/${other}/`);
  const shared = { ...settings, readWorkspace: isOnDisk(each), excludedFiles: [...settings.excludedFiles, ...earlier] };
  await client.connection.sendNotification(settingsChanged, shared);
  if (isOnDisk(each)) await enterRepository(client, folder, previous && folderOf(previous, i - 1));
  const uri = uriIn(folder, each.path);
  const text = each.prefix + each.suffix;
  const { line, character } = TextDocument.create(uri, each.language, 1, text).positionAt(each.prefix.length);
  const others = each.others ?? [];
  await openAll(client, each, folder);
  const cpuBefore = cpuSeconds();
  const start = performance.now();
  const [item] = await client.complete(uri, line, character);
  const milliseconds = performance.now() - start;
  const cpu = cpuSeconds() - cpuBefore;
  const context = isOnDisk(each)
    ? contextOf(each, await client.connection.sendRequest(completionContextRequest))
    : undefined;
  const bySetting: Partial<Record<Suggestions, string | undefined>> = {};
  for (const suggestions of options.ablate || options.without !== "" ? [] : gateSettings) {
    // What the model wrote is remembered, also where it was not worth showing.
    const inlineCompletion = { ...settings.inlineCompletion, suggestions };
    await client.connection.sendNotification(settingsChanged, { ...shared, inlineCompletion });
    bySetting[suggestions] = (await client.complete(uri, line, character))[0]?.insertText;
  }
  await forget(client, [uri, ...others.map((other) => uriIn(folder, other.path))]);
  return { ...each, shown: item?.insertText, bySetting, milliseconds, cpuSeconds: cpu, ...(context && { context }) };
}

/** The others, the case's own document, and what was changed in both. */
async function openAll(client: Product["client"], each: Case, folder: string): Promise<void> {
  const { others = [], edits, language } = each;
  const uri = uriIn(folder, each.path);
  const text = each.prefix + each.suffix;
  for (const other of others) await client.open(uriIn(folder, other.path), other.text, language);
  await client.open(uri, each.opened ?? text, language);
  if (!edits) return;
  // Versions begin at 1.
  for (const [i, edit] of edits.entries()) await client.change(uriIn(folder, edit.path), i + 2, changeOf(edit));
  await client.change(uri, edits.length + 2, { text });
}

function changeOf({ line, removed, lines }: LineEdit): TextDocumentContentChangeEvent {
  const range = { start: { line, character: 0 }, end: { line: line + removed, character: 0 } };
  return { range, text: lines.map((each) => `${each}\n`).join("") };
}
