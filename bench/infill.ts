// `npm run bench:infill -- --data FOLDER [--kind SingleLine|MultiLine|RandomSpan|RandomSpanLight] [--limit 50] [--without STEP,…]
//     [--model FILE]`
// HumanEval-Infilling through the language server: the share of functions that pass their tests once the ghost text is in the
// gap. FOLDER holds the files of `data/` of https://github.com/openai/human-eval-infilling (MIT).

import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

import { TextDocument } from "vscode-languageserver-textdocument";

import { buildExtension } from "../scripts/vsix.ts";
import { percentile } from "./completionReport.ts";
import { bundledModel, startProduct } from "./product.ts";
import { programOf } from "../server/evaluate/code/codeTest.ts";
import { Sandbox } from "../server/evaluate/code/sandbox.ts";
import { score } from "./scores.ts";

interface Task {
  readonly task_id: string;
  readonly entry_point: string;
  readonly prompt: string;
  readonly suffix: string;
  readonly canonical_solution: string;
  readonly test: string;
}

interface Infilled {
  readonly pass: boolean;
  readonly exact: number;
  readonly kept: number;
  readonly shown: boolean;
  readonly milliseconds: number;
  readonly cpu: number;
}

const kinds = ["SingleLine", "MultiLine", "RandomSpan", "RandomSpanLight"];

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    kind: { type: "string", default: "SingleLine" },
    limit: { type: "string", default: "50" },
    without: { type: "string", default: "" },
    model: { type: "string", default: bundledModel },
  },
});

const sandbox = await Sandbox.open();
const never = new AbortController().signal;
const tasks = some(readTasks(options.data, options.kind), Number(options.limit));
await buildExtension();
const { client, cpuSeconds } = await startProduct({
  ...{ model: options.model, without: options.without },
  folders: ["file:///human-eval"],
});
try {
  const results: Infilled[] = [];
  for (const task of tasks) results.push(await infill(task));
  const mean = (of: (result: Infilled) => number) =>
    results.reduce((sum, result) => sum + of(result), 0) / results.length;
  const milliseconds = results.map((result) => result.milliseconds);
  const figures = {
    tasks: results.length,
    pass: mean(({ pass }) => Number(pass)).toFixed(3),
    exact: mean(({ exact }) => exact).toFixed(3),
    kept: mean(({ kept }) => kept).toFixed(3),
    shown: mean(({ shown }) => Number(shown)).toFixed(3),
    "median ms": percentile(milliseconds, 0.5).toFixed(0),
    "p95 ms": percentile(milliseconds, 0.95).toFixed(0),
    "CPU s": mean((result) => result.cpu).toFixed(2),
  };
  console.log(
    `\n${options.kind}: ${Object.entries(figures)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}`,
  );
} finally {
  await client.stop();
}

function readTasks(folder: string | undefined, kind: string): Task[] {
  if (!kinds.includes(kind)) throw new Error(`There is no kind ${kind}: there are ${kinds.join(", ")}.`);
  const light = kind.endsWith("Light") ? "Light" : "";
  const file = path.join(folder ?? "", `HumanEval-${kind.replace("Light", "")}Infilling${light}.jsonl.gz`);
  if (folder === undefined || !fs.existsSync(file)) {
    throw new Error(`There is no ${file}: --data names the folder data of openai/human-eval-infilling.`);
  }
  const lines = gunzipSync(fs.readFileSync(file)).toString().trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Task);
}

/** As far apart as possible: neighbours are of the same function. */
function some<T>(values: readonly T[], count: number): T[] {
  return values.filter(
    (_, i) => Math.floor((i * count) / values.length) !== Math.floor(((i - 1) * count) / values.length),
  );
}

async function infill(task: Task): Promise<Infilled> {
  const uri = `file:///human-eval/${task.task_id.replaceAll("/", "-")}.py`;
  // Whole lines that are missing leave an empty one to write in.
  const gap = task.canonical_solution.endsWith("\n") ? "\n" : "";
  const document = TextDocument.create(uri, "python", 1, task.prompt + gap + task.suffix);
  const { line, character } = document.positionAt(task.prompt.length);
  await client.open(uri, document.getText(), "python");
  const cpuBefore = cpuSeconds();
  const start = performance.now();
  const [item] = await client.complete(uri, line, character);
  const milliseconds = performance.now() - start;
  const cpu = cpuSeconds() - cpuBefore;
  await client.connection.sendNotification("textDocument/didClose", { textDocument: { uri } });
  const range = item?.range ?? { start: { line, character }, end: { line, character } };
  const filled = TextDocument.applyEdits(document, item ? [{ range, newText: item.insertText }] : []);
  const pass =
    (await sandbox.run(programOf({ test: task.test, entryPoint: task.entry_point }, filled), never)) === "passed";
  const { exact, kept } = score(item?.insertText.trimEnd() ?? "", task.canonical_solution.trimEnd() || "\n");
  return { pass, exact, kept, shown: item !== undefined, milliseconds, cpu };
}
