// Converts some rows of a tensor: reads them from the original file, and writes them to their place in the new one.

import fs from "node:fs";
import * as l10n from "@vscode/l10n";

import { ConversionError } from "./conversionError.ts";
import { numberBytes } from "./original/safetensors.ts";
import type { PlannedTensor } from "./planConversion.ts";
import { encoders } from "./quantize/encode.ts";
import { bfloatsToFloats, halvesToFloats } from "./quantize/halves.ts";
import { tensorTypes } from "./tensorTypes.ts";

export interface RowsJob {
  readonly tensor: PlannedTensor;
  readonly start: number;
  readonly count: number;
}

/** Numbers of a job: enough that starting one costs nothing beside it, and a few megabytes. */
const jobNumbers = 2 ** 20;

export function* jobsOf(tensors: readonly PlannedTensor[]): Generator<RowsJob> {
  for (const tensor of tensors) {
    const { width, rows } = sizeOf(tensor);
    const most = Math.max(Math.floor(jobNumbers / width), 1);
    for (let start = 0; start < rows; start += most) yield { tensor, start, count: Math.min(most, rows - start) };
  }
}

function sizeOf({ dims }: PlannedTensor): { readonly width: number; readonly rows: number } {
  const [width = 1] = dims;
  return { width, rows: dims.reduce((product, dim) => product * dim, 1) / width };
}

/** @throws ConversionError where the weights are no numbers */
export function convertRows({ tensor, start, count }: RowsJob, target: number): void {
  const { width } = sizeOf(tensor);
  const floats = readFloats(tensor, start, count, width);
  multiply(tensor, floats, start, width);
  if (tensor.rule.isLogarithm) {
    for (let i = 0; i < floats.length; i++) floats[i] = -Math.exp(floats[i] as number);
  }
  checkNumbers(tensor, floats);
  const { elements, bytes } = tensorTypes[tensor.type];
  const rowBytes = (width / elements) * bytes;
  const encoded = new Uint8Array(count * rowBytes);
  encoders[tensor.type](floats, encoded, floats.length);
  writeWhole(target, encoded, tensor.position + start * rowBytes);
}

function readFloats({ rule, original }: PlannedTensor, start: number, count: number, width: number): Float32Array {
  const rowBytes = width * numberBytes[original.type];
  const bytes = new Uint8Array(count * rowBytes);
  const file = fs.openSync(original.file, "r");
  try {
    for (const [from, to, rows] of runsOf(rule.rows, start, count)) {
      const piece = bytes.subarray(to * rowBytes, (to + rows) * rowBytes);
      const read = fs.readSync(file, piece, 0, piece.length, original.position + from * rowBytes);
      if (read < piece.length)
        throw new ConversionError(l10n.t("{0} ends too early: download it again", original.file));
    }
  } finally {
    fs.closeSync(file);
  }
  if (original.type === "F32") return new Float32Array(bytes.buffer);
  const floats = new Float32Array(count * width);
  const decode = original.type === "F16" ? halvesToFloats : bfloatsToFloats;
  decode(new Uint16Array(bytes.buffer), floats, floats.length);
  return floats;
}

/** The rows in runs that lie one behind another in the original: where each is from, where it comes to, and how long it is. */
function* runsOf(order: Uint32Array | undefined, start: number, count: number) {
  if (!order) {
    yield [start, 0, count] as const;
    return;
  }
  let first = 0;
  for (let i = 1; i <= count; i++) {
    const from = order[start + first] as number;
    if (i < count && order[start + i] === from + i - first) continue;
    yield [from, first, i - first] as const;
    first = i;
  }
}

function multiply({ rule }: PlannedTensor, floats: Float32Array, start: number, width: number): void {
  let row = 0;
  for (const { rows, factors } of rule.factors ?? []) {
    const from = Math.max(row - start, 0) * width;
    const to = Math.min((row + rows - start) * width, floats.length);
    for (const factor of factors.map(Math.fround)) {
      if (factor === 1) continue;
      // Storing rounds each product to 32 bits.
      for (let i = from; i < to; i++) floats[i] = (floats[i] as number) * factor;
    }
    row += rows;
  }
}

/** Of what is neither infinite nor no number the pattern is less, the sign apart. */
const infinite = 0x7f80_0000;
/** Rounds to an infinite half: every smaller type has one in it. */
const beyondHalf = 0x477f_f000;

function checkNumbers({ rule, type }: PlannedTensor, floats: Float32Array): void {
  const patterns = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  let most = 0;
  for (let i = 0; i < patterns.length; i++) {
    const size = (patterns[i] as number) & 0x7fff_ffff;
    if (size > most) most = size;
  }
  if (most >= infinite) {
    throw new ConversionError(
      l10n.t("the tensor {0} holds what is no number or infinite: download the model again", rule.source),
    );
  }
  if (most >= beyondHalf && type !== "F32" && type !== "BF16") {
    throw new ConversionError(
      l10n.t("the tensor {0} holds numbers that are too large for the type {1}: choose BF16", rule.source, type),
    );
  }
}

function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let written = 0; written < bytes.length;) {
    written += fs.writeSync(file, bytes, written, bytes.length - written, position + written);
  }
}
