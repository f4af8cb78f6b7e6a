// The one loop that evaluates: all running requests step together, and who comes joins at the next step.

import type { LlamaContextSequence, Token } from "node-llama-cpp";

export interface DecodeRequest {
  readonly prompt: readonly Token[];
  /** Where later prompts are likely to leave this one, each as the number of tokens before it, rising. */
  readonly stable: readonly number[];
  /** The lowest is given a sequence first, and takes part in every step; others in every second one meanwhile. */
  readonly priority: number;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly seed: number;
  /** Gets each new token; false ends the generation. */
  readonly onToken: (token: Token) => boolean;
}

/** `reused`: tokens of the prompt that a sequence held already, and that were not evaluated again. */
export interface Decoded {
  readonly end: "end" | "stopped" | "aborted";
  readonly reused: number;
}

/** How long the evaluation of prompts may make a step, in milliseconds: an abort waits for a step. */
const prefillTime = 200;
/** The same while others decode, whose next token waits for the step. */
const prefillTimeBesideOthers = 50;
/** Tokens that llama.cpp evaluates at once at the most. */
export const batchSize = 512;
/** Less than this is much less work for hardly less time. */
const smallestChunk = 32;

interface Waiting {
  readonly request: DecodeRequest;
  readonly signal: AbortSignal;
  readonly resolve: (decoded: Decoded) => void;
  readonly reject: (error: unknown) => void;
}

interface Running extends Waiting {
  readonly sequence: LlamaContextSequence;
  readonly reused: number;
  /** Tokens of the prompt that are not evaluated yet; of no meaning once `tokens` is there. */
  rest: readonly Token[];
  tokens?: AsyncGenerator<Token, void>;
}

export class DecodeLoop {
  /** Those that nobody uses, the least recently used first. */
  #idle: LlamaContextSequence[];
  #waiting: Waiting[] = [];
  #running: Running[] = [];
  #looping = Promise.resolve();
  #isLooping = false;
  #steps = 0;
  /** Prompt tokens per millisecond, as the last steps went. */
  #prefillRate = 1;

  constructor(sequences: readonly LlamaContextSequence[]) {
    this.#idle = [...sequences];
  }

