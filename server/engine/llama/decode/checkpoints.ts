// Checkpoints of sequences that cannot drop the end of their context: copies of their state that they can return to.

import type { LlamaContextSequence, Token } from "node-llama-cpp";

/** A prompt, and where later ones are likely to leave it (see `DecodeRequest`). */
interface Prompt {
  readonly prompt: readonly Token[];
  readonly stable: readonly number[];
}

/**
 * Where the checkpoints of each sequence are, each as the number of tokens before it. The library tells of the last one
 * only, and how much memory they take together.
 */
export class Checkpoints {
  readonly #places = new WeakMap<LlamaContextSequence, readonly number[]>();
  /** Bytes of a checkpoint: all of one model have the same size. */
  #size = 1;

  /** Notes the checkpoint that the sequence took last. */
  add(sequence: LlamaContextSequence): void {
    const places = this.#places.get(sequence) ?? [];
    if (places.length === 0) this.#size = Math.max(1, sequence.checkpointsMemoryUsage);
    // For a new checkpoint the library drops the oldest, where they are too many or too large.
    const count = Math.round(sequence.checkpointsMemoryUsage / this.#size);
    this.#places.set(sequence, [...places, sequence.lastCheckpointIndex + 1].slice(-count));
  }

  forget(sequence: LlamaContextSequence): void {
    this.#places.delete(sequence);
  }

  /** Forgets the checkpoints behind so many tokens, and returns the last one that is not. */
  cut(sequence: LlamaContextSequence, length: number): number {
    const places = (this.#places.get(sequence) ?? []).filter((place) => place <= length);
    this.#places.set(sequence, places);
    return Math.max(0, ...places);
  }
}

/** How many tokens of the prompt come before the next place at which a checkpoint has to be taken. */
export function toNextCheckpoint(sequence: LlamaContextSequence, { prompt, stable }: Prompt): number {
  if (!sequence.needsCheckpoints) return Infinity;
  const next = stable.find((place) => place > sequence.nextTokenIndex && place < prompt.length);
  return next === undefined ? Infinity : next - sequence.nextTokenIndex;
}

/** Keeps a copy of the state at a stable place of the prompt. */
export async function keepState(
  sequence: LlamaContextSequence,
  { stable }: Prompt,
  checkpoints: Checkpoints,
): Promise<void> {
  if (!sequence.needsCheckpoints || !stable.includes(sequence.nextTokenIndex)) return;
  await sequence.takeCheckpoint();
  checkpoints.add(sequence);
}
