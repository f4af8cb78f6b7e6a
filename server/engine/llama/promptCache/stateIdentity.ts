// What a saved state depends on: with any other model, adapter or kind of context it would be unloadable or wrong. It does not
// depend on what is chosen by the memory that is free: the device, its layers, and the size of the context; the number of
// sequences can be changed (stateStreams.ts).

import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import type { LlamaContext } from "node-llama-cpp";

import { modelFiles } from "../../splitFiles.ts";
import type { LoadPlan } from "../../engine.ts";

/** Blocks of a file that are hashed, and the bytes of each. */
const blocks = 64;
const blockSize = 2 ** 16;

/**
 * @param plan by which the context was made; `path` is a GGUF file, or the first of a split one
 * @param libraryVersion of node-llama-cpp, which comes with one version of llama.cpp and of its format
 * @returns 64 hexadecimal digits
 */
export async function stateIdentity(
  context: LlamaContext,
  { path, adapters = [] }: Pick<LoadPlan, "path" | "adapters">,
  libraryVersion: string,
): Promise<string> {
  const { kvCacheKeyType, kvCacheValueType, flashAttention } = context;
  const facts = [
    libraryVersion,
    await Promise.all(modelFiles(path).map(fileIdentity)),
    await Promise.all(adapters.map(async (adapter) => [await fileIdentity(adapter.path), adapter.scale])),
    // Flash attention wants the values in another order. On a GPU the library leaves it to llama.cpp, which has it.
    [kvCacheKeyType, kvCacheValueType, flashAttention !== false],
  ];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
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
