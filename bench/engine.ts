// `npm run bench:engine [-- MEASUREMENT…] [--json] [--llama-bench PATH] [--llama-server PATH] [--threads N] [--rounds N]`
// How fast the engine is, and what it takes, with a model of Falcon3-1B's size; beside llama.cpp's own programs.

import fs from "node:fs";
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { buildExtension } from "../scripts/vsix.ts";
import { generatedTokens, measurements, type NewPrompt, promptTokens, type Values } from "./figures.ts";
import { llamaBench } from "./llamaBench.ts";
import { untilQuiet, processorSeconds, residentBytes } from "./machine.ts";
import { benchmarkModel, kvBytesPerToken, words } from "./model.ts";
import { type Figure, type Source, toText } from "./report.ts";
import { startEngine, startLlamaServer, type Subject } from "./subject.ts";

const names = Object.keys(measurements) as (keyof typeof measurements)[];
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    "llama-bench": { type: "string" },
    "llama-server": { type: "string" },
    threads: { type: "string", default: String(cpus().length) },
    rounds: { type: "string", default: "5" },
  },
});
const unknown = positionals.filter((name) => !(names as string[]).includes(name));
if (unknown.length > 0) throw new Error(`Nothing is called ${unknown.join(", ")}. There are: ${names.join(", ")}.`);
const chosen = positionals.length > 0 ? names.filter((name) => positionals.includes(name)) : names;
const threads = Number(options.threads);
/** For the longest prompt and its answer. */
const contextSize = 4608;

await buildExtension();
const model = await benchmarkModel();
const figures: Record<string, Partial<Record<Source, number[]>>> = {};
const busy: number[] = [];
/** Each with prompts of its own, which are the same for all. */
const subjects = new Map<Source, { readonly subject: Subject; readonly newPrompt: NewPrompt }>();
try {
  addSubject("engine", await startEngine({ model, threads, contextSize }));
  const server = options["llama-server"];
  if (server !== undefined) addSubject("llama-server", await startLlamaServer(server, { model, threads, contextSize }));
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const name of chosen) await measure(name, round);
  }
  for (const [source, { subject }] of subjects) record(source, await measureResources(subject));
} finally {
  for (const { subject } of subjects.values()) await subject.dispose();
}
const machine = `${cpus()[0]?.model ?? "?"}, ${cpus().length} processors`;
const report = { machine, threads, othersBusy: busy, figures: figures as Record<string, Figure> };
console.log(options.json ? JSON.stringify(report, undefined, 2) : toText(report));

function addSubject(source: Source, subject: Subject): void {
  subjects.set(source, { subject, newPrompt: makePrompts() });
}

/** One after the other, and in the other order in the next round, so that what drifts drifts for all. */
async function measure(name: keyof typeof measurements, round: number): Promise<void> {
  const turns: [Source, () => Promise<Values>][] = [...subjects].map(([source, { subject, newPrompt }]) => [
    source,
    () => measurements[name](subject, newPrompt),
  ]);
  const program = options["llama-bench"];
  if (program !== undefined && (name === "prefill" || name === "generation")) {
    const tokens = name === "prefill" ? promptTokens : generatedTokens;
    turns.push(["llama-bench", async () => ({ [name]: await llamaBench({ program, model, threads }, name, tokens) })]);
  }
  for (const [source, measureOne] of round % 2 === 0 ? turns : turns.reverse()) {
    console.error(`Round ${round + 1}: ${name} of ${source} …`);
    busy.push(await untilQuiet());
    record(source, await measureOne());
  }
}

function record(source: Source, values: Values): void {
  for (const [name, value] of Object.entries(values)) ((figures[name] ??= {})[source] ??= []).push(value);
}

/** Makes prompts of random words, none like one before. */
function makePrompts(): NewPrompt {
  let state = 0;
  const nextWord = () => {
    // Numerical Recipes' linear congruential generator; its upper bits are the random ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return words[Math.floor((state / 2 ** 32) * words.length)] ?? "";
  };
  return (tokens) => Array.from({ length: tokens }, nextWord).join(" ");
}

/** What a subject holds after its work, and what it does when it has none. Nothing elsewhere than on Linux. */
async function measureResources({ pid, sequences }: Subject): Promise<Values> {
  const resident = residentBytes(pid);
  const before = processorSeconds(pid);
  if (resident === undefined || before === undefined) return {};
  const seconds = 10;
  await sleep(seconds * 1000);
  const idle = ((processorSeconds(pid) ?? before) - before) / seconds;
  const needed = fs.statSync(model).size + sequences * contextSize * kvBytesPerToken;
  return { "memory above weights and KV": (resident - needed) / 1e6, idle: idle * 100 };
}
