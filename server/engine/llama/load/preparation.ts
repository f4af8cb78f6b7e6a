// Prepares a GPU after a load. Its driver compiles a program for each shape of batch when that comes for the first time, which
// takes up to half a minute after an installation, and keeps it on disk from then on: here, not in a request.

import type { LlamaContextSequence, Token } from "node-llama-cpp";

import { batchSize } from "../../plan/buffers.ts";
import type { DecodeLoop } from "../decode/decodeLoop.ts";

/** A batch: so many tokens of each of so many sequences. */
interface Shape {
  readonly tokens: number;
  readonly sequences: number;
}

/** As requests have them: next tokens of several sequences, drafts, and pieces of prompts, by llama.cpp's own bounds. */
function shapesFor(sequences: number, contextSize: number): Shape[] {
  const several = Array.from({ length: sequences }, (_, i) => ({ tokens: 1, sequences: i + 1 }));
  const pieces = [4, 8, 32, 64, batchSize].filter((tokens) => tokens < contextSize);
  return [...several, ...pieces.map((tokens) => ({ tokens, sequences: 1 }))];
}

/** Seconds that a batch may take once it is compiled: a request that comes meanwhile waits for it. */
const longestBatch = 0.5;

export interface PreparationOptions {
  readonly sequences: readonly LlamaContextSequence[];
  /** Tokens of a prompt that are evaluated in a second: what takes long is left to the request that needs it. */
  readonly promptRate: number;
  /** A request that comes meanwhile waits for one batch. */
  readonly whileIdle: DecodeLoop["whileIdle"];
  readonly log: (message: string) => void;
}

export class Preparation {
  readonly #options: PreparationOptions;
  readonly #done = Promise.withResolvers<void>();
  #shapes: Shape[];
  #isRunning = false;
  /** It was told to go on while it ran: whatever it was about to end for is over. */
  #goesOn = false;

  constructor(options: PreparationOptions) {
    this.#options = options;
    const { sequences, promptRate } = options;
    this.#shapes = shapesFor(sequences.length, sequences[0]?.contextSize ?? 0).filter(
      (shape) => shape.tokens * shape.sequences <= promptRate * longestBatch,
    );
  }

  /** Resolves when no request has to wait for the driver any more. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Batches that are still to be evaluated. */
  get left(): number {
    return this.#shapes.length;
  }

  /** Begins, or goes on after a request. */
  async goOn(): Promise<void> {
    this.#goesOn = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#goesOn && this.left > 0) {
        this.#goesOn = false;
        while (this.left > 0 && (await this.#options.whileIdle(() => this.#evaluateNext())));
      }
      if (this.left === 0) this.#done.resolve();
    } catch (error) {
      this.#options.log(`the GPU is not prepared: ${String(error)}`);
      this.stop();
    } finally {
      this.#isRunning = false;
    }
  }

  /** What is not prepared then, a request prepares. */
  stop(): void {
    this.#shapes = [];
    this.#done.resolve();
  }

  async #evaluateNext(): Promise<void> {
    const shape = this.#shapes.shift();
    if (!shape) return;
    // What requests have left in the others is of use to the next ones.
    const empty = this.#options.sequences.filter(({ nextTokenIndex }) => nextTokenIndex === 0);
    const used = empty.slice(0, shape.sequences);
    // No request may begin before all have ended, one way or the other.
    const ends = await Promise.allSettled(
      used.map(async (sequence) => {
        const evaluation = sequence.evaluate(Array<Token>(shape.tokens).fill(0 as Token), { temperature: 0 });
        await evaluation.next();
        await evaluation.return();
      }),
    );
    const cleared = await Promise.allSettled(used.map((sequence) => sequence.clearHistory()));
    const failed = [...ends, ...cleared].find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
  }
}
