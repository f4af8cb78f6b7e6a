import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { UserError } from "../../../server/errors.ts";
import { readGguf } from "../../../server/models/gguf.ts";
import { inspectModel } from "../../../server/models/inspectModel.ts";
import { type GgufTensor, type GgufValue, writeGguf } from "../../fixtures/ggufWriter.ts";
import { buildModel, models } from "../../fixtures/models.ts";
import { modelFile } from "../../support/models.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-inspect-"));
after(() => fs.rmSync(folder, { recursive: true }));

const { metadata, tensors } = buildModel({ ...models.falcon7b, embedding: 64 });
const good = fs.readFileSync(modelFile("falcon7b"));

let written = 0;
function bytesFile(bytes: string | Buffer): string {
  const file = path.join(folder, `${written++}.gguf`);
  fs.writeFileSync(file, bytes);
  return file;
}

/** The good file with some bytes written over. */
function patchedFile(offset: number, ...bytes: number[]): string {
  const patched = Buffer.from(good);
  patched.set(bytes, offset);
  return bytesFile(patched);
}

/** A good model with some keys changed, and its tensors as a function makes them. */
function modelWith(
  changes: Record<string, GgufValue | undefined>,
  change: (all: readonly GgufTensor[]) => readonly GgufTensor[] = (all) => all,
): string {
  const file = path.join(folder, `${written++}.gguf`);
  const changed = Object.entries({ ...metadata, ...changes }).filter(([, value]) => value !== undefined);
  writeGguf(file, Object.fromEntries(changed) as Record<string, GgufValue>, change(tensors));
  return file;
}

const u32 = (value: number): GgufValue => ({ type: "u32", value });
const string = (value: string): GgufValue => ({ type: "string", value });

