// `npm run bench:fairness [-- --model NAME] [--threads N] [--rounds 5]`: four clients of the model service, as four windows are.
// What one of them waits for alone, beside another one that has more answers on their way than are written at once, and, in its
// place, as one more of the other's own; and how the tokens are shared where one of the four asks for four times as much.

import { cpus } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { useOwnServices } from "../scripts/ownServices.ts";
import { buildExtension } from "../scripts/vsix.ts";
import type { Model, ModelHost, Priority } from "../server/engine/engine.ts";
import { hostCreator } from "../server/installation.ts";
import { planFile } from "../server/models/plan/plannedFile.ts";
import { untilQuiet } from "./machine.ts";
import { benchmarkModel, modelNames, words } from "./model.ts";
import { number, ratio, spread, table } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "26M" },
    threads: { type: "string", default: String(cpus().length) },
    rounds: { type: "string", default: "5" },
  },
});
/** More than the sixteen that the engine writes at once. */
const manyAnswers = 24;
const fewAnswers = 6;
/** Tokens of an answer; each has another length, so that they do not end together. */
const [shortest, longest] = [100, 300];
/** Milliseconds in which the tokens of each client are counted. */
const shareTime = 10_000;
/** Answers of whose beginnings the median is taken, and ghost texts. */
const times = 5;

/** One client's connection to the service. */
interface Client {
  readonly host: ModelHost;
  readonly model: Model;
}

useOwnServices();
await buildExtension();
const name = modelNames.find((each) => each === options.model);
if (name === undefined) throw new Error(`There are models of ${modelNames.join(", ")}, and no other.`);
const { file } = await benchmarkModel(name);
const createHost = hostCreator(path.join(import.meta.dirname, "../dist"));
const clients = await Promise.all([1, 2, 3, 4].map(connect));
const figures: Record<string, number[]> = {};
try {
  for (let round = 0; round < Number(options.rounds); round++) {
    console.error(`round ${round + 1} …`);
    await untilQuiet();
    for (const [name, value] of Object.entries(await measureRound(clients))) (figures[name] ??= []).push(value);
  }
} finally {
  for (const { host } of clients) await host.dispose();
}
print();

async function connect(): Promise<Client> {
  const fail = (reason: string) => console.error(`The model process ended: ${reason}`);
  const log = (line: string) => {
    if (line.startsWith("the model is not shared")) throw new Error(line);
  };
  const ignore = () => undefined;
  const host = createHost(log, fail, ignore, ignore);
  const plan = { path: file, contextSize: 2048, gpu: "off", threads: Number(options.threads), shared: true } as const;
  return { host, model: await host.load({ plan, planned: planFile(file).planned, markers: [] }, ignore) };
}

async function measureRound([one, other, ...rest]: readonly Client[]): Promise<Record<string, number>> {
  if (!one || !other) throw new Error("There are four clients.");
  const alone = await measureWaits(one, "alone");
  const greedy = [{ ...other, count: manyAnswers }];
  const beside = await besideAnswers(greedy, () => measureWaits(one, "beside another's"));
  const own = await besideAnswers(greedy, () => measureWaits(other, "as another's own"));
  const all = [...greedy, ...[one, ...rest].map((each) => ({ ...each, count: fewAnswers }))];
  const shares = await besideAnswers(all, async (tokens) => {
    const before = [...tokens];
    await sleep(shareTime);
    const written = tokens.map((count, index) => count - (before[index] ?? 0));
    const quarter = written.reduce((sum, each) => sum + each, 0) / all.length;
    return written.map((count) => count / quarter);
  });
  return {
    ...alone,
    ...beside,
    ...own,
    "the largest asker's part of a quarter": shares[0] ?? NaN,
    "the least part of a quarter of the others": Math.min(...shares.slice(1)),
  };
}

/** Milliseconds of what a window waits for: ghost text, and an answer's beginning and end. */
async function measureWaits({ model }: Client, where: string): Promise<Record<string, number>> {
  const [ghostTexts, answers] = [[] as Timed[], [] as Timed[]];
  for (let i = 0; i < times; i++) ghostTexts.push(await ask(model, "completion", 24));
  for (let i = 0; i < times; i++) answers.push(await ask(model, "chat", 32));
  return {
    [`ghost text ${where}`]: median(ghostTexts.map(({ end }) => end)),
    [`first token of an answer ${where}`]: median(answers.map(({ first }) => first)),
    [`answer of 32 tokens ${where}`]: median(answers.map(({ end }) => end)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Does something while clients have so many answers on their way, and each has had one; it gets how many pieces of text each has had. */
async function besideAnswers<T>(
  demands: readonly (Client & { readonly count: number })[],
  work: (pieces: readonly number[]) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const pieces = demands.map(() => 0);
  const answered = demands.map(() => Promise.withResolvers<void>());
  const most = Math.max(...demands.map(({ count }) => count));
  // The first of each, then the second: who asks first is not who asks for most.
  const running = Array.from({ length: most }, (_, turn) =>
    demands.map(async ({ model, count }, index) => {
      while (turn < count && !stop.signal.aborted) {
        const tokens = shortest + Math.floor(Math.random() * (longest - shortest));
        await ask(model, "chat", tokens, stop.signal, () => (pieces[index] = (pieces[index] ?? 0) + 1));
        answered[index]?.resolve();
      }
    }),
  ).flat();
  try {
    await Promise.race([Promise.all(answered.map(({ promise }) => promise)), Promise.all(running)]);
    return await work(pieces);
  } finally {
    stop.abort();
    await Promise.allSettled(running);
  }
}

interface Timed {
  /** Milliseconds. */
  readonly first: number;
  readonly end: number;
}

/** @throws Error where an answer is shorter than it was to be, unless it was aborted */
async function ask(
  model: Model,
  priority: Priority,
  maxTokens: number,
  signal = new AbortController().signal,
  onPiece: () => void = () => undefined,
): Promise<Timed> {
  const begin = performance.now();
  let first: number | undefined;
  const onText = () => {
    first ??= performance.now() - begin;
    onPiece();
  };
  const request = { priority, prompt: [newPrompt()], maxTokens, temperature: 0, stop: [] };
  const { usage } = await model.generate(request, onText, signal);
  if (usage.generated < maxTokens && !signal.aborted)
    throw new Error(`${usage.generated} of ${maxTokens} tokens came.`);
  const end = performance.now() - begin;
  return { first: first ?? end, end };
}

/** Random words, so that no prompt begins like another. */
function newPrompt(): string {
  return Array.from({ length: 96 }, () => words[Math.floor(Math.random() * words.length)] ?? "").join(" ");
}

function print(): void {
  const names = ["ghost text", "first token of an answer", "answer of 32 tokens"];
  const rows = names.map((name) => {
    const [alone, beside, own] = ["alone", "beside another's", "as another's own"].map(
      (where) => figures[`${name} ${where}`],
    );
    const ratios = [ratio(beside, alone), ratio(beside, own)].map(number);
    return [`${name} (ms)`, ...[alone, beside, own].map(spread), ...ratios];
  });
  const header = [
    "median (lowest … highest)",
    "alone",
    `beside another's ${manyAnswers}`,
    "as another's own",
    "÷ alone",
    "÷ own",
  ];
  console.log(
    [`${cpus()[0]?.model ?? "?"}, ${options.threads} threads`, "", ...table([header, ...rows]), ""].join("\n"),
  );
  for (const [name, values] of Object.entries(figures)) {
    if (name.includes("quarter")) console.log(`${name} of the tokens: ${spread(values)}`);
  }
}
