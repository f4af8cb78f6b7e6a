// The sequences of a context: which are idle, and which of them a request gets.

import type { LlamaContextSequence, Token } from "node-llama-cpp";

import { Checkpoints } from "./checkpoints.ts";
import type { DecodeRequest } from "./decodeRequest.ts";
import { copyState, keepShared, sharedLength } from "./sequences.ts";

/** A sequence that a request uses, and how many tokens of its prompt it held already. */
export interface Taken {
  readonly sequence: LlamaContextSequence;
  readonly reused: number;
}

export class SequencePool {
  readonly checkpoints = new Checkpoints();
  readonly #all: readonly LlamaContextSequence[];
  /** The sequences that no request uses, the least recently used first. */
  #idle: readonly LlamaContextSequence[];
  /** Sequences whose request failed and which could not be cleared yet. */
  readonly #spoilt = new Set<LlamaContextSequence>();
  /** Sequences that hold what must not be saved. */
  readonly #private = new Set<LlamaContextSequence>();
  readonly #restore: (sequence: LlamaContextSequence, prompt: readonly Token[]) => Promise<boolean>;

  /** @param restore puts what was saved of a prompt into a sequence, if that is more than it holds */
  constructor(
    sequences: readonly LlamaContextSequence[],
    restore: (sequence: LlamaContextSequence, prompt: readonly Token[]) => Promise<boolean>,
  ) {
    this.#all = sequences;
    this.#idle = sequences;
    this.#restore = restore;
  }

  /** A sequence's place among all of the context. */
  indexOf(sequence: LlamaContextSequence): number {
    return this.#all.indexOf(sequence);
  }

  /** How many sequences are idle. */
  get size(): number {
    return this.#idle.length;
  }

  /** The idle sequences that may be saved, the last used first. */
  get lendable(): readonly LlamaContextSequence[] {
    return this.#idle.filter((sequence) => !this.#spoilt.has(sequence) && !this.#private.has(sequence)).toReversed();
  }

  /**
   * Takes the idle sequence that shares most with a prompt, and cuts it back to what it shares. If that fails, the sequence
   * stays idle.
   */
  async take({ prompt, private: isPrivate = false }: DecodeRequest, mayRestore: boolean): Promise<Taken> {
    const { sequence, shared } = this.#choose(prompt);
    // The last token is always evaluated, since its output is what the first new token comes from.
    const reusable = prompt.slice(0, -1);
    return this.#use(sequence, async () => {
      if (shared === 0 && mayRestore && (await this.#restore(sequence, reusable))) {
        this.checkpoints.forget(sequence);
        this.checkpoints.add(sequence);
      }
      const reused = await keepShared(sequence, reusable, this.checkpoints);
      // From now on it holds nothing but what this request evaluates, and what the request has in common with others.
      this.#setPrivate(sequence, isPrivate);
      return { sequence, reused };
    });
  }

  /** Takes an idle sequence that holds what another does; undefined where the state cannot be copied. */
  async takeCopy(from: LlamaContextSequence): Promise<Taken | undefined> {
    const [sequence] = this.#byWorth;
    if (!sequence) return undefined;
    return this.#use(sequence, async () => {
      this.checkpoints.forget(sequence);
      this.#setPrivate(sequence, this.#private.has(from));
      if (await copyState(from, sequence)) return { sequence, reused: sequence.nextTokenIndex };
      this.giveBack(sequence);
      return undefined;
    });
  }

  giveBack(sequence: LlamaContextSequence): void {
    this.#idle = [...this.#idle, sequence];
  }

  /** Gives back a sequence whose request failed, and clears it. */
  async giveBackSpoilt(sequence: LlamaContextSequence): Promise<void> {
    this.#spoilt.add(sequence);
    // Where this fails, it is tried again when the sequence is taken.
    await this.#clear(sequence).catch(() => undefined);
    this.giveBack(sequence);
  }

  #setPrivate(sequence: LlamaContextSequence, isPrivate: boolean): void {
    if (isPrivate) this.#private.add(sequence);
    else this.#private.delete(sequence);
  }

  /**
   * The idle sequences, the one to lose first: one that holds nothing, then one between two sequences in use, then one beside
   * one, then the least recently used. llama.cpp evaluates the sequences of a batch together only where their ids follow one another.
   */
  get #byWorth(): readonly LlamaContextSequence[] {
    const isUsed = (place: number) => {
      const sequence = this.#all[place];
      return sequence !== undefined && !this.#idle.includes(sequence);
    };
    const worth = (sequence: LlamaContextSequence) => {
      const place = this.indexOf(sequence);
      return (sequence.nextTokenIndex === 0 ? 0 : 3) + (isUsed(place - 1) ? 0 : 1) + (isUsed(place + 1) ? 0 : 1);
    };
    return this.#idle.toSorted((a, b) => worth(a) - worth(b));
  }

  #choose(prompt: readonly Token[]): { readonly sequence: LlamaContextSequence; readonly shared: number } {
    const candidates = this.#byWorth.map((sequence) => {
      const shared = this.#spoilt.has(sequence) ? 0 : sharedLength(sequence, prompt);
      // Less in common is chance, such as a line that many files begin with: to use the sequence would evict another file.
      const isChance = shared < Math.min(prompt.length, sequence.nextTokenIndex) / 2;
      return { sequence, shared: isChance ? 0 : shared };
    });
    return candidates.reduce((a, b) => (b.shared > a.shared ? b : a));
  }

  async #use<T>(sequence: LlamaContextSequence, prepare: () => Promise<T>): Promise<T> {
    this.#idle = this.#idle.filter((other) => other !== sequence);
    try {
      if (this.#spoilt.has(sequence)) await this.#clear(sequence);
      return await prepare();
    } catch (error) {
      await this.giveBackSpoilt(sequence);
      throw error;
    }
  }

  async #clear(sequence: LlamaContextSequence): Promise<void> {
    this.checkpoints.forget(sequence);
    await sequence.clearHistory();
    this.#spoilt.delete(sequence);
  }
}
