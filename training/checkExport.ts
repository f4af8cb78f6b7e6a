// Holds the exported model files against Transformers, through the product's own reader and engine:
// node training/checkExport.ts FOLDER. Needs the built server (npm run build).

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { ModelProcess } from "../server/engine/process/modelProcess.ts";
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
async function score(file: string): Promise<readonly (readonly number[])[]> {
  const plan = { path: file, contextSize: 1024, gpu: "off", threads: 1 } as const;
  const model = await host.load({ plan, markers: [] }, () => undefined);
  const texts = scored.map(({ text }) => text);
  const request = { priority: "background", prompt: [], continuations: texts } as const;
  const scores = await model.score(request, new AbortController().signal);
  return (scores ?? []).map(({ logProbabilities }) => logProbabilities);
}

for (const name of files) {
  const file = path.resolve(folder, name);
  const { contextLength } = inspectModel(file);
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
  const differences = scored.flatMap((text, i) =>
    text.logLikelihoods.map((value, j) => (scores[i]?.[j] ?? NaN) - value),
  );
  const bytes = scored.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const bits = -scores.flat().reduce((sum, value) => sum + value, 0) / Math.LN2;
  const distances = differences.map(Math.abs);
  const mean = distances.reduce((sum, value) => sum + value, 0) / distances.length;
  if (name.includes("F32")) assert.ok(mean <= 1e-3, `${mean} nat per token from Transformers`);
  console.log(
    `${name}: ${fs.statSync(file).size} bytes, context ${contextLength}, ${(bits / bytes).toFixed(4)} bits per byte, ` +
      `differs by ${mean.toExponential(2)} nat per token, ${Math.max(...distances).toExponential(2)} at most`,
  );
}
await host.dispose();
