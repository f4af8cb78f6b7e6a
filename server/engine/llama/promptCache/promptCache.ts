// The prompt cache: states of sequences in a folder, so that a restart begins warm. They hold the user's text, and only the
// user can read them.

import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import type { LlamaContextSequence, Token } from "node-llama-cpp";

import type { LoadPlan } from "../../engine.ts";
import { hasValidChecksum, readTokens, appendChecksum } from "./stateFile.ts";
import { stateIdentity } from "./stateIdentity.ts";

/** Fewer tokens are not worth a file. */
const fewestTokens = 128;
const day = 24 * 60 * 60_000;
/** A text that nobody came back to is not kept for longer, in milliseconds. */
const longestUnused = 7 * day;
/** A file that has been in use for longer, in milliseconds, was left by a process that died. */
const longestUse = 10 * 60_000;

export interface PromptCacheOptions {
  /** Made when it is not there. Several processes may share it. */
  readonly folder: string;
  /** Of everything that a state depends on (stateIdentity.ts). */
  readonly identity: string;
  /** All of the context. */
  readonly sequences: readonly LlamaContextSequence[];
  readonly log: (message: string) => void;
  /** Of all files together, in bytes; 1 GiB unless given. */
  readonly maxSize?: number;
}

interface CachedPrompt {
  readonly file: string;
  readonly tokens: readonly Token[];
}

/** The prompt cache of the model that is loaded, if the plan has one. Never rejects. */
export async function openPromptCache(
  plan: LoadPlan,
  sequences: readonly LlamaContextSequence[],
  libraryVersion: string,
  log: (message: string) => void,
): Promise<PromptCache | undefined> {
  const { promptCache: folder } = plan;
  const [sequence] = sequences;
  if (folder === undefined || !sequence) return undefined;
  try {
    const identity = await stateIdentity(sequence.context, plan, libraryVersion);
    const cache = new PromptCache({ folder, identity, sequences, log });
    await cache.prune();
    return cache;
  } catch (error) {
    log(`contexts are not saved: ${String(error)}`);
    return undefined;
  }
}

/** Calls must not overlap. None rejects: without its states a model is slower, and works. */
export class PromptCache {
  readonly #options: PromptCacheOptions;
  readonly #maxSize: number;
  /** A file has this name while this process writes or reads it: if the process dies of it, nobody reads it again. */
  readonly #inUse: string;
  /** What was written or read of a sequence last. It is not written again, even if the user deleted the file. */
  readonly #known = new WeakMap<LlamaContextSequence, CachedPrompt>();
  #failed = false;

  constructor(options: PromptCacheOptions) {
    this.#options = options;
    this.#maxSize = options.maxSize ?? 2 ** 30;
    this.#inUse = path.join(options.folder, `in-use-${process.pid}.tmp`);
  }

  /** Saves what a sequence holds, unless most of that is in a file already. */
  save(sequence: LlamaContextSequence): Promise<void> {
    return this.#attempt(async () => {
      const tokens = sequence.contextTokens.slice(0, lengthToSave(sequence));
      if (tokens.length < fewestTokens) return;
      const known = this.#known.get(sequence);
      if (known && usable(known, tokens, sequence) >= tokens.length * 0.75) return;
      await fs.mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
      if (!(await this.#hasRoom(sequence))) return;
      const states = await this.#states();
      this.#known.set(sequence, await this.#write(sequence, tokens));
      for (const state of states) {
        // It is an older state of the same text.
        if (sharedLength(state.tokens, tokens) > state.tokens.length / 2) await fs.rm(state.file, { force: true });
      }
      await this.#prune();
    });
  }

