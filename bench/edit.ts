// `npm run bench:edit -- --model FILE`: 100 mechanical edits, each right or wrong to the byte, and their time with prompt
// lookup and without it. A demonstration model follows no instruction: of it the time alone is measured that it takes to
// write a function once more.

import path from "node:path";
import { parseArgs } from "node:util";

import { chatMarkers } from "../server/chat/formats.ts";
import { editText } from "../server/edit/editText.ts";
import type { GenerateRequest, Generation, Model, Usage } from "../server/engine/engine.ts";
import { ModelProcess } from "../server/engine/process/modelProcess.ts";
import { planFile } from "../server/models/plan/plannedFile.ts";
import { type EditCase, editCases, editKinds } from "./editCases.ts";

const root = path.dirname(import.meta.dirname);
const { values } = parseArgs({
  options: {
    model: { type: "string", default: path.join(root, "media/models/falcon-tiny-demo.gguf") },
    cases: { type: "string", default: "100" },
    context: { type: "string", default: "4096" },
    gpu: { type: "boolean", default: false },
  },
});

/** What a run of one case came to. */
interface Run {
  readonly isExact: boolean;
  readonly request: GenerateRequest;
  readonly generation: Generation;
}

const engine = new ModelProcess({
  modulePath: path.join(root, "dist/engine.cjs"),
  log: () => undefined,
  onDied: (reason) => console.error(`The model process ended: ${reason}`),
});
try {
  const file = path.resolve(values.model);
  const plan = {
    path: file,
    contextSize: Number(values.context),
    gpu: values.gpu ? "auto" : "off",
    threads: 0,
  } as const;
  const { planned } = planFile(file);
  const model = await engine.load({ plan, planned, markers: chatMarkers }, () => undefined);
  console.log(`${model.info.name}, on ${model.info.device}`);
  const cases = editCases(Math.ceil(Number(values.cases) / editKinds.length));
  await (model.info.demonstration ? repeat(model, cases) : edit(model, cases));
} finally {
  await engine.dispose();
}

async function edit(model: Model, cases: readonly EditCase[]): Promise<void> {
  const runs: { kind: string; plain: Run; lookup: Run }[] = [];
  for (const [i, each] of cases.entries()) {
    // Each is the first one as often: the second finds the prompt evaluated.
    const order = i % 2 === 0 ? [true, false] : [false, true];
    const found = new Map<boolean, Run>();
    for (const lookup of order) found.set(lookup, await editOnce(model, each, lookup));
    const [plain, lookup] = [found.get(false), found.get(true)];
    if (plain && lookup) runs.push({ kind: each.kind, plain, lookup });
  }
  console.log("edit        cases  exact");
  for (const kind of editKinds) {
    const some = runs.filter((run) => run.kind === kind);
    console.log(`${kind.padEnd(12)}${pad(some.length)}  ${pad(some.filter(({ lookup }) => lookup.isExact).length)}`);
  }
  await report(
    model,
    runs.map(({ plain }) => plain),
    runs.map(({ lookup }) => lookup),
  );
}

async function editOnce(model: Model, { file, instruction, text, expected }: EditCase, lookup: boolean): Promise<Run> {
  let made: Omit<Run, "isExact"> | undefined;
  const measured: Model = {
    info: model.info,
    countTokens: (...asked) => model.countTokens(...asked),
    generate: async (asked, onText, signal) => {
      const request = { ...asked, repeatsPrompt: lookup };
      const generation = await model.generate(request, onText, signal);
      made = { request, generation };
      return generation;
    },
  };
  const request = { command: "edit", instruction, uri: `file:///${file}`, languageId: "typescript" } as const;
  const options = { model: measured, isPrivate: true };
  const signal = new AbortController().signal;
  const result = await editText({ ...request, text, before: "", after: "" }, options, () => undefined, signal);
  if (!made) throw new Error("The model was not asked.");
  return { isExact: result.text === expected && result.stopReason === "end", ...made };
}

