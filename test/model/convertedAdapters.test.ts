// Adapters that TRL's SFTTrainer made, converted and loaded, beside what PEFT says with them: training/adapter_reference.py
// wrote it.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { convertAdapter, convertFolder } from "../../server/models/convert/convertFolder.ts";
import { type OriginalName, writeOriginal } from "../fixtures/originals/originals.ts";
import { differenceOf } from "../support/closeness.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

interface Reference {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly logLikelihoods: readonly number[];
  readonly without: readonly number[];
}

/** Nats per token, in the mean. */
const tolerance = 1e-3;

const fixtures = fileURLToPath(new URL("../fixtures/adapters/", import.meta.url));
const workerPath = fileURLToPath(new URL("../../dist/convert.cjs", import.meta.url));
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-adapters-"));
const engine = new ModelUnderTest({ onDied: (reason) => assert.fail(`the model process died: ${reason}`) });
after(async () => {
  await engine.dispose();
  fs.rmSync(temporary, { recursive: true });
});

async function score(modelFile: string, text: string, adapter: string, scale: number) {
  const adapters = [{ path: adapter, scale }];
  await engine.load({ plan: { path: modelFile, contextSize: 512, gpu: "off", threads: 1, adapters } });
  const request = { priority: "background", prompt: [], continuations: [text] } as const;
  const [scored] = (await engine.score(request, new AbortController().signal)) ?? [];
  return scored?.logProbabilities ?? [];
}

for (const name of fs.readdirSync(fixtures) as OriginalName[]) {
  test(`${name}: each token has the likelihood that PEFT gives it`, async () => {
    const base = writeOriginal(temporary, name);
    const modelFile = path.join(temporary, `${name}.gguf`);
    const adapter = path.join(temporary, `${name}-adapter.gguf`);
    await convertFolder(base, modelFile, "F32", { workerPath });
    await convertAdapter({ folder: path.join(fixtures, name), base, modelFile }, adapter, { workerPath });
    const reference = JSON.parse(fs.readFileSync(path.join(fixtures, name, "reference.json"), "utf8")) as Reference;
    for (const [scale, expected] of [
      [1, reference.logLikelihoods],
      [0, reference.without],
    ] as const) {
      const actual = await score(modelFile, reference.text, adapter, scale);
      const { mean } = differenceOf(actual, expected.slice(-actual.length));
      assert.ok(mean <= tolerance, `${mean} nat in the mean at the scale ${scale}`);
    }
    const change = differenceOf(reference.logLikelihoods, reference.without);
    assert.ok(change.mean > 50 * tolerance, "the adapter changes too little to show");
  });
}
