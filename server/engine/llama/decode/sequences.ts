// What a sequence of a context holds: compared with a prompt, cut back to it, evaluated further, copied.

import fs from "node:fs/promises";
import path from "node:path";
import { pid } from "node:process";
import type { LlamaContextSequence, Token } from "node-llama-cpp";

import { copyFolder } from "../../process/copyFolder.ts";

/** A prompt, and where later ones are likely to leave it (see `DecodeRequest`). */
interface Prompt {
  readonly prompt: readonly Token[];
  readonly stable: readonly number[];
}

/** How many of the tokens a sequence holds. */
export function sharedLength(sequence: LlamaContextSequence, tokens: readonly Token[]): number {
  return sequence.compareContextTokens([...tokens]).firstDifferentIndex;
}

/**
 * Where sequences that cannot drop the end of their context keep copies of their state, each as the number of tokens
 * before it. The library tells of the last one only, and how much memory they take together.
 */
export class Checkpoints {
  readonly #places = new WeakMap<LlamaContextSequence, readonly number[]>();
  /** Bytes of a copy: of one model all have as many. */
  #size = 1;

  /** Notes the copy that the sequence took last. */
  add(sequence: LlamaContextSequence): void {
    const places = this.#places.get(sequence) ?? [];
    if (places.length === 0) this.#size = Math.max(1, sequence.checkpointsMemoryUsage);
    // For a new copy the library drops the oldest, where they are too many or too large.
    const count = Math.round(sequence.checkpointsMemoryUsage / this.#size);
    this.#places.set(sequence, [...places, sequence.lastCheckpointIndex + 1].slice(-count));
  }

  forget(sequence: LlamaContextSequence): void {
    this.#places.delete(sequence);
  }

  /** Forgets what is behind so many tokens, and returns the last place that is not. */
  cut(sequence: LlamaContextSequence, length: number): number {
    const places = (this.#places.get(sequence) ?? []).filter((place) => place <= length);
    this.#places.set(sequence, places);
    return Math.max(0, ...places);
  }
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

/** Evaluates a piece of a prompt that ends at a stable place or before it. */
export async function evaluatePrompt(
  sequence: LlamaContextSequence,
  { stable }: Prompt,
  piece: readonly Token[],
  checkpoints: Checkpoints,
): Promise<void> {
  await sequence.evaluateWithoutGeneratingNewTokens([...piece]);
  if (!sequence.needsCheckpoints || !stable.includes(sequence.nextTokenIndex)) return;
  await sequence.takeCheckpoint();
  checkpoints.add(sequence);
}

/** How many tokens of the prompt come before the next place at which a recurrent state has to be checkpoints. */
export function toNextCheckpoint(sequence: LlamaContextSequence, { prompt, stable }: Prompt): number {
  if (!sequence.needsCheckpoints) return Infinity;
  const next = stable.find((place) => place > sequence.nextTokenIndex && place < prompt.length);
  return next === undefined ? Infinity : next - sequence.nextTokenIndex;
}

/**
 * Makes a sequence hold what another holds. The library copies states by way of files only; this one is there for a
 * moment, and nobody else can read it. False where it cannot be written.
 */
export async function copyState(from: LlamaContextSequence, to: LlamaContextSequence): Promise<boolean> {
  // Loading a state would leave the checkpoints states of what was there before.
  await to.clearHistory();
  if (from.nextTokenIndex === 0) return true;
  const folder = copyFolder(pid);
  try {
    // Fails where another user has made it.
    await fs.mkdir(folder, { mode: 0o700 });
    const file = path.join(folder, "state");
    const { fileSize } = await from.saveStateToFile(file);
    // A state that was cut short, by a full disk, would end the process.
    if ((await fs.stat(file)).size !== fileSize) return false;
    await to.loadStateFromFile(file, { acceptRisk: true });
    return true;
  } catch {
    return false;
  } finally {
    await fs.rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
