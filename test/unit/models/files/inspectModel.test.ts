import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { UserError } from "../../../../server/userError.ts";
import { readModelFile } from "../../../../server/models/files/readModelFile.ts";
import { inspectModel } from "../../../../server/models/files/inspectModel.ts";
import { type GgufValue, writeGguf } from "../../../fixtures/ggufWriter.ts";
import { buildModel, models } from "../../../fixtures/models.ts";
import { badFiles } from "../../../support/badModels.ts";
import { oddFiles } from "../../../support/badValues.ts";
import { ModelFiles } from "../../../support/modelFiles.ts";
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
  const { scalars, types, arrays, tensors: listed } = readModelFile(file);
  assert.deepEqual(Object.fromEntries(scalars), { count: 4_000_000_000, ratio: 0.5, yes: true, name: "Fälcon" });
  assert.deepEqual(Object.fromEntries(types), { count: 4, ratio: 6, yes: 7, name: 8 });
  assert.deepEqual(Object.fromEntries(arrays), {
    numbers: { type: 5, length: 3, numbers: [1, -2, 3] },
    words: { type: 8, length: 2, numbers: [] },
  });
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
  assert.throws(
    () => inspectModel(part(1)),
    /in its part split-00002-of-00002\.gguf: only \d+ of its \d+ bytes are there/,
  );
  writeGguf(part(2), { ...second, "split.no": { type: "u16", value: 3 } }, tensors.slice(5));
  assert.throws(() => inspectModel(part(1)), /in its part split-00002-of-00002\.gguf: split\.no is 3/);
  writeGguf(part(2), second, tensors.slice(4));
  assert.throws(() => inspectModel(part(1)), /the tensor .* comes twice, again in split-00002-of-00002\.gguf/);
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

for (const [name, makeFile] of oddFiles) {
  test(`${name}: a model`, () => {
    const { contextLength, name: shown } = inspectModel(makeFile(files));
    assert.equal(contextLength, 2048);
    assert.ok(shown.length <= 100);
  });
}

test("a vocabulary as large as they come is read at once, and a larger one takes little memory", () => {
  const { metadata } = buildModel(models.falcon3);
  const vocabulary = metadata["tokenizer.ggml.tokens"]?.value as readonly string[];
  const filled = (count: number, text: string): Record<string, GgufValue> => {
    const more = Array.from({ length: count - vocabulary.length }, (_, i) => `${text}${i}`);
    return { "tokenizer.ggml.tokens": { type: "string[]", value: [...vocabulary, ...more] } };
  };
  const large = files.modelOf("falcon3", filled(131_072, "token"));
  const start = performance.now();
  assert.equal(readModelFile(large).tokens.length, 131_072);
  assert.ok(performance.now() - start < 5000);
  const before = process.memoryUsage().rss;
  const hostile = files.modelOf("falcon3", filled(200_000, "字".repeat(300)));
  const written = process.memoryUsage().rss;
  assert.throws(() => inspectModel(hostile), /longer than any text/);
  const read = process.memoryUsage().rss - written;
  assert.ok(read < 200 * 2 ** 20, `${read} bytes, ${written - before} to write it`);
});

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
    fs.truncateSync(file, original.bytes.length - 1);
    // What ends in zeros is refused.
    fs.appendFileSync(file, "\x01");
    try {
      inspectModel(file);
    } catch (error) {
      assert.ok(error instanceof UserError, String(error));
      refused++;
    }
  }
  assert.ok(refused > count / 2 && refused < count * 0.98, `${refused} of ${count} refused`);
});
