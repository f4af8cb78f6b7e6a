// How a model gets loaded in the end: a load that fails on a GPU, or for want of memory, is tried again with less.

import * as l10n from "@vscode/l10n";

import {
  type Backend,
  EngineError,
  type EngineFailure,
  type LoadedModel,
  type LoadPlan,
  type Model,
  type ModelHost,
  type PassedOver,
} from "../../engine/engine.ts";
import type { PlannedModel } from "../../engine/plan/shape.ts";
import type { SessionSettings } from "./backend.ts";

/** Failures that another attempt may not have. A GPU's driver without memory often ends the process. */
const worthAnother: readonly EngineFailure[] = ["deviceFailed", "outOfMemory", "died"];

/** Deaths of the process with a model that was loaded, after which what ran it is not trusted with it. */
const tolerated = 2;

export interface LoadOptions {
  readonly host: ModelHost;
  /** What the file's header says of the memory that the model needs. */
  readonly planned: PlannedModel;
  readonly markers: readonly string[];
  readonly onProgress: (fraction: number) => void;
  readonly log: (line: string) => void;
  /** False once the model is not wanted any more: there is no further attempt then. */
  readonly isWanted: () => boolean;
  /** How often the model's process ended of late, once the model was loaded. */
  readonly deaths: number;
}

/** What of the settings a loaded model depends on. */
export function planOf({ promptCache, adapters, ...plan }: SessionSettings): LoadPlan {
  const own = adapters?.[plan.path];
  return { ...plan, ...(own && { adapters: own }), ...(promptCache?.keep && { promptCache: promptCache.folder }) };
}

/** Whether a model that was loaded by the one settings is what the other ones ask for. */
export function samePlan(a: SessionSettings, b: SessionSettings): boolean {
  if (a.backend ?? b.backend) return JSON.stringify(a.backend) === JSON.stringify(b.backend);
  const keys = ["path", "contextSize", "gpu", "gpuLayers", "kvCache", "threads", "shared"] as const;
  const adapters = ({ adapters: all, path }: SessionSettings) => JSON.stringify(all?.[path] ?? []);
  const sameCache = a.promptCache?.folder === b.promptCache?.folder && a.promptCache?.keep === b.promptCache?.keep;
  return keys.every((key) => a[key] === b[key]) && adapters(a) === adapters(b) && sameCache;
}

export interface LoadedByPlan {
  readonly model: Model;
  /** Why it runs on less than was wanted, in the user's language; absent when it does not. */
  readonly fallback?: string;
}

/**
 * Loads a model, each attempt in a fresh process.
 * @param trainedOn the context length that the model was trained on, in tokens
 * @throws EngineError of the last attempt
 */
export async function loadByPlan(
  plan: LoadPlan,
  trainedOn: number,
  { host, planned, markers, onProgress, log, isWanted, deaths }: LoadOptions,
): Promise<LoadedByPlan> {
  const gpu = trustedGpu(plan.gpu, deaths);
  const failures = gpu === plan.gpu ? [] : [l10n.t("The model process ended {0} times", deaths)];
  const attempts = planAttempts({ ...plan, gpu }, trainedOn);
  let fits: number | undefined;
  for (const [i, next] of attempts.entries()) {
    const isLess = next.vramShare !== undefined;
    const attempt = isLess && fits ? { ...next, contextSize: fits, vramShare: 1 } : next;
    try {
      const model = await host.load({ plan: attempt, planned, markers }, onProgress);
      const fallback = describeFallback(model.info, Math.min(plan.contextSize, trainedOn), failures);
      if (fallback === undefined) return { model };
      log(fallback);
      return { model, fallback };
    } catch (error) {
      const again = error instanceof EngineError && worthAnother.includes(error.failure) && i + 1 < attempts.length;
      if (!again || !isWanted()) throw error;
      log(`loading failed (${error.failure}: ${error.message}), trying with less`);
      failures.push(
        attempt.gpu === "cuda" ? `${backendNames.cuda}: ${describeFailure(error)}` : describeFailure(error),
      );
      fits = error.fits;
      await host.dispose();
      if (!isWanted()) throw error;
    }
  }
  throw new EngineError("loadFailed", "no attempt was planned");
}

/** Where the process ends, Vulkan comes after CUDA, and the CPU after either. */
function trustedGpu(gpu: LoadPlan["gpu"], deaths: number): LoadPlan["gpu"] {
  if (deaths < tolerated) return gpu;
  return gpu === "cuda" && deaths === tolerated ? "vulkan" : "off";
}

/**
 * Everything as wanted; then half the context and fewer layers on the GPU; then the CPU alone. CUDA ends the process on a card
 * that it has no machine code for, and Vulkan serves that card.
 */
export function planAttempts(plan: LoadPlan, trainedOn: number): readonly LoadPlan[] {
  const whole = { ...plan, contextSize: Math.min(plan.contextSize, trainedOn) };
  const less = { ...whole, contextSize: Math.ceil(whole.contextSize / 2), vramShare: 1 / 2 };
  if (plan.gpu === "off") return [whole, less];
  if (plan.gpu === "cuda") return [whole, ...planAttempts({ ...plan, gpu: "vulkan" }, trainedOn)];
  return [whole, less, { ...whole, gpu: "off" }];
}

const backendNames: Readonly<Record<Backend, string>> = { cuda: "CUDA", metal: "Metal", vulkan: "Vulkan" };

/**
 * What a model runs on in the place of what was wanted; undefined when it runs as wanted.
 * @param failures of the attempts before, as `describeFailure` words them
 */
function describeFallback(
  { passedOver, device, contextSize }: LoadedModel,
  wanted: number,
  failures: readonly string[],
): string | undefined {
  const reasons = [...new Set([...failures, ...passedOver.map(describePassedOver)])].join("; ");
  if (reasons === "") return undefined;
  const place = device === "CPU" ? l10n.t("the CPU") : device;
  if (contextSize >= wanted) return l10n.t("{0}; using {1}", reasons, place);
  return l10n.t("{0}; using {1} with {2} tokens of context", reasons, place, contextSize);
}

function describeFailure(error: EngineError): string {
  switch (error.failure) {
    case "outOfMemory":
      return error.fits
        ? l10n.t("Not enough memory: a context of {0} tokens fits", error.fits)
        : l10n.t("Not enough memory");
    case "died":
      return l10n.t("The model process ended while it loaded the model");
    default:
      return l10n.t("The GPU could not load the model");
  }
}

function describePassedOver({ backend, cause }: PassedOver): string {
  const name = backendNames[backend];
  switch (cause) {
    case "noDriver":
      return l10n.t("{0}: no driver", name);
    case "notDownloaded":
      return l10n.t("{0}: not downloaded for this version of Falcon", name);
    case "noBinary":
      return l10n.t("{0}: does not work on this machine", name);
    case "noLibraries":
      return l10n.t(
        "{0}: no device. There is an NVIDIA driver, which needs more libraries for it: install the packages {1}",
        name,
        "libegl1, libglvnd0, libvulkan1",
      );
    case "noDevice":
      return l10n.t("{0}: no device", name);
  }
}
