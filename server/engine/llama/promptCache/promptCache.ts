// The prompt cache: states of sequences in a folder, so that a restart begins warm. They hold the user's text, and only the
// user can read them.

import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import type { LlamaContextSequence, Token } from "node-llama-cpp";

import type { LoadPlan } from "../../engine.ts";
import { checkFolder, isExpired, isGone, listCacheFiles, orDeleted, unlessGone } from "../../promptCacheFolder.ts";
import type { Rates } from "./rates.ts";
import { lengthToSave, sharedLength, usableLength } from "./savedTokens.ts";
import { appendChecksum, hasValidChecksum, readTokens } from "./stateFile.ts";
import { stateIdentity } from "./stateIdentity.ts";
import { loadState } from "./stateStreams.ts";

/** Fewer tokens are not worth a file. */
const fewestTokens = 128;

export interface PromptCacheOptions {
  /** Made when it is not there. Several processes may share it. */
  readonly folder: string;
  /** Of everything that a state depends on (stateIdentity.ts). */
  readonly identity: string;
  /** All of the context. */
  readonly sequences: readonly LlamaContextSequence[];
  readonly rates: Rates;
  readonly log: (message: string) => void;
  /** Of all files together, in bytes; 1 GiB unless given. */
  readonly maxSize?: number;
}

interface CachedPrompt {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly tokens: readonly Token[];
}

/** The prompt cache of the model that is loaded, if the plan has one. Never rejects. */
export async function openPromptCache(
  plan: LoadPlan,
  sequences: readonly LlamaContextSequence[],
  libraryVersion: string,
  rates: Rates,
  log: (message: string) => void,
): Promise<PromptCache | undefined> {
  const { promptCache: folder } = plan;
  const [sequence] = sequences;
  if (folder === undefined || !sequence) return undefined;
  try {
    const identity = await stateIdentity(sequence.context, plan, libraryVersion);
    const cache = new PromptCache({ folder, identity, sequences, rates, log });
    await cache.prune();
    return cache;
  } catch (error) {
    log(`contexts are not saved: ${String(error)}`);
    return undefined;
  }
}

/**
 * A sequence must not be used otherwise while it is saved or filled. No call rejects: without its states a model is slower,
 * and works.
 */
export class PromptCache {
  readonly #options: PromptCacheOptions;
  readonly #maxSize: number;
  /** Counts the files that this process wrote or read: each has a name of its own meanwhile. */
  #count = 0;
  /** What was written or read of a sequence last. It is not written again, even if the user deleted the file. */
  readonly #known = new WeakMap<LlamaContextSequence, readonly Token[]>();
  #failed = false;

  constructor(options: PromptCacheOptions) {
    this.#options = options;
    this.#maxSize = options.maxSize ?? 2 ** 30;
  }

