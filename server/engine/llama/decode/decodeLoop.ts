// The one loop that evaluates: all running requests step together in one batch, and new ones join at the next step.

import { cpuUsage } from "node:process";
import type { LlamaContextSequence, Token } from "node-llama-cpp";

import type { BatchCost } from "./batchCost.ts";
import { keepState, toNextCheckpoint } from "./checkpoints.ts";
import { ChunkSize, divideTokens } from "./chunkSize.ts";
import { type Decoded, decodeFailure, type DecodeRequest } from "./decodeRequest.ts";
import type { Evaluator } from "./evaluator.ts";
import { rejectAll, type Running, type Waiting } from "./running.ts";
import { inTurn, mayStart, whoseTurn } from "./scheduling.ts";
import { SequencePool } from "./sequencePool.ts";
import type { StepThreads } from "./threads.ts";

export interface DecodeLoopOptions {
  readonly sequences: readonly LlamaContextSequence[];
  readonly evaluator: Evaluator;
  /** What a sequence more in a step costs; much unless given. */
  readonly batchCost?: BatchCost | undefined;
  /** Puts what was saved of a prompt into a sequence, if that is more than it holds. */
  readonly restore: (sequence: LlamaContextSequence, prompt: readonly Token[]) => Promise<boolean>;
  /** How many evaluate a step; as many as there were unless given. */
  readonly threads?: StepThreads | undefined;
  readonly onStep: () => void;
  /** Called when no request runs any more. */
  readonly onIdle: () => void;
  /** Gets a fault that belongs to no request: it has ended all that ran. */
  readonly onFault: (error: unknown) => void;
}

export class DecodeLoop {
  readonly #options: DecodeLoopOptions;
  readonly #pool: SequencePool;
  readonly #chunkSize = new ChunkSize();
  #waiting: Waiting[] = [];
  #running: Running[] = [];
  #steps = 0;
  #looping = Promise.resolve();
  #isLooping = false;
  #ended: Error | undefined;
  /** Resolves when the sequence that is lent is back. */
  #lent = Promise.resolve();

  constructor(options: DecodeLoopOptions) {
    this.#options = options;
    this.#pool = new SequencePool(options.sequences, options.restore);
  }

  get isRunning(): boolean {
    return this.#isLooping;
  }

  /** Runs requests that have one prompt in common: it is evaluated once. */
  async run(requests: readonly DecodeRequest[], signal: AbortSignal): Promise<readonly Decoded[]> {
    if (requests.some(({ prompt }) => prompt.length === 0)) throw decodeFailure("the prompt is empty");
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
   * Lends the sequences that may be saved while nothing runs, one after the other, the last used first. A new request waits
   * until the one that is lent is back, and ends the lending. `use` resolves when the sequence is back, to what is left to do
   * without it before the next one is lent.
   */
  async lendIdle(use: (sequence: LlamaContextSequence) => Promise<(() => Promise<void>) | undefined>): Promise<void> {
    const steps = this.#steps;
    for (const sequence of this.#pool.lendable) {
      const used = this.#lent.then(() => (this.#isLooping || this.#steps > steps ? undefined : use(sequence)));
      this.#lent = used.then(
        () => undefined,
        () => undefined,
      );
      const finish = await used;
      await finish?.();
    }
  }

