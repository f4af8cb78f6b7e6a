// What a sequence of a context holds: compared with a prompt, cut back to it, copied.

import fs from "node:fs/promises";
import path from "node:path";
import { pid } from "node:process";
import type { LlamaContextSequence, Token } from "node-llama-cpp";

import { copyFolder } from "../../process/copyFolder.ts";
import type { Checkpoints } from "./checkpoints.ts";

/** How many of the tokens a sequence holds. */
export function sharedLength(sequence: LlamaContextSequence, tokens: readonly Token[]): number {
  return sequence.compareContextTokens([...tokens]).firstDifferentIndex;
}

/** Cuts a sequence back to what it shares with the tokens, or can go back to. Returns how many of them it holds then. */
export async function keepShared(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  checkpoints: Checkpoints,
): Promise<number> {
  const shared = sharedLength(sequence, tokens);
  const end = sequence.nextTokenIndex;
  if (end === 0) checkpoints.forget(sequence);
  if (shared < end) {
    // From a copy of the state to the place, the library would evaluate everything at once, with all others waiting.
    const start = sequence.needsCheckpoints ? checkpoints.cut(sequence, shared) : shared;
    await sequence.eraseContextTokenRanges([{ start, end }]);
  }
  return sequence.nextTokenIndex;
}

/**
 * Makes a sequence hold what another holds. The library copies states by way of files only; the file exists for a
 * moment, and other users cannot read it. False where it cannot be written.
 */
export async function copyState(from: LlamaContextSequence, to: LlamaContextSequence): Promise<boolean> {
  // Loading a state would leave the checkpoints of what was there before.
  await to.clearHistory();
  if (from.nextTokenIndex === 0) return true;
  const folder = copyFolder(pid);
  const file = path.join(folder, "state");
  try {
    if (!(await writeState(from, folder, file))) return false;
    await to.loadStateFromFile(file, { acceptRisk: true });
    return true;
  } finally {
    await fs.rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function writeState(sequence: LlamaContextSequence, folder: string, file: string): Promise<boolean> {
  try {
    // Fails where another user has made it.
    await fs.mkdir(folder, { mode: 0o700 });
    const { fileSize } = await sequence.saveStateToFile(file);
    // A state that was cut short, by a full disk, would end the process.
    return (await fs.stat(file)).size === fileSize;
  } catch {
    return false;
  }
}
