// What a key evaluates while a text is typed, in each order of a prompt's parts: the end of the prompt alone.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { completionPrompt } from "../../server/completion/infillPrompt.ts";
import { SteadyWindow } from "../../server/completion/steadyWindow.ts";
import { windowBudget } from "../../server/completion/window.ts";
import { requestAt } from "../support/cursor.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";
import { typeKeys } from "../support/typist.ts";

const berths = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `const berth${from + i} = boats[${((from + i) * 37) % 101}];\n`).join("");
const typed =
  'function moor(boat, berths) {\nfor (const berth of berths) {\nif (berth.free(boat.length, [1, "m"])) {\nreturn berth;\n';

const engine = new ModelUnderTest({ onDied: (reason) => assert.fail(reason) });
after(() => engine.dispose());

/** Tokens of a prompt that each key evaluates, after the first one. */
async function evaluatedByKeys(file: string, order: { infill: boolean; demonstration: boolean }): Promise<number[]> {
  const plan = { path: file, contextSize: 2048, gpu: "off", threads: 1 } as const;
  const { contextSize } = await engine.load({ plan });
  const window = new SteadyWindow();
  const budget = windowBudget({ contextSize, infill: order.infill, promptRate: 100_000 }, 96);
  const evaluated: number[] = [];
  for (const { prefix, suffix } of typeKeys(berths(0, 60), typed, `\n${berths(60, 60)}`)) {
    const text = await window.cut(requestAt(`${prefix}║${suffix}`), budget, (each) => engine.countTokens([each]));
    const request = { priority: "completion", maxTokens: 1, temperature: 0, stop: [] } as const;
    const prompt = completionPrompt(text, "", order);
    const { usage } = await engine.generate({ ...request, prompt }, () => undefined, new AbortController().signal);
    evaluated.push(usage.prompt - usage.reused);
  }
  return evaluated.slice(1);
}

const orders = [
  { name: "suffix-prefix-middle", file: "falcon7b", infill: true, demonstration: true, most: 3 },
  { name: "prefix-suffix-middle", file: "falcon7b", infill: true, demonstration: false, most: 3 },
  { name: "continuation", file: "falcon40b", infill: false, demonstration: false, most: 3 },
  // From the last checkpoint on: all of the line.
  { name: "prefix-suffix-middle with checkpoints", file: "falconH1", infill: true, demonstration: false, most: 30 },
] as const;
for (const { name, file, most, ...order } of orders) {
  test(`in the order ${name} a key evaluates the end of the prompt`, async () => {
    const evaluated = await evaluatedByKeys(modelFile(file), order);
    const mean = evaluated.reduce((sum, each) => sum + each, 0) / evaluated.length;
    assert.ok(mean <= most, `${mean} tokens for each key: ${evaluated.join(" ")}`);
  });
}
