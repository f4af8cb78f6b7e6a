import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { UserError } from "../../../../server/userError.ts";
import { inspectAdapter } from "../../../../server/models/files/inspectAdapter.ts";
import { type GgufTensor, type GgufValue, writeGguf } from "../../../fixtures/ggufWriter.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-adapter-"));
after(() => fs.rmSync(folder, { recursive: true }));

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/parity/${name}`, import.meta.url));
const model = fixture("falcon7b.gguf");

const string = (value: string): GgufValue => ({ type: "string", value });
const metadata: Readonly<Record<string, GgufValue>> = {
  "general.architecture": string("falcon"),
  "general.type": string("adapter"),
  "adapter.type": string("lora"),
  "adapter.lora.alpha": { type: "f32", value: 8 },
};

function matrix(name: string, ...dims: readonly number[]): GgufTensor {
  return { name, dims, values: new Float32Array(dims.reduce((product, dim) => product * dim, 1)) };
}

/** The model has 48 numbers for a token, and keys and values of 16 each. */
const qkv = "blk.1.attn_qkv.weight";
const tensors = [matrix(`${qkv}.lora_a`, 48, 4), matrix(`${qkv}.lora_b`, 4, 80)];

let written = 0;
function adapterWith(
  changes: Readonly<Record<string, GgufValue | undefined>>,
  changed: readonly GgufTensor[] = tensors,
): string {
  const file = path.join(folder, `${written++}.gguf`);
  const keys = Object.entries({ ...metadata, ...changes }).filter(([, value]) => value !== undefined);
  writeGguf(file, Object.fromEntries(keys) as Record<string, GgufValue>, changed);
  return file;
}

/** The message names the file and the setting, and has the cause between them. */
function assertRejected(file: string, cause: RegExp): void {
  assert.throws(
    () => inspectAdapter(file, model),
    (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, cause);
      assert.ok(error.message.includes(file) && error.message.includes("falcon.model.adapters"), error.message);
      return true;
    },
  );
}

test("takes an adapter of the model, with and without alpha", () => {
  inspectAdapter(fixture("falcon7b-adapter.gguf"), model);
  inspectAdapter(adapterWith({}), model);
  inspectAdapter(adapterWith({ "adapter.lora.alpha": undefined }), model);
});

test("refuses what is no LoRA adapter, or one of another architecture", () => {
  assertRejected(model, /it is a model, not an adapter: .*falcon\.model\.path/);
  assertRejected(adapterWith({ "general.type": { type: "u32", value: 1 } }), /general.type is “1”, not “adapter”/);
  assertRejected(adapterWith({ "adapter.type": string("dora") }), /adapter.type is “dora”, not “lora”/);
  assertRejected(adapterWith({ "general.architecture": string("llama") }), /architecture is “llama”, not “falcon”/);
  assertRejected(adapterWith({}, []), /no tensors/);
});

test("refuses an alpha that is no number of the one type that llama.cpp reads", () => {
  assertRejected(adapterWith({ "adapter.lora.alpha": { type: "u32", value: 8 } }), /adapter.lora.alpha is 8/);
  assertRejected(adapterWith({ "adapter.lora.alpha": { type: "f32", value: NaN } }), /adapter.lora.alpha is NaN/);
});

test("refuses an adapter that a text is to switch on: it would always be on", () => {
  const tokens: GgufValue = { type: "i32[]", value: [11] };
  assertRejected(adapterWith({ "adapter.alora.invocation_tokens": tokens }), /invoked by a text/);
});

test("refuses a tensor whose other half, weight or purpose is missing", () => {
  const [a, b] = tensors as [GgufTensor, GgufTensor];
  assertRejected(adapterWith({}, [a]), /blk.1.attn_qkv.weight.lora_b is missing/);
  assertRejected(adapterWith({}, [b]), /blk.1.attn_qkv.weight.lora_a is missing/);
  const third = tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace("blk.1", "blk.2") }));
  assertRejected(adapterWith({}, third), /the model has no tensor blk.2.attn_qkv.weight/);
  assertRejected(adapterWith({}, [...tensors, matrix("blk.0.attn_norm.weight", 48)]), /attn_norm.weight is no part/);
  const embedding = [matrix("token_embd.weight.lora_a", 4, 384), matrix("token_embd.weight.lora_b", 4, 48)];
  assertRejected(adapterWith({}, embedding), /token_embd.weight.lora_a is for a weight that no adapter can change/);
});

test("refuses shapes that do not fit to each other or to the weight", () => {
  const shaped = (a: readonly number[], b: readonly number[]) =>
    adapterWith({}, [matrix(`${qkv}.lora_a`, ...a), matrix(`${qkv}.lora_b`, ...b)]);
  inspectAdapter(shaped([48, 1], [1, 80]), model);
  assertRejected(shaped([64, 4], [4, 80]), /the shapes 64×4 and 4×80, with a weight of 48×80/);
  assertRejected(shaped([48, 4], [4, 64]), /the shapes 48×4 and 4×64/);
  assertRejected(shaped([48, 4], [8, 80]), /the shapes 48×4 and 8×80/);
  assertRejected(shaped([4, 48], [80, 4]), /the shapes 4×48 and 80×4/);
  assertRejected(shaped([48, 4, 2], [4, 80]), /the shapes 48×4×2 and 4×80/);
  assertRejected(shaped([48], [1, 80]), /the shapes 48 and 1×80/);
});

test("refuses a type that no adapter is converted to, and a file that is cut short", () => {
  const a = matrix(`${qkv}.lora_a`, 48, 4);
  const file = adapterWith({}, [a, matrix(`${qkv}.lora_b`, 4, 80)]);
  const bytes = fs.readFileSync(file);
  // The type follows the name, the number of dimensions and two of these.
  const type = bytes.indexOf(a.name) + a.name.length + 4 + 2 * 8;
  bytes.writeUInt32LE(26, type);
  fs.writeFileSync(file, bytes);
  assertRejected(file, /attn_qkv.weight.lora_a is of the type I32, which it cannot be/);
  fs.truncateSync(file, bytes.length - 400);
  assertRejected(file, /only \d+ of its \d+ bytes are there/);
});

test("says what is wrong with a path", () => {
  assertRejected("adapter.gguf", /the path is not absolute/);
  assertRejected(path.join(folder, "none.gguf"), /: it does not exist\./);
  assertRejected(folder, /: it (is a folder|may not be read)\./);
});
