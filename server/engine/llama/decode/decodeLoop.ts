// The one loop that evaluates: all running requests step together in one batch, and who comes joins at the next step.

import { cpuUsage } from "node:process";
import type { LlamaContextSequence, Token } from "node-llama-cpp";

import { EngineError } from "../../engine.ts";
import { ChunkSize } from "./chunkSize.ts";
import type { Decoded, DecodeRequest, Evaluation } from "./decodeRequest.ts";
import { byUrgency, mayStart, whoseTurn } from "./scheduling.ts";
import { copyState, evaluatePrompt, keepShared, Checkpoints, sharedLength, toNextCheckpoint } from "./sequences.ts";

export interface DecodeLoopOptions {
  readonly sequences: readonly LlamaContextSequence[];
  /** Puts what was saved of a prompt into a sequence, if that is more than it holds. Never rejects. */
  readonly restore: (sequence: LlamaContextSequence, prompt: readonly Token[]) => Promise<boolean>;
  /** Gets how long a step took, and the process's CPU time in it, both in milliseconds. */
  readonly onStep: (wall: number, cpu: number) => void;
  /** Nothing runs any more. */
  readonly onIdle: () => void;
}

interface Waiting {
  readonly request: DecodeRequest;
  /** Requests with the same prompt, which begin with a copy of the state at its end. */
  siblings: readonly Waiting[];
  readonly signal: AbortSignal;
  readonly resolve: (decoded: Decoded) => void;
  readonly reject: (error: unknown) => void;
}

interface Running extends Waiting {
  readonly sequence: LlamaContextSequence;
  readonly reused: number;
  /** Tokens of the prompt that are not evaluated yet; of no meaning once `evaluation` is there. */
  rest: readonly Token[];
  evaluation?: Evaluation;
}

export class DecodeLoop {
  /** Those that nobody uses, the least recently used first. */
  #idle: LlamaContextSequence[];
  #waiting: Waiting[] = [];
  #running: Running[] = [];
  readonly #checkpoints = new Checkpoints();
  #looping = Promise.resolve();
  #isLooping = false;
  #stepStart: number | undefined;
  #steps = 0;
  readonly #chunkSize = new ChunkSize();
  #ended: Error | undefined;
  readonly #options: DecodeLoopOptions;
  /** Ends when nobody else uses the idle sequences. */
  #lent = Promise.resolve();

  constructor(options: DecodeLoopOptions) {
    this.#options = options;
    this.#idle = [...options.sequences];
  }

  /** When the step began that runs now, as `performance.now()` tells it; undefined while nothing runs. */
  get stepStart(): number | undefined {
    return this.#stepStart;
  }

  /** Runs requests that have one prompt in common: it is evaluated once. */
  async run(requests: readonly DecodeRequest[], signal: AbortSignal): Promise<readonly Decoded[]> {
    const waiting: Waiting[] = [];
    const ends = requests.map(
      (request) =>
        new Promise<Decoded>((resolve, reject) => {
          waiting.push({ request, siblings: [], signal, resolve, reject });
        }),
    );
    const [first, ...siblings] = waiting;
    if (first) this.#enqueue({ ...first, siblings });
    if (!this.#isLooping) this.#looping = this.#loop();
    return Promise.all(ends);
  }

  /** Ends all requests with an error, and resolves when nothing runs. */
  async end(error: Error): Promise<void> {
    this.#ended = error;
    await this.#looping;
    await this.#lent;
  }

  /**
   * Lends the sequences while nothing runs, one after the other, the last used first. A request that comes waits until the
   * one that is lent is back, and ends it. `use` never rejects.
   */
  async lendIdle(use: (sequence: LlamaContextSequence) => Promise<void>): Promise<void> {
    for (const sequence of this.#idle.toReversed()) {
      this.#lent = this.#lent.then(() => (this.#isLooping ? undefined : use(sequence)));
      await this.#lent;
    }
  }

  #enqueue(...waiting: readonly Waiting[]): void {
    this.#waiting.push(...waiting);
    this.#waiting.sort(byUrgency);
  }