  /** Runs what no request may run beside, and resolves to true; at once to false while one runs. A new request waits for it. */
  async whileIdle(use: () => Promise<void>): Promise<boolean> {
    const used = this.#lent.then(async () => {
      if (this.#isLooping) return false;
      await use();
      return true;
    });
    this.#lent = used.then(
      () => undefined,
      () => undefined,
    );
    return used;
  }

  #enqueue(...waiting: readonly Waiting[]): void {
    this.#waiting.push(...waiting);
  }

  async #loop(): Promise<void> {
    this.#isLooping = true;
    await this.#lent;
    while (this.#waiting.length + this.#running.length > 0) {
      try {
        // Between two steps nothing is evaluated, so a sequence can be cut back or copied without waiting for others.
        await this.#endAborted();
        await this.#admit();
        await this.#startSiblings();
        if (this.#running.length > 0) await this.#step();
      } catch (error) {
        await this.#failAll(error);
      }
    }
    this.#isLooping = false;
    try {
      this.#options.onIdle();
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  async #endAborted(): Promise<void> {
    if (this.#ended) {
      for (const each of [...this.#running, ...this.#waiting]) rejectAll(each, this.#ended);
      for (const run of this.#running) await this.#finish(run, "aborted");
      this.#waiting = [];
    }
    for (const run of this.#running.filter(({ signal }) => signal.aborted)) await this.#finish(run, "aborted");
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ signal }) => !signal.aborted);
    for (const { siblings, ...first } of waiting.filter(({ signal }) => signal.aborted)) {
      for (const { resolve } of [first, ...siblings]) resolve({ end: "aborted", reused: 0 });
    }
  }

  /** Starts those of the waiting requests that may have a sequence. */
  async #admit(): Promise<void> {
    if (this.#pool.size === 0) return;
    for (const waiting of inTurn(this.#waiting, this.#running)) {
      if (!mayStart(waiting, this.#running, this.#pool.size)) continue;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      try {
        // To read a saved state takes as long as some steps, and those that run would wait.
        const taken = await this.#pool.take(waiting.request, this.#running.length === 0);
        this.#running.push({ ...waiting, ...taken, rest: waiting.request.prompt.slice(taken.reused) });
      } catch (error) {
        rejectAll(waiting, decodeFailure(error));
      }
    }
  }

  /** Once all but the last token of a common prompt is evaluated, starts each sibling with a copy, or lets it wait. */
  async #startSiblings(): Promise<void> {
    for (const run of this.#running.filter(({ siblings, rest }) => siblings.length > 0 && rest.length === 1)) {
      const siblings = run.siblings;
      run.siblings = [];
      for (const sibling of siblings) {
        const mayCopy = mayStart(sibling, this.#running, this.#pool.size);
        const taken = mayCopy ? await this.#pool.takeCopy(run.sequence).catch(() => undefined) : undefined;
        if (taken) this.#running.push({ ...sibling, ...taken, rest: run.rest });
        else this.#enqueue(sibling);
      }
    }
  }

  /** Evaluates a token, or a piece of the prompt, of each whose turn it is. What they ask for at once is one batch. */
  async #step(): Promise<void> {
    const turn = whoseTurn(this.#running, this.#steps++, this.#options.batchCost?.isSmall === true);
    const hasCompletion = this.#running.some(({ request }) => request.priority === "completion");
    const chunks = this.#divide(this.#chunkSize.next(this.#running.length, hasCompletion), turn);
    const stepped = this.#options.threads?.begin(chunks.size > 0);
    const start = performance.now();
    const before = cpuUsage();
    // llama.cpp splits a batch wherever its sequences are not in their order.
    const inOrder = turn.toSorted((a, b) => this.#pool.indexOf(a.sequence) - this.#pool.indexOf(b.sequence));
    const ends = await Promise.all(inOrder.map((run) => this.#advance(run, chunks.get(run) ?? 0)));
    // Only now is nothing evaluated any more.
    for (const end of ends) await end?.();
    const { user, system } = cpuUsage(before);
    const duration = performance.now() - start;
    this.#chunkSize.evaluated(
      [...chunks.values()].reduce((sum, each) => sum + each, 0),
      duration,
    );
    if (chunks.size === 0) this.#options.batchCost?.stepped(turn.length, duration);
    stepped?.(duration, (user + system) / 1000);
    this.#options.onStep();
  }

  /** Divides the prompt tokens of a step among the requests, the most urgent first. */
  #divide(room: number, turn: readonly Running[]): ReadonlyMap<Running, number> {
    const prompts = turn.filter(({ evaluation }) => !evaluation);
    const longest = prompts.map(({ siblings, rest, sequence, request }) =>
      Math.min(rest.length - (siblings.length > 0 ? 1 : 0), toNextCheckpoint(sequence, request)),
    );
    const lengths = divideTokens(room, longest);
    return new Map(prompts.map((run, i) => [run, lengths[i] ?? 0]));
  }

  /** Evaluates a piece of a request's prompt, or its next token. Gives what is to be done after the step. */
  async #advance(run: Running, length: number): Promise<(() => Promise<void>) | undefined> {
    const { evaluator } = this.#options;
    try {
      // The end of a prompt and the first new token are one step.
      if (run.evaluation || length === run.rest.length) {
        run.evaluation ??= run.request.evaluate(run.sequence, run.rest, evaluator);
        const { value, done } = await run.evaluation.next();
        return done ? () => this.#finish(run, run.signal.aborted ? "aborted" : value) : undefined;
      }
      if (length === 0) return undefined;
      await evaluator.evaluate(run.sequence, run.rest.slice(0, length));
      run.rest = run.rest.slice(length);
      return () =>
        keepState(run.sequence, run.request, this.#pool.checkpoints).catch((error: unknown) => this.#fail(run, error));
    } catch (error) {
      return () => this.#fail(run, error);
    }
  }

  async #finish(run: Running, end: Decoded["end"]): Promise<void> {
    this.#running = this.#running.filter((other) => other !== run);
    try {
      await run.evaluation?.return("stopped");
      this.#pool.giveBack(run.sequence);
    } catch {
      await this.#pool.giveBackSpoilt(run.sequence);
    }
    run.resolve({ end, reused: run.reused });
    for (const { resolve } of run.siblings) resolve({ end, reused: 0 });
  }

  /** Ends a request with an error, and clears its sequence. */
  async #fail(run: Running, error: unknown): Promise<void> {
    this.#running = this.#running.filter((other) => other !== run);
    rejectAll(run, decodeFailure(error));
    await run.evaluation?.return("stopped").catch(() => undefined);
    await this.#pool.giveBackSpoilt(run.sequence);
  }

  /** Ends all running requests; where there are none, all waiting ones, since they would meet the same fault. */
  async #failAll(error: unknown): Promise<void> {
    this.#options.onFault(error);
    if (this.#running.length === 0) {
      for (const waiting of this.#waiting) rejectAll(waiting, decodeFailure(error));
      this.#waiting = [];
    }
    await Promise.all(this.#running.map((run) => this.#fail(run, error)));
  }
}
