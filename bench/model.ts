// Models of true shapes in 4 bits, with random weights: as fast and as large as real ones.

import { createCipheriv } from "node:crypto";
import path from "node:path";

import { installOnce } from "../scripts/install.mjs";
import { llamaMetadata } from "../test/fixtures/architectures/llama.ts";
import { buildVocabulary, type Vocabulary } from "../test/fixtures/architectures/vocabulary.ts";
import { vector } from "../test/fixtures/architectures/weights.ts";
import { type QuantizedTensor, writeGguf } from "../test/fixtures/ggufWriter.ts";

/** All in llama's architecture, which Falcon3 has. */
const shapes = {
  /** About the bundled model's layers and weights. */
  "26M": { layers: 8, embedding: 512, feedForward: 1376, heads: 8, kvHeads: 1, vocabulary: 8192 },
  "135M": { layers: 30, embedding: 576, feedForward: 1536, heads: 9, kvHeads: 3, vocabulary: 49_152 },
  // https://huggingface.co/tiiuae/Falcon3-1B-Base/blob/main/config.json
  "1B": { layers: 18, embedding: 2048, feedForward: 8192, heads: 8, kvHeads: 4, vocabulary: 131_072 },
  // https://huggingface.co/tiiuae/Falcon3-7B-Base/blob/main/config.json
  "7B": { layers: 28, embedding: 3072, feedForward: 23_040, heads: 12, kvHeads: 4, vocabulary: 131_072 },
} as const;

/** Tokens: those of the largest models are more than any GPU has memory for, so that a context can be too large. */
export const contextLength = 2 ** 22;

export type ModelName = keyof typeof shapes;
type Shape = (typeof shapes)[ModelName];

export const modelNames = Object.keys(shapes) as readonly ModelName[];

export interface BenchmarkModel {
  readonly name: ModelName;
  readonly file: string;
  /** Bytes of keys and values for each token of context, as 16-bit floats. */
  readonly kvBytesPerToken: number;
}

function keyWidth({ embedding, heads, kvHeads }: Shape): number {
  return (embedding / heads) * kvHeads;
}

/** Words that are one token each where they follow another. */
export const words: readonly string[] = buildVocabulary("falcon3")
  .tokens.filter(isWord)
  .map((token) => token.slice(1));

/** Writes the model's file where it is not there yet. */
export async function benchmarkModel(name: ModelName): Promise<BenchmarkModel> {
  const shape = shapes[name];
  const folder = await installOnce(`benchmark-falcon3-${name.toLowerCase()}-q4_0-3`, (draft) => {
    console.error(`Writing the model of ${name} (once) …`);
    writeModel(path.join(draft, "model.gguf"), name, shape);
    return Promise.resolve();
  });
  const kvBytesPerToken = 2 * 2 * keyWidth(shape) * shape.layers;
  return { name, file: path.join(folder, "model.gguf"), kvBytesPerToken };
}

function writeModel(file: string, name: ModelName, shape: Shape): void {
  const { layers, embedding, feedForward } = shape;
  const vocabulary = filledVocabulary(shape.vocabulary);
  const matrix = randomMatrices();
  const tensors = [
    matrix("token_embd.weight", embedding, shape.vocabulary, -2),
    vector("output_norm.weight", embedding, 1),
    onlyWords(matrix("output.weight", embedding, shape.vocabulary), vocabulary.tokens),
  ];
  for (let layer = 0; layer < layers; layer++) {
    const block = `blk.${layer}.`;
    tensors.push(
      vector(`${block}attn_norm.weight`, embedding, 1),
      matrix(`${block}attn_q.weight`, embedding, embedding),
      matrix(`${block}attn_k.weight`, embedding, keyWidth(shape)),
      matrix(`${block}attn_v.weight`, embedding, keyWidth(shape)),
      matrix(`${block}attn_output.weight`, embedding, embedding),
      vector(`${block}ffn_norm.weight`, embedding, 1),
      matrix(`${block}ffn_gate.weight`, embedding, feedForward),
      matrix(`${block}ffn_up.weight`, embedding, feedForward),
      matrix(`${block}ffn_down.weight`, feedForward, embedding),
    );
  }
  writeGguf(
    file,
    llamaMetadata({ ...shape, contextLength, name: `Falcon3 ${name}, random weights` }, vocabulary),
    tensors,
  );
}

/** The tests' vocabulary, filled up to the real one's size: the output's width and the choice of a token cost time. */
function filledVocabulary(size: number): Vocabulary {
  const { tokens: used, types: usedTypes, metadata } = buildVocabulary("falcon3");
  const unused = Array.from({ length: size - used.length }, (_, i) => `<|unused_${i}|>`);
  const tokens = [...used, ...unused];
  // Of the normal type: a text is searched for each special token.
  const types = [...usedTypes, ...unused.map(() => 1)];
  const filled: Vocabulary["metadata"] = {
    ...metadata,
    "tokenizer.ggml.tokens": { type: "string[]", value: tokens },
    "tokenizer.ggml.token_type": { type: "i32[]", value: types },
  };
  return { tokens, types, metadata: filled };
}

const blockLength = 32;
const blockBytes = 18;

/**
 * Makes matrices of Q4_0 blocks: a 16-bit float d, then 32 numbers q of 4 bits; the weights are d · (q − 8).
 * https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-common.h
 * Here q is random, and d is ±2^`exponent`: the sign evens out that 7.5 is the middle of q, and not 8.
 */
function randomMatrices(): (name: string, input: number, output: number, exponent?: number) => QuantizedTensor {
  const random = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
  // About 1 / √input once multiplied by q's deviation of 4.6, which keeps what comes out as large as what goes in.
  return (name, input, output, exponent = Math.floor(-Math.log2(4.6 * Math.sqrt(input)))) => {
    const blocks = random.update(Buffer.alloc(((input * output) / blockLength) * blockBytes));
    for (let i = 0; i < blocks.length; i += blockBytes) {
      // The float's lower byte is 0; the upper one is its sign and the exponent plus 15.
      const sign = (blocks[i] ?? 0) & 0x80;
      blocks[i] = 0;
      blocks[i + 1] = sign | ((exponent + 15) << 2);
    }
    return { name, dims: [input, output], blocks };
  };
}

/** Makes all rows but those of words zero, so that the model writes words, and never an end. */
function onlyWords(output: QuantizedTensor, tokens: readonly string[]): QuantizedTensor {
  const rowBytes = output.blocks.length / tokens.length;
  for (const [id, token] of tokens.entries()) {
    if (!isWord(token)) output.blocks.fill(0, id * rowBytes, (id + 1) * rowBytes);
  }
  return output;
}

/** The tokenizer spells a space Ġ. */
function isWord(token: string): boolean {
  return /^Ġ[a-z]{3,}$/.test(token);
}