  /** Fills a sequence with the saved state that holds most of a prompt, if one holds more than the sequence does. */
  restore(sequence: LlamaContextSequence, prompt: readonly Token[]): Promise<boolean | undefined> {
    return this.#attempt(async () => {
      const held = sharedLength(sequence.contextTokens, prompt);
      const states = (await this.#states())
        .map((state) => ({ ...state, usable: usable(state, prompt, sequence) }))
        // To read four times as much as is used takes no longer than to evaluate it, on any machine.
        .filter((state) => state.usable > held && state.usable >= state.tokens.length / 4)
        .sort((a, b) => b.usable - a.usable);
      for (const state of states) {
        if (!(await this.#read(sequence, state.file))) continue;
        this.#known.set(sequence, state);
        return true;
      }
      return false;
    });
  }

  async #write(sequence: LlamaContextSequence, tokens: readonly Token[]): Promise<CachedPrompt> {
    const { folder, identity } = this.#options;
    const file = path.join(folder, `${this.#prefix}${randomUUID()}.state`);
    try {
      // Made before llama.cpp writes it, which would let others read it.
      await fs.writeFile(this.#inUse, "", { mode: 0o600 });
      await sequence.eraseContextTokenRanges([{ start: tokens.length, end: sequence.nextTokenIndex }]);
      const { fileSize } = await sequence.saveStateToFile(this.#inUse);
      await appendChecksum(this.#inUse, identity, fileSize);
      await fs.rename(this.#inUse, file);
      return { file, tokens };
    } catch (error) {
      await fs.rm(this.#inUse, { force: true });
      throw error;
    }
  }

  /** False where the file is damaged, or gone: another process uses it or has deleted it. A damaged one is deleted. */
  async #read(sequence: LlamaContextSequence, file: string): Promise<boolean> {
    const isMine = await fs.rename(file, this.#inUse).then(
      () => true,
      () => false,
    );
    if (!isMine) return false;
    try {
      // Verified first: llama.cpp ends the process when it reads a damaged one.
      if (!(await hasValidChecksum(this.#inUse, this.#options.identity))) throw new Error("it is damaged");
      // Loading alone would leave the copies of the state of what was there before.
      await sequence.clearHistory();
      await sequence.loadStateFromFile(this.#inUse, { acceptRisk: true });
      await sequence.takeCheckpoint();
      // Those that were used last are kept longest.
      const now = new Date();
      await fs.utimes(this.#inUse, now, now);
      await fs.rename(this.#inUse, file);
      return true;
    } catch (error) {
      this.#options.log(`a saved context cannot be used: ${String(error)}`);
      await sequence.clearHistory();
      await fs.rm(this.#inUse, { force: true });
      return false;
    }
  }

  get #prefix(): string {
    return `${this.#options.identity.slice(0, 16)}-`;
  }

  /** The states of this model and context. */
  async #states(): Promise<readonly CachedPrompt[]> {
    const { folder } = this.#options;
    const names = await readFolder(folder);
    const mine = names.filter((name) => name.startsWith(this.#prefix) && name.endsWith(".state"));
    return Promise.all(
      mine.map(async (name) => {
        const file = path.join(folder, name);
        // Another process may have deleted it.
        return { file, tokens: await readTokens(file).catch(() => []) };
      }),
    );
  }

  /** Whether a state has a place among the others, and leaves half of the disk's free space. */
  async #hasRoom(sequence: LlamaContextSequence): Promise<boolean> {
    const { folder, sequences } = this.#options;
    const all = sequences.reduce((sum, { nextTokenIndex }) => sum + nextTokenIndex, 0);
    const size = (sequence.context.stateSize * sequence.nextTokenIndex) / all;
    const { bavail, bsize } = await fs.statfs(folder);
    return size <= Math.min(this.#maxSize, (bavail * bsize) / 2);
  }

  /** Deletes what is too old, and of the rest the oldest until it is small enough. */
  prune(): Promise<void> {
    return this.#attempt(() => this.#prune());
  }

  async #prune(): Promise<void> {
    const { folder } = this.#options;
    const names = (await readFolder(folder)).filter((name) => name.endsWith(".state") || name.endsWith(".tmp"));
    const files = await Promise.all(
      names.map(async (name) => {
        const file = path.join(folder, name);
        const { size, mtimeMs } = await fs.stat(file).catch(() => ({ size: 0, mtimeMs: 0 }));
        return { file, size, age: Date.now() - mtimeMs };
      }),
    );
    let total = 0;
    for (const { file, size, age } of files.sort((a, b) => a.age - b.age)) {
      total += size;
      const longest = file.endsWith(".tmp") ? longestUse : longestUnused;
      if (age > longest || total > this.#maxSize) await fs.rm(file, { force: true });
    }
  }

  /** What fails once, as on a full disk, is logged and not tried again until the model is loaded again. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#failed) return undefined;
    try {
      return await work();
    } catch (error) {
      this.#failed = true;
      this.#options.log(`contexts are not saved any more: ${String(error)}`);
      return undefined;
    }
  }
}

/** Of a model that cannot drop the end of its context, only what it can go back to: there the prompts to come go on. */
function lengthToSave(sequence: LlamaContextSequence): number {
  return sequence.needsCheckpoints ? sequence.lastCheckpointIndex + 1 : sequence.nextTokenIndex;
}

/** How many of the tokens need no evaluation after the state was loaded. */
function usable({ tokens }: CachedPrompt, wanted: readonly Token[], sequence: LlamaContextSequence): number {
  const shared = sharedLength(tokens, wanted);
  return sequence.needsCheckpoints && shared < tokens.length ? 0 : shared;
}

function sharedLength(a: readonly Token[], b: readonly Token[]): number {
  const different = a.findIndex((token, i) => token !== b[i]);
  return different < 0 ? a.length : different;
}

async function readFolder(folder: string): Promise<string[]> {
  return fs.readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
}