/** A function after itself, twice: any model goes on with what it has read. */
async function repeat(model: Model, cases: readonly EditCase[]): Promise<void> {
  console.log("A demonstration model follows no instruction: no edits are asked of it. It writes functions once more.");
  const runs: Written[][] = [[], []];
  for (const { text } of cases) {
    const prompt = [`${text}\n\n${text}\n\n${text.split("\n", 1)[0] ?? ""}\n`];
    const maxTokens = await model.countTokens([text]);
    const request: GenerateRequest = { priority: "chat", prompt, maxTokens, temperature: 0, stop: [], private: true };
    const signal = new AbortController().signal;
    // Evaluates the prompt, for both.
    await model.generate({ ...request, maxTokens: 1 }, () => undefined, signal);
    for (const [i, repeatsPrompt] of [false, true].entries()) {
      const asked = { ...request, repeatsPrompt };
      runs[i]?.push({ request: asked, generation: await model.generate(asked, () => undefined, signal) });
    }
  }
  await report(model, runs[0] ?? [], runs[1] ?? []);
}

type Written = Pick<Run, "request" | "generation">;

async function report(model: Model, withoutLookup: readonly Written[], withLookup: readonly Written[]): Promise<void> {
  const plain = withoutLookup.map(({ generation }) => generation);
  const lookup = withLookup.map(({ generation }) => generation);
  const sum = (generations: readonly Generation[], of: (usage: Usage) => number) =>
    generations.reduce((all, { usage }) => all + of(usage), 0);
  /** Milliseconds after the first token. */
  const writing = (generations: readonly Generation[]) =>
    sum(generations, ({ duration, firstToken = 0 }) => duration - firstToken);
  const same = lookup.filter(({ text }, i) => text === plain[i]?.text).length;
  const generated = sum(lookup, (usage) => usage.generated);
  const accepted = sum(lookup, (usage) => usage.accepted);
  console.log(`\n${plain.length} texts            without lookup  with lookup`);
  console.log(
    `tokens written      ${pad(
      sum(plain, (usage) => usage.generated),
      14,
    )} ${pad(generated, 12)}`,
  );
  console.log(
    `  of them drafted   ${pad(0, 14)} ${pad(accepted, 12)}  (${((100 * accepted) / generated).toFixed(0)} %)`,
  );
  console.log(
    `seconds of writing  ${pad((writing(plain) / 1000).toFixed(2), 14)} ${pad((writing(lookup) / 1000).toFixed(2), 12)}`,
  );
  console.log(`of the same text    ${pad("", 14)} ${pad(same, 12)}`);
  console.log(`times as fast       ${pad("", 14)} ${pad((writing(plain) / writing(lookup)).toFixed(2), 12)}`);
  for (const [i, { request, generation }] of withLookup.entries()) {
    const other = withoutLookup[i];
    if (other && other.generation.text !== generation.text) console.log(await parting(model, other.request, request));
  }
}

/** Where two texts part, and how likely each one's token is there: steps of another size round otherwise, which decides where two are as likely. */
async function parting(model: Model, ...requests: readonly GenerateRequest[]): Promise<string> {
  const { signal } = new AbortController();
  const generations: Generation[] = [];
  for (const request of requests) {
    generations.push(await model.generate({ ...request, probabilities: true }, () => undefined, signal));
  }
  const [one = "", other = ""] = generations.map(({ text }) => text);
  let place = 0;
  while (place < one.length && one[place] === other[place]) place++;
  const [mine = [], theirs = []] = generations.map(({ tokens }) => tokens);
  // Other tokens may spell the same characters before that.
  const parted = mine.findIndex(({ end }, i) => end > place || end !== theirs[i]?.end);
  const likely = [mine, theirs].map((tokens) => tokens[parted]?.probability.toFixed(4) ?? "unknown");
  return `they part after ${place} characters, at tokens of probability ${likely.join(" and ")}`;
}

function pad(value: number | string, width = 5): string {
  return String(value).padStart(width);
}
