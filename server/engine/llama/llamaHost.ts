// Loads a model into this process, through node-llama-cpp.

import { memoryUsage } from "node:process";
import type * as NodeLlamaCpp from "node-llama-cpp";

import { EngineError, type LoadRequest, type Model, type ModelHost } from "../engine.ts";
import { BatchCost } from "./decode/batchCost.ts";
import { DecodeLoop } from "./decode/decodeLoop.ts";
import { chooseEvaluator } from "./decode/evaluator.ts";
import { StepThreads } from "./decode/threads.ts";
import { LlamaModel } from "./llamaModel.ts";
import { hasGpu } from "./load/device.ts";
import { Preparation } from "./load/preparation.ts";
import { loadModel, type ModelInMemory } from "./load/loadModel.ts";
import { Healing } from "./text/healing.ts";
import { warmCode } from "./warmCode.ts";
import { Rates } from "./promptCache/rates.ts";
import { openPromptCache } from "./promptCache/promptCache.ts";

/** Milliseconds without a request after which the prompt cache is written. */
const saveAfter = 30_000;
/** Milliseconds that the first key after a rest may wait for a context that is being saved. */
const longestIdleSave = 50;
/** So many times as long as the writing of a file takes what makes one of it that can be read: a checksum over all of it. */
const completing = 4;
/** So many times `saveAfter` without a request, nobody is likely to press a key: what takes longer is written then. */
const longRest = 10;

interface Loaded extends ModelInMemory {
  readonly loop: DecodeLoop;
  /** @param longest milliseconds that the saving of the next sequence may take */
  readonly save: (longest: () => number) => Promise<void>;
  /** Of a GPU. */
  readonly preparation: Preparation | undefined;
  /** Saves when nothing ran for a while. */
  readonly saveLater: NodeJS.Timeout;
  /** Saves what takes long when nothing ran for long. */
  readonly saveLarge: NodeJS.Timeout;
}

export class LlamaHost implements ModelHost {
  readonly #library: typeof NodeLlamaCpp;
  readonly #log: (message: string) => void;
  #loaded: Loaded | undefined;
  #isLoading = false;
  /** Steps of loads and of the decode loop until now. */
  #steps = 0;

  constructor(library: typeof NodeLlamaCpp, log: (message: string) => void) {
    this.#library = library;
    this.#log = log;
  }

  get memory(): number {
    return memoryUsage.rss();
  }

  /** A number that rises with the progress of what runs, be it a load or requests; undefined while nothing runs. */
  get progress(): number | undefined {
    const { loop, preparation } = this.#loaded ?? {};
    if (!this.#isLoading && !loop?.isRunning && !preparation?.isRunning) return undefined;
    return this.#steps - (preparation?.left ?? 0);
  }

  /** Resolves when no request has to wait any more for what is done once after a load. */
  get prepared(): Promise<void> {
    return this.#loaded?.preparation?.done ?? Promise.resolve();
  }

  async load(request: LoadRequest, onProgress: (fraction: number) => void): Promise<Model> {
    this.#isLoading = true;
    try {
      return await this.#load(request, (fraction) => {
        this.#steps++;
        onProgress(fraction);
      });
    } finally {
      this.#isLoading = false;
    }
  }

  async #load(request: LoadRequest, onProgress: (fraction: number) => void): Promise<Model> {
    await this.dispose();
    const loaded = await loadModel(this.#library, request, this.#log, onProgress);
    const version = await this.#library.getModuleVersion();
    const rates = new Rates(loaded.measurements, loaded.info.promptRate / 1000);
    const cache = await openPromptCache(request.plan, loaded.sequences, version, rates, this.#log);
    const { llama } = loaded;
    // Where a GPU works, threads that wait for it say nothing of the cores.
    const threads = hasGpu(llama)
      ? undefined
      : new StepThreads(llama.maxThreads, (count) => (llama.maxThreads = count));
    const evaluator = chooseEvaluator(loaded.sequences, this.#log);
    const parts = {
      ...loaded,
      library: this.#library,
      healing: new Healing(this.#library, loaded.model, loaded.vocabulary),
    };
    const [first] = loaded.sequences;
    // A model that cannot write says so at the first request.
    if (first)
      await warmCode(parts, first, evaluator).catch((error: unknown) =>
        this.#log(`the code is not warm: ${String(error)}`),
      );
    const loop: DecodeLoop = new DecodeLoop({
      sequences: loaded.sequences,
      evaluator,
      // On a processor it is much, however little a step of a tiny model shows of it.
      batchCost: hasGpu(llama) ? new BatchCost() : undefined,
      restore: (sequence, prompt) => cache?.restore(sequence, prompt) ?? Promise.resolve(false),
      threads,
      onStep: () => this.#steps++,
      onIdle: () => {
        saveLater.refresh();
        saveLarge.refresh();
        void preparation?.goOn();
      },
      onFault: (error) => this.#log(`all requests end: ${String(error)}`),
    });
    const preparation =
      loaded.info.gpuLayers > 0
        ? new Preparation({
            ...loaded,
            whileIdle: (use) => loop.whileIdle(use),
            onPromptRate: (promptRate) => loaded.measurements?.remember({ promptRate }),
            log: this.#log,
          })
        : undefined;
    let saved = Promise.resolve();
    const save = (longest: () => number) => {
      // One save at a time, so that unloading waits for the files that are not complete yet.
      if (cache) {
        saved = saved.catch(() => undefined).then(() => loop.lendIdle((sequence) => cache.save(sequence, longest())));
      }
      return saved;
    };
    const saveIdle = (longest: number) =>
      save(() => longest).catch((error: unknown) => this.#log(`contexts are not saved: ${String(error)}`));
    const rest = request.saveAfter ?? saveAfter;
    const saveLater = setTimeout(() => void saveIdle(longestIdleSave), rest).unref();
    const saveLarge = setTimeout(() => void saveIdle(Infinity), rest * longRest).unref();
    this.#loaded = { ...loaded, loop, preparation, save, saveLater, saveLarge };
    void preparation?.goOn();
    return new LlamaModel({ ...parts, loop });
  }

  /**
   * Ends what runs, and writes of the prompt cache what can be read again after `within` milliseconds. The process can be
   * ended after that.
   */
  async unload(within = Infinity): Promise<void> {
    const end = performance.now() + within;
    const loaded = this.#loaded;
    this.#loaded = undefined;
    if (!loaded) return;
    loaded.preparation?.stop();
    await loaded.loop.end(new EngineError("died", "the model was unloaded"));
    clearTimeout(loaded.saveLater);
    clearTimeout(loaded.saveLarge);
    await loaded.save(() => (end - performance.now()) / completing);
    await loaded.measurements?.written;
  }

  async dispose(): Promise<void> {
    const loaded = this.#loaded;
    await this.unload();
    await loaded?.llama.dispose();
  }
}
