// Files that are damaged so that the reader finds nothing wrong: the engine loads them, or says once why not.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { EngineError } from "../../server/engine/engine.ts";
import { UserError } from "../../server/userError.ts";
import { inspectModel } from "../../server/models/files/inspectModel.ts";
import { writeGguf } from "../fixtures/ggufWriter.ts";
import { buildModel, models } from "../fixtures/models.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";
import { findPlaces, mutate, mutateValues, seededRandom } from "../support/mutations.ts";
import { isRunning } from "../support/processes.ts";
import { rounds } from "../support/soak.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-mutated-"));
const file = path.join(folder, "mutated.gguf");
after(() => fs.rmSync(folder, { recursive: true }));

const engine = new ModelUnderTest();
after(() => engine.dispose());

/** Writes mutants until one passes the reader. */
function writeMutant(write: () => void): void {
  for (;;) {
    write();
    try {
      inspectModel(file);
      return;
    } catch (error) {
      assert.ok(error instanceof UserError, String(error));
    }
  }
}

/** Loads the file and writes a few tokens with it. */
async function use(): Promise<void> {
  const plan = { path: file, contextSize: 512, gpu: "off", threads: 1 } as const;
  await engine.load({ plan, markers: ["<|im_start|>"] });
  const prompt = ["function add(a, b) {\n"];
  const request = { priority: "chat", prompt, maxTokens: 8, temperature: 0, stop: [] } as const;
  await engine.generate(request, () => undefined, new AbortController().signal);
}

/** Uses mutants, each in a process of its own, as in the server, and says how each went. */
async function outcomesOf(count: number, write: () => void): Promise<string[]> {
  const outcomes: string[] = [];
  for (let round = 0; round < count; round++) {
    writeMutant(write);
    try {
      await use();
      outcomes.push("used");
    } catch (error) {
      assert.ok(error instanceof EngineError, String(error));
      outcomes.push(error.failure);
    }
    const { pid } = engine;
    await engine.dispose();
    assert.ok(!isRunning(pid));
  }
  return outcomes;
}

for (const [i, name] of (["falcon7b", "falcon40b", "falcon3", "falconH1", "falconMamba"] as const).entries()) {
  test(`mutants of ${name} are loaded, or are one error`, async (context) => {
    const original = findPlaces(modelFile(name), fs.readFileSync(modelFile(name)));
    const random = seededRandom(i + 1);
    const outcomes = await outcomesOf(rounds(3, 40), () => fs.writeFileSync(file, mutate(original, random)));
    context.diagnostic(outcomes.join(" "));
    assert.ok(outcomes.includes("used") || outcomes.includes("loadFailed"), outcomes.join(" "));
  });

  test(`wrong values in ${name} are found, or the model process bears them`, async (context) => {
    const { metadata, tensors } = buildModel({ ...models[name], embedding: name === "falcon40b" ? 128 : 64 });
    const random = seededRandom(100 + i);
    const outcomes = await outcomesOf(rounds(3, 100), () => {
      writeGguf(file, mutateValues(metadata, models[name].layers, random), tensors);
    });
    context.diagnostic(outcomes.join(" "));
    assert.ok(!outcomes.includes("died"), outcomes.join(" "));
  });
}