  run(request: DecodeRequest, signal: AbortSignal): Promise<Decoded> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, signal, resolve, reject });
      this.#waiting.sort((a, b) => a.request.priority - b.request.priority);
      if (!this.#isLooping) this.#looping = this.#loop();
    });
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    await this.#looping;
  }

  async #loop(): Promise<void> {
    this.#isLooping = true;
    while (this.#waiting.length + this.#running.length > 0) {
      // Between two steps nothing is evaluated, so that a sequence can be cut back without waiting for the others.
      this.#endAborted();
      await this.#admit();
      await this.#step();
    }
    this.#isLooping = false;
  }

  #endAborted(): void {
    for (const run of this.#running.filter(({ signal }) => signal.aborted)) this.#finish(run, "aborted");
    const aborted = this.#waiting.filter(({ signal }) => signal.aborted);
    this.#waiting = this.#waiting.filter(({ signal }) => !signal.aborted);
    for (const { resolve } of aborted) resolve({ end: "aborted", reused: 0 });
  }

  /** Gives each waiting request the idle sequence that holds half of its prompt or more, else the one idle longest. */
  async #admit(): Promise<void> {
    while (this.#idle.length > 0) {
      const waiting = this.#waiting.shift();
      if (!waiting) return;
      const { prompt } = waiting.request;
      // Less in common is chance, such as a line that many files begin with, and would cost another file what it holds.
      const shared = (sequence: LlamaContextSequence) => {
        const { firstDifferentIndex } = sequence.compareContextTokens([...prompt]);
        return firstDifferentIndex < prompt.length / 2 ? 0 : firstDifferentIndex;
      };
      const best = this.#idle.reduce((a, b) => (shared(b) > shared(a) ? b : a));
      this.#idle = this.#idle.filter((sequence) => sequence !== best);
      try {
        // The last token is always evaluated, since its output is what the first new token comes from.
        const reused = await keepShared(best, prompt.slice(0, -1));
        this.#running.push({ ...waiting, sequence: best, reused, rest: prompt.slice(reused) });
      } catch (error) {
        this.#idle.push(best);
        waiting.reject(error);
      }
    }
  }

  /**
   * Evaluates a token, or a piece of the prompt, of each whose turn it is. One after the other, not in one batch: there the
   * texts of four at once were at times not those that the model writes alone (node-llama-cpp 3.21.1).
   */
  async #step(): Promise<void> {
    for (const run of this.#whoseTurn()) {
      if (!run.signal.aborted) await this.#guard(run, () => (run.tokens ? this.#decode(run) : this.#prefill(run)));
    }
  }

  async #prefill(run: Running): Promise<void> {
    const isAlone = this.#running.length === 1;
    const room = Math.round(this.#prefillRate * (isAlone ? prefillTime : prefillTimeBesideOthers));
    const length = Math.min(Math.max(room, smallestChunk), batchSize, toNextCheckpoint(run));
    // The end of a prompt and the first new token are one step.
    if (length >= run.rest.length) return this.#decode(run);
    const start = performance.now();
    await prefill(run, run.rest.slice(0, length));
    if (length >= smallestChunk) {
      const rate = length / (performance.now() - start);
      this.#prefillRate = (this.#prefillRate + rate) / 2;
    }
  }

  /** Who takes part in the next step, the most urgent first. What is less urgent takes part in every second step only. */
  #whoseTurn(): readonly Running[] {
    const sorted = this.#running.toSorted((a, b) => a.request.priority - b.request.priority);
    const urgent = sorted[0]?.request.priority;
    return this.#steps++ % 2 === 0 ? sorted : sorted.filter(({ request }) => request.priority === urgent);
  }

  async #decode(run: Running): Promise<void> {
    const { request, sequence } = run;
    // Penalties are off unless given; sampling is by temperature alone.
    const sampling = { temperature: request.temperature, seed: request.seed };
    run.tokens ??= sequence.evaluate([...run.rest], sampling);
    const { value: token, done } = await run.tokens.next();
    if (done) this.#finish(run, "end");
    else if (run.signal.aborted) this.#finish(run, "aborted");
    else if (!request.onToken(token)) this.#finish(run, "stopped");
  }

  /** A fault ends the request that it happened in, and leaves nothing of it in the sequence. */
  async #guard(run: Running, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      run.reject(error);
      await run.sequence.clearHistory();
      this.#finish(run, "aborted");
    }
  }

  #finish(run: Running, end: Decoded["end"]): void {
    this.#running = this.#running.filter((other) => other !== run);
    this.#idle.push(run.sequence);
    void run.tokens?.return();
    run.resolve({ end, reused: run.reused });
  }
}

/** Cuts a sequence back to what it shares with the tokens, or can go back to. Returns how many of them it holds then. */
async function keepShared(sequence: LlamaContextSequence, tokens: readonly Token[]): Promise<number> {
  const shared = sequence.compareContextTokens([...tokens]).firstDifferentIndex;
  if (shared < sequence.nextTokenIndex) {
    // From a copy of the state to the place, the library would evaluate everything at once, with all others waiting.
    const afterCopy = sequence.needsCheckpoints ? sequence.getRestoreToPrefixIndexEvaluationSize(shared - 1) : 0;
    await sequence.eraseContextTokenRanges([{ start: shared - afterCopy, end: sequence.nextTokenIndex }]);
  }
  return sequence.nextTokenIndex;
}

async function prefill(run: Running, chunk: readonly Token[]): Promise<void> {
  const { sequence, request } = run;
  await sequence.evaluateWithoutGeneratingNewTokens([...chunk]);
  run.rest = run.rest.slice(chunk.length);
  if (sequence.needsCheckpoints && request.stable.includes(sequence.nextTokenIndex)) await sequence.takeCheckpoint();
}

/** How many tokens of the prompt come before the next place at which a recurrent state has to be kept. */
function toNextCheckpoint({ sequence, request }: Running): number {
  if (!sequence.needsCheckpoints) return Infinity;
  const next = request.stable.find((place) => place > sequence.nextTokenIndex && place < request.prompt.length);
  return next === undefined ? Infinity : next - sequence.nextTokenIndex;
}