  /**
   * Writes what a sequence holds, unless most of that is in a file already. Resolves when the sequence is free, to the rest
   * of the work if there is any: the checksum takes longer than the writing, and no process reads a file without one.
   * @param longest milliseconds in which the sequence has to be free again: what takes longer is not written
   */
  async save(sequence: LlamaContextSequence, longest = Infinity): Promise<(() => Promise<void>) | undefined> {
    const written = await this.#attempt(() => this.#write(sequence, longest));
    return written && (() => this.#attempt(() => this.#complete(written)));
  }

  /**
   * Fills a sequence with the saved state that holds most of a prompt, if one holds more than the sequence does and is read
   * faster than that is evaluated.
   */
  async restore(sequence: LlamaContextSequence, prompt: readonly Token[]): Promise<boolean> {
    const isRestored = await this.#attempt(async () => {
      const held = sharedLength(sequence.contextTokens, prompt);
      const states = (await this.#states())
        .map((state) => ({ ...state, usable: usableLength(state.tokens, prompt, sequence) }))
        // To read four times as much as is used takes no longer than to evaluate it, on any machine.
        .filter((state) => state.usable > held && state.usable >= state.tokens.length / 4)
        .filter((state) => this.#options.rates.isWorthReading(state.size, state.usable - held))
        .sort((a, b) => b.usable - a.usable);
      for (const state of states) {
        if (!(await this.#read(sequence, state))) continue;
        this.#known.set(sequence, state.tokens);
        return true;
      }
      return false;
    });
    return isRestored ?? false;
  }

  async #write(sequence: LlamaContextSequence, longest: number): Promise<CachedPrompt | undefined> {
    const { folder, rates } = this.#options;
    const tokens = sequence.contextTokens.slice(0, lengthToSave(sequence));
    const known = this.#known.get(sequence);
    const isKnown = known && usableLength(known, tokens, sequence) >= tokens.length * 0.75;
    if (tokens.length < fewestTokens || isKnown) return undefined;
    const expected = this.#expectedSize(sequence);
    if (!rates.isWrittenIn(expected, longest)) {
      this.#options.log(`a context is not saved: it would take more than ${Math.round(longest)} ms`);
      return undefined;
    }
    await checkFolder(folder);
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    if (!(await this.#hasRoom(expected))) return undefined;
    const file = this.#nextInUse();
    // Made before llama.cpp writes it, which would let others read it.
    await (await fs.open(file, "wx", 0o600)).close();
    this.#known.set(sequence, tokens);
    const size = await orDeleted(file, async () => {
      await sequence.eraseContextTokenRanges([{ start: tokens.length, end: sequence.nextTokenIndex }]);
      const start = performance.now();
      const { fileSize } = await sequence.saveStateToFile(file);
      rates.hasWritten(fileSize, performance.now() - start);
      return fileSize;
    });
    return { file, tokens, size };
  }

  /** Makes a state that was written one that can be read. It takes the place of older ones of the same text. */
  async #complete({ file, tokens, size }: CachedPrompt): Promise<void> {
    const { folder, identity } = this.#options;
    // Listed before the new one is there: of two processes that save the same text at once, neither deletes the other's.
    const older = (await this.#states()).filter(
      (state) => sharedLength(state.tokens, tokens) > state.tokens.length / 2,
    );
    await orDeleted(file, async () => {
      await appendChecksum(file, identity, size);
      await fs.rename(file, path.join(folder, `${this.#prefix}${randomUUID()}.state`));
    });
    for (const state of older) await fs.rm(state.file, { force: true });
    await this.#prune();
  }

  /** False where the file is damaged, or gone: another process uses it or has deleted it. A damaged one is deleted. */
  async #read(sequence: LlamaContextSequence, { file, size }: CachedPrompt): Promise<boolean> {
    const inUse = this.#nextInUse();
    const start = performance.now();
    try {
      // The files that were used last are deleted last.
      const now = new Date();
      await fs.utimes(file, now, now);
      await fs.rename(file, inUse);
    } catch {
      return false;
    }
    try {
      // Verified first: llama.cpp ends the process when it reads a damaged one.
      if (!(await hasValidChecksum(inUse, this.#options.identity))) throw new Error("it is damaged");
      // Loading alone would leave the copies of the state of what was there before.
      await sequence.clearHistory();
      await loadState(sequence, inUse, this.#nextInUse());
      this.#options.rates.hasRead(size, performance.now() - start);
      await sequence.takeCheckpoint();
    } catch (error) {
      await sequence.clearHistory();
      await fs.rm(inUse);
      this.#options.log(`a saved context cannot be used: ${String(error)}`);
      return false;
    }
    // Where the user deleted it meanwhile, the sequence holds it still.
    await unlessGone(fs.rename(inUse, file));
    return true;
  }

  #nextInUse(): string {
    // If reading a file ends the process, no process reads it again under this name.
    return path.join(this.#options.folder, `in-use-${process.pid}-${this.#count++}.tmp`);
  }

  get #prefix(): string {
    return `${this.#options.identity.slice(0, 16)}-`;
  }

  /** The states of this model and context, as they are now: other processes add and delete some. */
  async #states(): Promise<readonly CachedPrompt[]> {
    const files = (await listCacheFiles(this.#options.folder)).filter(({ name }) => name.startsWith(this.#prefix));
    return Promise.all(
      files.map(async ({ path: file, size }) => ({ file, size, tokens: (await unlessGone(readTokens(file))) ?? [] })),
    );
  }

  /** Bytes of a sequence's state, about. */
  #expectedSize(sequence: LlamaContextSequence): number {
    const all = this.#options.sequences.reduce((sum, { nextTokenIndex }) => sum + nextTokenIndex, 0);
    return (sequence.context.stateSize * sequence.nextTokenIndex) / all;
  }

  /** Whether so many bytes have a place among the others, and leave half of the disk's free space. */
  async #hasRoom(size: number): Promise<boolean> {
    const { folder } = this.#options;
    const { bavail, bsize } = await fs.statfs(folder);
    return size <= Math.min(this.#maxSize, (bavail * bsize) / 2);
  }

  /** Deletes what is too old, and of the rest the oldest until it is small enough. */
  async prune(): Promise<void> {
    await this.#attempt(() => this.#prune());
  }

  async #prune(): Promise<void> {
    let total = 0;
    for (const file of (await listCacheFiles(this.#options.folder)).toSorted((a, b) => a.age - b.age)) {
      total += file.size;
      if (isExpired(file) || total > this.#maxSize) await fs.rm(file.path, { force: true });
    }
  }

  /**
   * What fails once, as on a full disk, is logged and not tried again until the model is loaded again. A file or a folder
   * that is gone is no failure: the user deletes saved contexts at any time.
   */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#failed) return undefined;
    try {
      return await work();
    } catch (error) {
      if (isGone(error)) return undefined;
      this.#failed = true;
      this.#options.log(`contexts are not saved any more: ${String(error)}`);
      return undefined;
    }
  }
}
