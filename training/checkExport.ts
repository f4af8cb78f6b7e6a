// Holds the exported model files against Transformers, through the product's own reader and engine:
// node training/checkExport.ts FOLDER. Needs the built server (npm run build).

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { ModelProcess } from "../server/engine/process/modelProcess.ts";
import { planFile } from "../server/models/plan/plannedFile.ts";
import { inspectModel } from "../server/models/files/inspectModel.ts";
import { tokenizeDirectly } from "../test/support/askDirectly.ts";

/** A text, its tokens, and of some texts the log-likelihood of each token but the first in nats: export.py wrote them. */
interface ReferenceText {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly logLikelihoods?: readonly number[];
}

const [folder = "."] = process.argv.slice(2);
const reference = JSON.parse(fs.readFileSync(path.join(folder, "reference.json"), "utf8")) as ReferenceText[];
const scored = reference.flatMap(({ text, logLikelihoods = [] }) =>
  logLikelihoods.length > 0 ? [{ text, logLikelihoods }] : [],
);
const files = fs.readdirSync(folder).filter((file) => file.endsWith(".gguf"));

const host = new ModelProcess({
  modulePath: fileURLToPath(new URL("../dist/engine.cjs", import.meta.url)),
  log: () => undefined,
  onDied: (reason) => assert.fail(`the model process died: ${reason}`),
});

/** Log-likelihoods of the texts, of each token but the first. */
type Scores = readonly (readonly number[])[];

async function score(file: string): Promise<Scores> {
  const plan = { path: file, contextSize: 1024, gpu: "off", threads: 1 } as const;
  const model = await host.load({ plan, planned: planFile(file).planned, markers: [] }, () => undefined);
  const texts = scored.map(({ text }) => text);
  const request = { priority: "background", prompt: [], continuations: texts } as const;
  const scores = await model.score?.(request, new AbortController().signal);
  return (scores ?? []).map(({ logProbabilities }) => logProbabilities);
}

/**
 * How much of what Q8_0 changes the 32-bit file may be away from Transformers. The engine keeps keys and values in 16 bits:
 * of 26 million parameters that made 1.0e-3 nat per token, with llama.cpp's library for any x86-64 as with those for AVX2 and
 * AVX-512, and 0.3e-3 were left with keys and values in 32 bits. How much it is depends on the weights, as does what Q8_0
 * changes, which was 38e-3. What was exported wrongly moves both files alike, by more than Q8_0 does.
 */
const bound = 0.1;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const differences = (scores: Scores, others: Scores) =>
  scores.flatMap((text, i) => text.map((value, j) => Math.abs(value - (others[i]?.[j] ?? NaN))));

const expected: Scores = scored.map(({ logLikelihoods }) => logLikelihoods);
const bytes = scored.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
const scoresOf = new Map<string, Scores>();
for (const name of files) {
  const file = path.resolve(folder, name);
  if (name.includes("F32")) {
    const tokens = await tokenizeDirectly(
      file,
      reference.map(({ text }) => text),
    );
    const different = reference.filter((each, i) => JSON.stringify(each.tokens) !== JSON.stringify(tokens[i]));
    assert.equal(different.length, 0, "texts are tokenized otherwise than in training");
    console.log(`${reference.length} texts tokenized as in training`);
  }
  const scores = await score(file);
  scoresOf.set(/-(\w+)\.gguf$/.exec(name)?.[1] ?? name, scores);
  const bits = -scores.flat().reduce((sum, value) => sum + value, 0) / Math.LN2;
  const distances = differences(expected, scores);
  console.log(
    `${name}: ${fs.statSync(file).size} bytes, context ${inspectModel(file).contextLength}, ${(bits / bytes).toFixed(4)} bits per ` +
      `byte, differs by ${mean(distances).toExponential(2)} nat per token, ${Math.max(...distances).toExponential(2)} at most`,
  );
}
await host.dispose();

const [exact, quantized] = ["F32", "Q8_0"].map((form) => scoresOf.get(form));
assert.ok(exact && quantized, `${folder} needs the files in F32 and Q8_0 that export.py writes`);
const distance = mean(differences(expected, exact));
const step = mean(differences(exact, quantized));
assert.ok(
  distance <= bound * step,
  `F32 is ${distance} nat per token from Transformers, and Q8_0 only ${step} from F32`,
);
