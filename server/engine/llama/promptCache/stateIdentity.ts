// What a saved state depends on: with any other model, adapter or context it would be unloadable or wrong.

import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import type { LlamaContext } from "node-llama-cpp";

import type { ServerSettings } from "../../../../src/shared/protocol.ts";

/** Blocks of a file that are hashed, and the bytes of each. */
const blocks = 64;
const blockSize = 2 ** 16;

/**
 * @param settings by which the context was made; `path` is a GGUF file, or the first of a split one
 * @param libraryVersion of node-llama-cpp, which comes with one version of llama.cpp and of its format
 * @returns 64 hexadecimal digits
 */
export async function stateIdentity(
  context: LlamaContext,
  { path, adapter }: Pick<ServerSettings["model"], "path" | "adapter">,
  libraryVersion: string,
): Promise<string> {
  const { contextSize, totalSequences, kvCacheKeyType, kvCacheValueType, flashAttention, model } = context;
  const facts = [
    libraryVersion,
    await Promise.all(modelFiles(path).map(fileIdentity)),
    adapter && [await fileIdentity(adapter.path), adapter.scale],
    [contextSize, totalSequences, kvCacheKeyType, kvCacheValueType, flashAttention],
    [model.llama.gpu, model.gpuLayers],
  ];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

/** All files of a model: a split one's are named NAME-00001-of-00003.gguf. */
export function modelFiles(modelPath: string): readonly string[] {
  const [, name, count] = /^(.*)-00001-of-(\d{5})\.gguf$/.exec(modelPath) ?? [];
  if (name === undefined || count === undefined) return [modelPath];
  return Array.from({ length: Number(count) }, (_, i) => `${name}-${String(i + 1).padStart(5, "0")}-of-${count}.gguf`);
}

/**
 * Size, time of change, and a hash of blocks spread over the file, its first and its last among them. The hash of all of it
 * would cost seconds for each load: SHA-256 does 0.5 to 2 GB a second. Other weights differ in nearly every block, and a
 * file that was edited in place has another time of change.
 */
async function fileIdentity(path: string): Promise<readonly (string | number)[]> {
  const file = await fs.open(path);
  try {
    const { size, mtimeMs } = await file.stat();
    const hash = createHash("sha256");
    for (let i = 0; i < blocks; i++) {
      const position = Math.floor((Math.max(size - blockSize, 0) * i) / (blocks - 1));
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(blockSize), position });
      hash.update(buffer.subarray(0, bytesRead));
    }
    return [size, mtimeMs, hash.digest("hex")];
  } finally {
    await file.close();
  }
}
