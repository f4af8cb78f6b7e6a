// How the model runs: what its load gave, and how fast it is of late.

import type { ModelMetrics, ModelInfo } from "../../src/shared/status.ts";
import type { Usage } from "../engine/engine.ts";

/** How many generations the metrics are of: what was long ago says little of now. */
const remembered = 50;

type Speed = Pick<ModelMetrics, "tokensPerSecond" | "firstToken" | "reused">;

/** One line for the log. `memory`: of the model process, in bytes. */
export function describeLoad(model: ModelInfo, milliseconds: number, memory: number | undefined): string {
  const { name, architecture, contextSize, device, gpuLayers, layers, promptRate } = model;
  const seconds = (milliseconds / 1000).toFixed(1);
  const megabytes = memory === undefined ? "" : `, ${Math.round(memory / 1e6)} MB of memory`;
  const place = gpuLayers > 0 ? `${gpuLayers} of ${layers} layers on ${device}` : device;
  return `loaded ${name} in ${seconds} s: ${architecture}, ${contextSize} tokens of context, ${place}, ${Math.round(promptRate)} tokens/s of a prompt${megabytes}`;
}

/** Collects the usage of the model that runs now. */
export class RecentUsage {
  #model: ModelInfo | undefined;
  #usages: readonly Usage[] = [];
  #evaluated = 0;

  /** What another model did says nothing of this one. */
  add(usage: Usage, model: ModelInfo): void {
    if (model !== this.#model) [this.#usages, this.#evaluated] = [[], 0];
    this.#usages = [...this.#usages, usage].slice(-remembered);
    this.#evaluated += usage.prompt - usage.reused + usage.generated;
    this.#model = model;
  }

  of(model: ModelInfo): Speed & Pick<ModelMetrics, "evaluated"> {
    return model === this.#model ? { ...speedOf(this.#usages), evaluated: this.#evaluated } : {};
  }
}

/** What cannot be told yet is absent. */
export function speedOf(recent: readonly Usage[]): Speed {
  const begun = recent.flatMap(({ firstToken, ...usage }) =>
    firstToken === undefined ? [] : { ...usage, firstToken },
  );
  const total = (of: (usage: (typeof begun)[number]) => number) => begun.reduce((sum, usage) => sum + of(usage), 0);
  const prompt = total((usage) => usage.prompt);
  // The first token comes with the end of the prompt.
  const later = total(({ generated }) => generated - 1);
  const seconds = total(({ duration, firstToken }) => duration - firstToken) / 1000;
  const firstToken = median(begun.map((usage) => usage.firstToken));
  return {
    ...(later > 0 && seconds > 0 && { tokensPerSecond: later / seconds }),
    ...(firstToken !== undefined && { firstToken }),
    ...(prompt > 0 && { reused: total((usage) => usage.reused) / prompt }),
  };
}

/** Of an even number of values the lower of the two in the middle. */
function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