test("says what a model file is", () => {
  for (const name of ["falcon7b", "falcon40b"] as const) {
    const file = modelFile(name);
    assert.deepEqual(inspectModel(file), {
      name: models[name].name,
      architecture: "falcon",
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
    count: u32(4_000_000_000),
    ratio: { type: "f32", value: 0.5 },
    yes: { type: "bool", value: true },
    name: string("Fälcon"),
  };
  writeGguf(file, values, [{ name: "t", dims: [2, 3], values: new Float32Array(6) }]);
  const { scalars, arrays, tensors: listed } = readGguf(file);
  assert.deepEqual(Object.fromEntries(scalars), { count: 4_000_000_000, ratio: 0.5, yes: true, name: "Fälcon" });
  assert.deepEqual(Object.fromEntries(arrays), { numbers: 3, words: 2 });
  assert.deepEqual([...listed], [["t", [2, 3]]]);
});

test("a split model is read by its first part, and misses no part", () => {
  const part = (number: number) => path.join(folder, `split-0000${number}-of-00002.gguf`);
  const split = { "split.count": u32(2) };
  writeGguf(part(1), { ...metadata, ...split }, tensors.slice(0, 5));
  assert.throws(() => inspectModel(part(1)), /split-00002-of-00002\.gguf does not exist/);
  writeGguf(part(2), split, tensors.slice(5));
  assert.equal(inspectModel(part(1)).size, fs.statSync(part(1)).size + fs.statSync(part(2)).size);
  fs.truncateSync(part(2), fs.statSync(part(2)).size - 100);
  assert.throws(() => inspectModel(part(1)), /reaches to byte/);
  assert.throws(() => inspectModel(modelWith(split)), /choose the first/);
});

const bad: readonly [name: string, makeFile: () => string, cause: RegExp][] = [
  ["no such file", () => path.join(folder, "nowhere.gguf"), /does not exist/],
  ["a folder", () => folder, /is not a file/],
  ["a relative path", () => "model.gguf", /is not absolute/],
  ["an empty file", () => bytesFile(""), /ends at byte 0, inside magic/],
  ["text", () => bytesFile("Once upon a time"), /does not begin with “GGUF”/],
  ["an old version", () => patchedFile(4, 1), /GGUF version 1/],
  ["a truncated header", () => bytesFile(good.subarray(0, 2000)), /ends at byte 2000/],
  [
    "truncated tensors",
    () => bytesFile(good.subarray(0, 1_000_000)),
    /ends at byte 1000000, but the tensor \S+ reaches/,
  ],
  ["an absurd number of tensors", () => patchedFile(8, 255, 255, 255, 255), /tensor count is/],
  ["an absurd number of keys", () => patchedFile(16, 255, 255, 255, 255, 255), /key count is/],
  ["an absurd string", () => patchedFile(24, 255, 255, 255, 255), /the length of key is/],
  ["another architecture", () => modelWith({ "general.architecture": string("gemma") }), /architecture “gemma”/],
  ["no architecture", () => modelWith({ "general.architecture": undefined }), /architecture “undefined”/],
  ["no layers", () => modelWith({ "falcon.block_count": u32(0) }), /block_count is 0/],
  ["too many layers", () => modelWith({ "falcon.block_count": u32(100_000) }), /block_count is 100000/],
  [
    "more layers than there are",
    () => modelWith({ "falcon.block_count": u32(3) }),
    /blk\.2\.attn_norm\.weight is missing/,
  ],
  ["no width", () => modelWith({ "falcon.embedding_length": u32(0) }), /embedding_length is 0/],
  [
    "another width",
    () => modelWith({ "falcon.embedding_length": u32(128) }),
    /token_embd\.weight has the shape 64×2048/,
  ],
  ["no heads", () => modelWith({ "falcon.attention.head_count": undefined }), /head_count is missing/],
  ["experts", () => modelWith({ "falcon.expert_count": u32(4_000_000_000) }), /expert_count is 4000000000/],
  ["an unknown scaling", () => modelWith({ "falcon.rope.scaling.type": string("evil") }), /scaling\.type is evil/],
  ["an odd alignment", () => modelWith({ "general.alignment": u32(33) }), /alignment is 33/],
  ["no vocabulary", () => modelWith({ "tokenizer.ggml.tokens": undefined }), /tokens is missing/],
  [
    "a token twice",
    () => modelWith({ "tokenizer.ggml.tokens": { type: "string[]", value: ["a", "a"] } }),
    /token twice/,
  ],
  ["a token out of range", () => modelWith({ "tokenizer.ggml.eos_token_id": u32(2048) }), /eos_token_id is 2048/],
  [
    "too few token types",
    () => modelWith({ "tokenizer.ggml.token_type": { type: "i32[]", value: [1] } }),
    /has 1 entries/,
  ],
  ["a tensor twice", () => modelWith({}, (all) => [...all, ...all.slice(0, 1)]), /token_embd\.weight .*comes twice/],
  [
    "a missing tensor",
    () => modelWith({}, (all) => all.filter(({ name }) => !name.includes("1.ffn_up"))),
    /blk\.1\.ffn_up/,
  ],
];

for (const [name, makeFile, cause] of bad) {
  test(`${name}: an error that names the file and the cause, with a way out`, () => {
    const file = makeFile();
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

test("whatever bytes a header holds, it is read or refused", () => {
  const header = good.subarray(0, good.indexOf("token_embd.weight") + 2000);
  let random = 1;
  const next = (below: number) => (random = (random * 48_271) % 2_147_483_647) % below;
  let refused = 0;
  for (let round = 0; round < 500; round++) {
    const file = path.join(folder, "mutated.gguf");
    const mutated = Buffer.from(header);
    for (let i = next(8); i >= 0; i--) mutated[next(2) === 0 ? next(400) : next(mutated.length)] = next(256);
    fs.writeFileSync(file, mutated);
    fs.truncateSync(file, good.length);
    try {
      inspectModel(file);
    } catch (error) {
      assert.ok(error instanceof UserError, String(error));
      refused++;
    }
  }
  assert.ok(refused > 100 && refused < 500, `${refused} of 500 refused`);
});
