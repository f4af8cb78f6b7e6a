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

/**
 * As requests have them: pieces of prompts, which come first, and next tokens of several sequences. Each doubling is a program
 * of its own: of a 7B model on an H100, those of 32, 128, 256 and 512 tokens took 5 to 10 s each.
 */
function shapesFor(sequences: number, contextSize: number): Shape[] {
  const pieces = Array.from({ length: Math.log2(batchSize) + 1 }, (_, i) => ({ tokens: 2 ** i, sequences: 1 }));
  const several = Array.from({ length: sequences - 1 }, (_, i) => ({ tokens: 1, sequences: i + 2 }));
  return [...pieces.filter(({ tokens }) => tokens < contextSize), ...several];
}

export interface PreparationOptions {
  readonly sequences: readonly LlamaContextSequence[];
  /** A request that comes meanwhile waits for one batch. */
  readonly whileIdle: DecodeLoop["whileIdle"];
  /** Gets how many tokens of a prompt are evaluated in a second, once all is compiled. */
  readonly onPromptRate: (rate: number) => void;
  readonly log: (message: string) => void;
  /**
   * Seconds for two evaluations of a batch that is compiled: a request that comes meanwhile waits for them. What takes longer is
   * left to the request that needs it.
   */
  readonly longest?: number;
}

export class Preparation {
  readonly #options: PreparationOptions;
  readonly #done = Promise.withResolvers<void>();
  #shapes: Shape[];
  #isRunning = false;
  /** It was told to go on while it ran: whatever it was about to end for is over. */
  #goesOn = false;
  #isStopped = false;
  /** Of the longest piece. */
  #promptRate: number | undefined;

  constructor(options: PreparationOptions) {
    this.#options = options;
    const { sequences } = options;
    this.#shapes = shapesFor(sequences.length, sequences[0]?.contextSize ?? 0);
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
      if (this.left === 0) this.#end();
    } catch (error) {
      this.#options.log(`the GPU is not prepared: ${String(error)}`);
      this.stop();
    } finally {
      this.#isRunning = false;
    }
  }

  /** What is not prepared then, a request prepares. */
  stop(): void {
    this.#isStopped = true;
    this.#shapes = [];
    this.#done.resolve();
  }

  #end(): void {
    if (!this.#isStopped && this.#promptRate !== undefined) this.#options.onPromptRate(this.#promptRate);
    this.#done.resolve();
  }

  async #evaluateNext(): Promise<void> {
    const shape = this.#shapes.shift();
    if (!shape) return;
    // The driver may compile it the first time.
    const seconds = Math.min(await this.#evaluate(shape), await this.#evaluate(shape));
    // The next one may take twice as long.
    const { longest = 0.5 } = this.#options;
    if (seconds > longest / 4) {
      this.#shapes = this.#shapes.filter((each) => sizeOf(each) <= sizeOf(shape));
    }
    // Where a request came between, a short piece says too little.
    if (shape.sequences === 1) this.#promptRate = seconds < Infinity ? shape.tokens / seconds : undefined;
  }

  /** Seconds that it takes: infinitely many where requests have used the sequences. */
  async #evaluate(shape: Shape): Promise<number> {
    // What they have left in the others is of use to the next ones.
    const empty = this.#options.sequences.filter(({ nextTokenIndex }) => nextTokenIndex === 0);
    const used = empty.slice(0, shape.sequences);
    if (used.length < shape.sequences) return Infinity;
    const start = performance.now();
    // No request may begin before all have ended, one way or the other.
    const ends = await Promise.allSettled(
      used.map(async (sequence) => {
        const evaluation = sequence.evaluate(Array<Token>(shape.tokens).fill(0 as Token), { temperature: 0 });
        await evaluation.next();
        await evaluation.return();
      }),
    );
    const seconds = (performance.now() - start) / 1000;
    const cleared = await Promise.allSettled(used.map((sequence) => sequence.clearHistory()));
    const failed = [...ends, ...cleared].find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
    return seconds;
  }
}

function sizeOf({ tokens, sequences }: Shape): number {
  return tokens * sequences;
}
