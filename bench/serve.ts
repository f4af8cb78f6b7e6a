// `npm run bench:serve [-- --llama-server PATH] [--models NAME,…] [--clients 16] [--requests 4] [--rounds 5] [--threads N]
//     [--json]`: clients that ask `falcon serve` for completions at once, and llama-server in turn: the same requests, model
// file, threads and context; with the bundled model unless others are named.

import { cpus } from "node:os";
import { parseArgs } from "node:util";

import { buildExtension } from "../scripts/vsix.ts";
import { untilQuiet } from "./machine.ts";
import { benchmarkModel, modelNames } from "./model.ts";
import { bundledModel } from "./product.ts";
import { aimLines, type Figure, number, ratio, spread, table } from "./report.ts";
import { askAll } from "./serve/clients.ts";
import { type HttpSubject, startFalcon, startLlama } from "./serve/subjects.ts";

const { values: options } = parseArgs({
  options: {
    "llama-server": { type: "string" },
    models: { type: "string", default: "bundled" },
    clients: { type: "string", default: "16" },
    requests: { type: "string", default: "4" },
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: String(cpus().length) },
    json: { type: "boolean", default: false },
  },
});
const [clients, requests, threads] = [options.clients, options.requests, options.threads].map(Number) as [
  number,
  number,
  number,
];
/** What the bundled model was trained on. */
const contextSize = 2048;

/** Of llama-server's figures in the same round. */
const aims = (["whole", "streamed"] as const).flatMap((way) => [
  { figure: `${way}: tokens/s`, of: { source: "llama-server" as const }, atLeast: 1 },
  { figure: `${way}: latency p95 (ms)`, of: { source: "llama-server" as const }, atMost: 1 },
]);

await buildExtension();
for (const name of options.models.split(",")) {
  const figures = await measure(name, await modelFile(name));
  console.log(options.json ? JSON.stringify({ name, clients, threads, figures }, undefined, 2) : toText(name, figures));
}

async function modelFile(name: string): Promise<string> {
  if (name === "bundled") return bundledModel;
  const known = modelNames.find((each) => each === name);
  if (known === undefined) throw new Error(`There are models of bundled, ${modelNames.join(", ")}, and no other.`);
  return (await benchmarkModel(known)).file;
}

async function measure(name: string, model: string): Promise<Record<string, Figure>> {
  const figures: Record<string, Partial<Record<"engine" | "llama-server", number[]>>> = {};
  const subjects: HttpSubject[] = [];
  try {
    const start = { model, threads, contextSize, clients };
    subjects.push(await startFalcon(start));
    const program = options["llama-server"];
    if (program !== undefined) subjects.push(await startLlama(program, start));
    // What is done once, at the first requests.
    for (const subject of subjects) await askAll(subject, { clients, requests: 1, round: -1, isStream: false });
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const isStream of [false, true]) {
        for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
          console.error(`${name}, round ${round + 1}: ${isStream ? "streamed" : "whole"} of ${subject.source} …`);
          await untilQuiet();
          const values = await askAll(subject, { clients, requests, round, isStream });
          for (const [figure, value] of Object.entries(values))
            ((figures[figure] ??= {})[subject.source] ??= []).push(value);
        }
      }
    }
  } finally {
    for (const { dispose } of subjects) await dispose();
  }
  return figures;
}

function toText(name: string, figures: Record<string, Figure>): string {
  const rows = Object.entries(figures).map(([figure, { engine, "llama-server": server }]) => [
    figure,
    spread(engine),
    spread(server),
    number(ratio(engine, server)),
  ]);
  return [
    `${name}: ${cpus()[0]?.model ?? "?"}, ${threads} threads, ${clients} clients`,
    "",
    ...table([["median (lowest … highest)", "falcon serve", "llama-server", "÷ server"], ...rows]),
    "",
    ...aimLines(aims, figures),
    "",
  ].join("\n");
}