  async #loop(): Promise<void> {
    this.#isLooping = true;
    this.#stepStart = performance.now();
    await this.#lent;
    while (this.#waiting.length + this.#running.length > 0) {
      this.#stepStart = performance.now();
      // Between two steps nothing is evaluated, so that a sequence can be cut back or copied without waiting for others.
      this.#endAborted();
      await this.#admit();
      await this.#startSiblings();
      const start = performance.now();
      const before = cpuUsage();
      await this.#step();
      const { user, system } = cpuUsage(before);
      this.#options.onStep(performance.now() - start, (user + system) / 1000);
    }
    this.#isLooping = false;
    this.#stepStart = undefined;
    this.#options.onIdle();
  }

  #endAborted(): void {
    if (this.#ended) {
      for (const each of [...this.#running, ...this.#waiting]) this.#reject(each, this.#ended);
      for (const run of this.#running) this.#finish(run, "aborted");
      this.#waiting = [];
    }
    for (const run of this.#running.filter(({ signal }) => signal.aborted)) this.#finish(run, "aborted");
    const aborted = this.#waiting.filter(({ signal }) => signal.aborted);
    this.#waiting = this.#waiting.filter(({ signal }) => !signal.aborted);
    for (const { siblings, ...first } of aborted) {
      for (const { resolve } of [first, ...siblings]) resolve({ end: "aborted", reused: 0 });
    }
  }

  /** Gives each waiting request the idle sequence that shares most with its prompt, else the one idle longest. */
  async #admit(): Promise<void> {
    for (const waiting of this.#waiting) {
      if (!mayStart(waiting, this.#running, this.#idle.length)) continue;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      const { prompt } = waiting.request;
      // Less in common is chance, such as a line that many files begin with, and would cost another file what it holds.
      const shared = (sequence: LlamaContextSequence) => {
        const length = sharedLength(sequence, prompt);
        return length < Math.min(prompt.length, sequence.nextTokenIndex) / 2 ? 0 : length;
      };
      const best = this.#idle.reduce((a, b) => (shared(b) > shared(a) ? b : a));
      this.#idle = this.#idle.filter((sequence) => sequence !== best);
      try {
        // The last token is always evaluated, since its output is what the first new token comes from.
        const reusable = prompt.slice(0, -1);
        // To read takes as long as some steps, for which nobody waits who runs.
        const mayRestore = shared(best) === 0 && this.#running.length === 0;
        if (mayRestore && (await this.#options.restore(best, reusable))) {
          this.#checkpoints.forget(best);
          this.#checkpoints.add(best);
        }
        const reused = await keepShared(best, reusable, this.#checkpoints);
        this.#running.push({ ...waiting, sequence: best, reused, rest: prompt.slice(reused) });
      } catch (error) {
        this.#idle.push(best);
        this.#reject(waiting, decodeFailure(error));
      }
    }
  }

  /** Where nothing but the last token of a common prompt is left: a copy for each sibling, or its turn when one is free. */
  async #startSiblings(): Promise<void> {
    for (const run of this.#running.filter(({ siblings, rest }) => siblings.length > 0 && rest.length === 1)) {
      const siblings = run.siblings;
      run.siblings = [];
      for (const sibling of siblings) {
        const [sequence] = mayStart(sibling, this.#running, this.#idle.length) ? this.#idle : [];
        if (!sequence || !(await copyState(run.sequence, sequence))) {
          this.#enqueue(sibling);
          continue;
        }
        this.#idle = this.#idle.slice(1);
        this.#checkpoints.forget(sequence);
        this.#running.push({ ...sibling, sequence, reused: sequence.nextTokenIndex, rest: run.rest });
      }
    }
  }

  /** Evaluates a token, or a piece of the prompt, of each whose turn it is. What they ask for at once is one batch. */
  async #step(): Promise<void> {
    const turn = whoseTurn(this.#running, this.#steps++);
    let room = this.#chunkSize.next(this.#running.length);
    let prefilled = 0;
    const start = performance.now();
    await Promise.all(
      turn.map(async (run) => {
        if (run.evaluation) return this.#guard(run, () => this.#evaluate(run));
        const end = run.siblings.length > 0 ? 1 : 0;
        const length = Math.min(room, run.rest.length - end, toNextCheckpoint(run.sequence, run.request));
        room -= length;
        prefilled += length;
        if (length === 0) return;
        // The end of a prompt and the first new token are one step.
        if (length === run.rest.length) return this.#guard(run, () => this.#evaluate(run));
        return this.#guard(run, async () => {
          await evaluatePrompt(run.sequence, run.request, run.rest.slice(0, length), this.#checkpoints);
          run.rest = run.rest.slice(length);
        });
      }),
    );
    this.#chunkSize.evaluated(prefilled, performance.now() - start);
  }

  async #evaluate(run: Running): Promise<void> {
    run.evaluation ??= run.request.evaluate(run.sequence, run.rest);
    const { value, done } = await run.evaluation.next();
    if (done) this.#finish(run, run.signal.aborted ? "aborted" : value);
  }

  /** A fault ends the request that it happened in, and leaves nothing of it in the sequence. */
  async #guard(run: Running, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#reject(run, decodeFailure(error));
      await run.sequence.clearHistory();
      this.#checkpoints.forget(run.sequence);
      this.#finish(run, "aborted");
    }
  }

  #reject({ siblings, ...first }: Waiting, error: unknown): void {
    for (const { reject } of [first, ...siblings]) reject(error);
  }

  #finish(run: Running, end: Decoded["end"]): void {
    this.#running = this.#running.filter((other) => other !== run);
    this.#idle.push(run.sequence);
    void run.evaluation?.return("stopped");
    run.resolve({ end, reused: run.reused });
    for (const { resolve } of run.siblings) resolve({ end, reused: 0 });
  }
}

function decodeFailure(error: unknown): EngineError {
  return new EngineError("decodeFailed", error instanceof Error ? error.message : String(error), { cause: error });
}
