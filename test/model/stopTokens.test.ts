// A special token of the prompt's format ends a text, as whatever type the model's file declares it.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import type { GenerateRequest } from "../../server/engine/engine.ts";
import { writeGguf } from "../fixtures/ggufWriter.ts";
import { buildModel, models } from "../fixtures/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

const engine = new ModelUnderTest({
  onDied: (reason) => assert.fail(`the model process died: ${reason}`),
});
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-stop-tokens-"));
after(async () => {
  await engine.dispose();
  fs.rmSync(folder, { recursive: true });
});

/** A model that writes `<|user|>` where it would write a line break. */
function writeTalkative(file: string, markerType: "control" | "userDefined"): void {
  const { metadata, tensors } = buildModel({ ...models.falcon3, markerType });
  const tokens = metadata["tokenizer.ggml.tokens"]?.value as readonly string[];
  const output = tensors.find(({ name }) => name === "output.weight");
  assert.ok(output && "values" in output);
  const width = output.dims[0] ?? 0;
  const row = (token: string) => tokens.indexOf(token) * width;
  for (let i = 0; i < width; i++) {
    output.values[row("<|user|>") + i] = 1.5 * (output.values[row("Ċ") + i] ?? 0);
  }
  writeGguf(file, metadata, tensors);
}

for (const markerType of ["control", "userDefined"] as const) {
  test(`a ${markerType} token ends the text and is no part of it`, async () => {
    const file = path.join(folder, `${markerType}.gguf`);
    writeTalkative(file, markerType);
    const plan = { path: file, contextSize: 2048, gpu: "off", threads: 1 } as const;
    const { markers } = await engine.load({ plan, markers: ["<|user|>", "<|im_end|>"] });
    assert.deepEqual(markers, ["<|user|>"]);
    const generate = (stop: GenerateRequest["stop"]) =>
      engine.generate(
        { priority: "chat", prompt: ["The boat"], maxTokens: 300, temperature: 0, stop },
        () => undefined,
        new AbortController().signal,
      );
    const endless = await generate([{ special: "<|im_end|>" }]);
    assert.equal(endless.stopReason, "limit");
    const ended = await generate([{ special: "<|im_end|>" }, { special: "<|user|>" }]);
    assert.equal(ended.stopReason, "end");
    assert.ok(ended.text !== "" && !ended.text.includes("<|"), ended.text);
    assert.ok(endless.text.startsWith(ended.text) && endless.text.length > ended.text.length);
  });
}
