// The buffers that llama.cpp allocates beside the weights, by the shapes of what it computes: src/llama-kv-cache.cpp,
// src/llama-memory-recurrent.cpp, and the graphs of src/models/{falcon,falcon-h1,llama,mamba}.cpp.

import type { KvCache } from "../engine.ts";
import type { Architecture, ModelShape } from "./shape.ts";

export interface ContextOptions {
  /** Tokens of each sequence. */
  readonly contextSize: number;
  readonly sequences: number;
  readonly kvCache: KvCache;
  readonly flashAttention: boolean;
}

/** Tokens: llama.cpp rounds a context up to them. */
export const contextStep = 256;
/** Tokens that llama.cpp evaluates at once at the most. */
export const batchSize = 512;
const float = 4;

/** Bytes of a number of the KV cache; in 8 bits 32 of them have a scale of 2 bytes. */
export const kvNumberBytes: Readonly<Record<KvCache, number>> = { f32: float, f16: 2, q8_0: 34 / 32 };

/** How a context is stored that has the room for it. */
export function roomyKvCache(kvCache: "auto" | KvCache = "auto"): KvCache {
  return kvCache === "auto" ? "f16" : kvCache;
}

function cells({ contextSize }: ContextOptions): number {
  return Math.ceil(contextSize / contextStep) * contextStep;
}

/** Keys and values of one layer, of all sequences. */
export function kvCacheBytes({ kvHeads, headSize }: ModelShape, options: ContextOptions): number {
  return 2 * kvHeads * headSize * kvNumberBytes[options.kvCache] * cells(options) * options.sequences;
}

/** The recurrent state of one layer, of all sequences. */
export function stateBytes({ ssm }: ModelShape, { sequences }: ContextOptions): number {
  if (ssm.inner === 0) return 0;
  const convolved = (ssm.convolution - 1) * (ssm.inner + 2 * ssm.groups * ssm.state);
  return float * sequences * (convolved + ssm.state * ssm.inner);
}

/** What is computed where. */
export interface Computed {
  readonly attention: boolean;
  readonly feedForward: boolean;
  readonly output: boolean;
}

/** The buffer for what a batch computes on a device: as large as the largest step, of which each takes the place of the last. */
export function computeBytes(
  architecture: Architecture,
  shape: ModelShape,
  options: ContextOptions,
  { attention, feedForward, output }: Computed,
): number {
  const steps = [
    ...(output ? [outputStep(architecture, shape)] : []),
    ...(attention ? [attentionStep(shape, options)] : []),
    ...(feedForward ? [feedForwardStep(architecture, shape, options)] : []),
  ];
  return batchTokens(options) * float * Math.max(0, ...steps);
}

/** What a GPU's batches are read from: the tokens' embeddings, and what attends to what. */
export function inputBytes({ embedding }: ModelShape, options: ContextOptions): number {
  return batchTokens(options) * float * (2 * embedding + maskLength(options));
}

/** What a processor multiplies with weights it converts to 16 bits first, in a buffer that llama.cpp does not report. */
export function conversionBytes(shape: ModelShape, options: ContextOptions): number {
  const { feedForward, embedding, heads, headSize, ssm } = shape;
  return batchTokens(options) * 2 * Math.max(feedForward, embedding, heads * headSize, ssm.inner);
}

function batchTokens(options: ContextOptions): number {
  return Math.min(batchSize, cells(options) * options.sequences);
}

// Numbers for each token of a batch:

function outputStep(architecture: Architecture, { vocabulary, embedding }: ModelShape): number {
  return vocabulary + (architecture === "mamba" ? 3 : 2) * embedding;
}

function attentionStep({ heads, kvHeads, headSize, embedding }: ModelShape, options: ContextOptions): number {
  const scores = options.flashAttention ? 0 : heads * cells(options);
  return scores + maskLength(options) + 5 * embedding + 4 * kvHeads * headSize;
}

function feedForwardStep(architecture: Architecture, shape: ModelShape, options: ContextOptions): number {
  if (architecture === "mamba") return 0;
  const { feedForward, embedding } = shape;
  return maskLength(options) + (architecture === "falcon" ? 2 * feedForward : 3 * feedForward + 4 * embedding);
}

/** Flash attention takes what attends to what in 16 bits. */
function maskLength(options: ContextOptions): number {
  return options.flashAttention ? cells(options) / 2 : cells(options);
}
