import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { UserError } from "../../../../server/userError.ts";
import { readGguf } from "../../../../server/models/files/gguf.ts";
import { inspectModel } from "../../../../server/models/files/inspectModel.ts";
import { type GgufValue, writeGguf } from "../../../fixtures/ggufWriter.ts";
import { buildModel, models } from "../../../fixtures/models.ts";
import { badFiles, ModelFiles } from "../../../support/badModels.ts";
import { findPlaces, mutate, seededRandom } from "../../../support/mutations.ts";
import { modelFile } from "../../../support/models.ts";
import { rounds } from "../../../support/soak.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-inspect-"));
after(() => fs.rmSync(folder, { recursive: true }));

const files = new ModelFiles(folder);

test("says what a model file is", () => {
  for (const [name, architecture, infill] of [
    ["falcon7b", "falcon", true],
    ["falcon40b", "falcon", false],
    ["falconH1", "falcon-h1", true],
    ["falconMamba", "mamba", false],
  ] as const) {
    const file = modelFile(name);
    const { tensors } = buildModel(models[name]);
    assert.deepEqual(inspectModel(file), {
      name: models[name].name,
      architecture,
      parameters: tensors.reduce((sum, { values }) => sum + values.length, 0),
      quantization: "F32",
      infill,
      size: fs.statSync(file).size,
      contextLength: 2048,
    });
  }
});

test("reads keys of every type that the writer writes, and the lengths of arrays", () => {
  const file = path.join(folder, "types.gguf");
  const values: Record<string, GgufValue> = {
    numbers: { type: "i32[]", value: [1, -2, 3] },
    words: { type: "string[]", value: ["a", "🦅"] },
    count: { type: "u32", value: 4_000_000_000 },
    ratio: { type: "f32", value: 0.5 },
    yes: { type: "bool", value: true },
    name: { type: "string", value: "Fälcon" },
  };
  writeGguf(file, values, [{ name: "t", dims: [2, 3], values: new Float32Array(6) }]);
  const { scalars, arrays, tensors: listed } = readGguf(file);
  assert.deepEqual(Object.fromEntries(scalars), { count: 4_000_000_000, ratio: 0.5, yes: true, name: "Fälcon" });
  assert.deepEqual(Object.fromEntries(arrays), { numbers: 3, words: 2 });
  assert.deepEqual([...listed], [["t", { dims: [2, 3], type: 0 }]]);
});

test("a split model is read by its first part, and misses no part", () => {
  const part = (number: number) => path.join(folder, `split-0000${number}-of-00002.gguf`);
  const split = { "split.count": { type: "u16", value: 2 } } as const;
  const second = { ...split, "split.no": { type: "u16", value: 1 } } as const;
  const { metadata, tensors } = buildModel({ ...models.falcon7b, embedding: 64 });
  writeGguf(part(1), { ...metadata, ...split }, tensors.slice(0, 5));
  assert.throws(() => inspectModel(part(1)), /split-00002-of-00002\.gguf does not exist/);
  writeGguf(part(2), second, tensors.slice(5));
  assert.equal(inspectModel(part(1)).size, fs.statSync(part(1)).size + fs.statSync(part(2)).size);
  fs.truncateSync(part(2), fs.statSync(part(2)).size - 100);
  assert.throws(() => inspectModel(part(1)), /in split-00002-of-00002\.gguf, it ends at byte .* reaches to byte/);
  writeGguf(part(2), { ...second, "split.no": { type: "u16", value: 3 } }, tensors.slice(5));
  assert.throws(() => inspectModel(part(1)), /in split-00002-of-00002\.gguf, split\.no is 3, not 1/);
  writeGguf(part(2), second, tensors.slice(4));
  assert.throws(() => inspectModel(part(1)), /the tensor .* comes twice, again in split-00002-of-00002\.gguf/);
  assert.throws(() => inspectModel(files.modelWith(split)), /choose the first/);
  const absurd = { "split.count": { type: "u32", value: 4_000_000_000 } } as const;
  assert.throws(() => inspectModel(files.modelWith(absurd)), /split\.count is 4000000000/);
});

for (const [name, makeFile, cause] of badFiles) {
  test(`${name}: an error that names the file and the cause, with a way out`, () => {
    const file = makeFile(files);
    assert.throws(
      () => inspectModel(file),
      (error: unknown) =>
        error instanceof UserError &&
        error.action === "selectModel" &&
        error.message.includes(file) &&
        cause.test(error.message),
    );
  });
}

test("whatever a header holds, it is read or refused", () => {
  const names = ["falcon7b", "falcon40b", "falcon3", "falconH1", "falconMamba"] as const;
  const originals = names.map((name) => findPlaces(modelFile(name), fs.readFileSync(modelFile(name))));
  const random = seededRandom(1);
  const file = path.join(folder, "mutated.gguf");
  const count = rounds(300, 10_000);
  let refused = 0;
  for (let round = 0; round < count; round++) {
    const original = originals[round % originals.length];
    assert.ok(original);
    fs.writeFileSync(file, mutate(original, random).subarray(0, original.headerLength));
    fs.truncateSync(file, original.bytes.length);
    try {
      inspectModel(file);
    } catch (error) {
      assert.ok(error instanceof UserError, String(error));
      refused++;
    }
  }
  assert.ok(refused > count / 2 && refused < count * 0.98, `${refused} of ${count} refused`);
});
