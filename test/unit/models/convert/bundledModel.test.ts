// The bundled model with its whole vocabulary: written as Hugging Face has models and converted again, it is the same.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { planModel } from "../../../../server/models/convert/architectures/modelPlan.ts";
import { convertFolder } from "../../../../server/models/convert/convertFolder.ts";
import { Config } from "../../../../server/models/convert/original/config.ts";
import { fromHalf } from "../../../../server/models/convert/quantize/halves.ts";
import { writeSafetensors } from "../../../fixtures/originals/safetensors.ts";
import { tokenizerFiles } from "../../../fixtures/originals/tokenizer.ts";
import { readGguf } from "../../../support/readGguf.ts";

const shipped = readGguf(fileURLToPath(new URL("../../../../media/models/falcon-tiny-demo.gguf", import.meta.url)));
const workerPath = fileURLToPath(new URL("../../../../server/models/convert/worker.ts", import.meta.url));
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-convert-"));
after(() => fs.rmSync(temporary, { recursive: true }));

const valueOf = (key: string) => shipped.keys.get(key)?.value;
const stringsOf = (key: string) => valueOf(`tokenizer.ggml.${key}`) as readonly string[];
const tokens = stringsOf("tokens");
const types = valueOf("tokenizer.ggml.token_type") as readonly number[];
const controlType = 3;

const config = {
  architectures: ["FalconForCausalLM"],
  vocab_size: tokens.length,
  hidden_size: valueOf("falcon.embedding_length"),
  ffn_hidden_size: valueOf("falcon.feed_forward_length"),
  num_hidden_layers: valueOf("falcon.block_count"),
  num_attention_heads: valueOf("falcon.attention.head_count"),
  layer_norm_epsilon: valueOf("falcon.attention.layer_norm_epsilon"),
  max_position_embeddings: valueOf("falcon.context_length"),
  bos_token_id: valueOf("tokenizer.ggml.bos_token_id"),
  eos_token_id: valueOf("tokenizer.ggml.eos_token_id"),
  multi_query: true,
  new_decoder_architecture: false,
};

function tokenizer(): unknown {
  const { pre_tokenizer: splits } = tokenizerFiles({ splits: "falcon" })["tokenizer.json"] as Record<string, unknown>;
  return {
    added_tokens: tokens
      .map((content, id) => ({ id, content, special: true }))
      .filter(({ id }) => types[id] === controlType),
    pre_tokenizer: splits,
    model: {
      type: "BPE",
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: stringsOf("merges"),
    },
  };
}

/** Of blocks of 32 as Q8_0 has them, or of numbers in 32 bits. */
function floatsOf(bytes: Buffer, count: number): Float32Array {
  if (bytes.length === 4 * count) return Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(4 * i));
  return Float32Array.from({ length: count }, (_, i) => {
    const block = 34 * Math.floor(i / 32);
    return fromHalf(bytes.readUInt16LE(block)) * bytes.readInt8(block + 2 + (i % 32));
  });
}

function weights() {
  const { tensors } = planModel(new Config(config));
  return new Map(
    tensors.flatMap(({ name, source, shape }) => {
      const tensor = shipped.tensors.get(name);
      const count = shape.reduce((product, dim) => product * dim, 1);
      return tensor ? [[source, { shape, values: floatsOf(tensor.bytes, count) }] as const] : [];
    }),
  );
}

/** What the recipe of the model adds by hand, since no original weights say it: what it is for, and that it learned to infill. */
const ofTheRecipe = ["name", "description", "tags", "license"].map((key) => `general.${key}`);
const infillTokens = ["pre", "suf", "mid"].map((part) => `tokenizer.ggml.fim_${part}_token_id`);
/** What llama.cpp's converter says of each model. */
const ofTheConverter = ["name", "type", "size_label", "quantization_version"].map((key) => `general.${key}`);

test("the bundled model's keys and tensors are those that it is shipped with", async () => {
  // Its name says nothing of the model.
  const folder = path.join(temporary, "bundled");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "config.json"), JSON.stringify(config));
  fs.writeFileSync(path.join(folder, "tokenizer.json"), JSON.stringify(tokenizer()));
  writeSafetensors(folder, weights(), "F32", 1);
  const file = path.join(folder, "model.gguf");
  await convertFolder(folder, file, "Q8_0", { workerPath });
  const converted = readGguf(file);

  const without = (keys: typeof shipped.keys, left: readonly string[]) =>
    Object.fromEntries([...keys].filter(([key]) => !left.includes(key)));
  assert.deepEqual(without(converted.keys, ofTheConverter), without(shipped.keys, [...ofTheRecipe, ...infillTokens]));
  for (const [name, { dims, type, bytes }] of shipped.tensors) {
    const other = converted.tensors.get(name);
    assert.deepEqual([other?.dims, other?.type], [dims, type], name);
    assert.ok(other?.bytes.equals(bytes), name);
  }
  assert.equal(converted.tensors.size, shipped.tensors.size);
});
