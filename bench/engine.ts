// `npm run bench:engine [-- MEASUREMENT…] [--models NAME,…] [--gpu] [--llama-bench PATH] [--llama-server PATH] [--threads N]
// [--rounds N] [--json]`: how fast the engine is, and what it takes, beside llama.cpp's own programs; with a model of
// Falcon3-1B's size unless others are named. On the CPU, or with all layers on a GPU.

import fs from "node:fs";
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { buildExtension } from "../scripts/vsix.ts";
import { generatedTokens, measurements, measureStart, type NewPrompt, promptTokens, type Values } from "./figures.ts";
import { llamaBench } from "./llamaBench.ts";
import { measureLargest, measureLoads } from "./loads.ts";
import { untilQuiet, processorSeconds, residentBytes } from "./machine.ts";
import { type BenchmarkModel, benchmarkModel, modelNames, words } from "./model.ts";
import { type Report, type Source, toText } from "./report.ts";
import { type Engine, startEngine, startLlamaServer, type Subject, type SubjectOptions } from "./subject.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    gpu: { type: "boolean", default: false },
    models: { type: "string", default: "1B" },
    json: { type: "boolean", default: false },
    "llama-bench": { type: "string" },
    "llama-server": { type: "string" },
    threads: { type: "string", default: String(cpus().length) },
    rounds: { type: "string", default: "5" },
  },
});
const { gpu } = options;
/** Each once, on a GPU alone. */
const ofGpu = { loads: measureLoads, largestContext: measureLargest };
type Name = keyof typeof measurements | keyof typeof ofGpu;
const names: readonly Name[] = [
  ...(gpu ? (Object.keys(ofGpu) as (keyof typeof ofGpu)[]) : []),
  ...(Object.keys(measurements) as (keyof typeof measurements)[]),
];
const unknown = positionals.filter((name) => !(names as readonly string[]).includes(name));
if (unknown.length > 0) throw new Error(`Nothing is called ${unknown.join(", ")}. There are: ${names.join(", ")}.`);
const chosen = positionals.length > 0 ? names.filter((name) => positionals.includes(name)) : names;
const wanted = options.models.split(",");
const models = modelNames.filter((name) => wanted.includes(name));
if (models.length < wanted.length) throw new Error(`There are models of ${modelNames.join(", ")}, and no other.`);
const threads = Number(options.threads);
/** For the longest prompt and its answer. */
const contextSize = 4608;

await buildExtension();
/** Each with prompts of its own, which are the same for all. */
type Subjects = Map<Source, { readonly subject: Subject; readonly newPrompt: NewPrompt }>;

for (const name of models) {
  const report = await measureModel(await benchmarkModel(name));
  console.log(options.json ? JSON.stringify(report, undefined, 2) : `${toText(report)}\n`);
}

async function measureModel(model: BenchmarkModel): Promise<Report> {
  const figures: Record<string, Partial<Record<Source, number[]>>> = {};
  const busy: number[] = [];
  const machine = new Set([cpus()[0]?.model.trim() ?? "?", `${cpus().length} processors`]);
  const subjects: Subjects = new Map();
  const record = (source: Source, values: Values) => {
    console.error(`${model.name}, ${source}:`, values);
    for (const [name, value] of Object.entries(values)) ((figures[name] ??= {})[source] ??= []).push(value);
  };
  const whenQuiet = async () => {
    // Other work hardly disturbs a GPU.
    if (!gpu) busy.push(await untilQuiet());
  };
  const add = async (source: Source, subject: Subject) => {
    const newPrompt = makePrompts();
    subjects.set(source, { subject, newPrompt });
    await whenQuiet();
    record(source, await measureStart(subject, newPrompt));
  };
  try {
    const start = { model: model.file, threads, contextSize, gpu };
    const repeated: (keyof typeof measurements)[] = [];
    for (const name of chosen) {
      if (name in measurements) repeated.push(name as keyof typeof measurements);
      else await ofGpu[name as keyof typeof ofGpu](start, makePrompts(), (values) => record("engine", values));
    }
    if (repeated.length > 0) {
      const engine = await startPrepared(start);
      machine.add(engine.device);
      await add("engine", engine);
      const server = options["llama-server"];
      if (server !== undefined) await add("llama-server", await startLlamaServer(server, start));
    }
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const name of repeated) {
        const turns = turnsOf(name, subjects, model);
        for (const [source, measureOne] of round % 2 === 0 ? turns : turns.toReversed()) {
          console.error(`${model.name}, round ${round + 1}: ${name} of ${source} …`);
          await whenQuiet();
          record(source, await measureOne());
        }
      }
    }
    // Neither is of the GPU.
    if (!gpu) for (const [source, { subject }] of subjects) record(source, await measureResources(subject, model));
  } finally {
    for (const { subject } of subjects.values()) await subject.dispose();
  }
  return { machine: [...machine].join(", "), model: model.name, threads, gpu, othersBusy: busy, figures };
}

/** @throws Error where a GPU does not run all layers */
async function startPrepared(start: SubjectOptions): Promise<Engine> {
  const engine = await startEngine(start);
  await engine.prepared;
  if (!gpu || engine.layersOnCpu === 0) return engine;
  await engine.dispose();
  throw new Error(`${engine.layersOnCpu} layers are not on a GPU.`);
}

/** One after the other, and in the other order in the next round, so that what drifts drifts for all. */
function turnsOf(name: keyof typeof measurements, subjects: Subjects, model: BenchmarkModel) {
  const turns: [Source, () => Promise<Values>][] = [...subjects].map(([source, { subject, newPrompt }]) => [
    source,
    () => measurements[name](subject, newPrompt),
  ]);
  const program = options["llama-bench"];
  if (program !== undefined && (name === "prefill" || name === "generation")) {
    const tokens = name === "prefill" ? promptTokens : generatedTokens;
    const parameters = { program, model: model.file, threads, gpu };
    turns.push(["llama-bench", async () => ({ [name]: await llamaBench(parameters, name, tokens) })]);
  }
  return turns;
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
async function measureResources(
  { pid, sequences }: Subject,
  { file, kvBytesPerToken }: BenchmarkModel,
): Promise<Values> {
  const resident = residentBytes(pid);
  const before = processorSeconds(pid);
  if (resident === undefined || before === undefined) return {};
  const seconds = 10;
  await sleep(seconds * 1000);
  const idle = ((processorSeconds(pid) ?? before) - before) / seconds;
  const needed = fs.statSync(file).size + sequences * contextSize * kvBytesPerToken;
  return { "memory above weights and KV": (resident - needed) / 1e6, idle: idle * 100 };
}
