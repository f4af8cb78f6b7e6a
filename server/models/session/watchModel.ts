// A loaded model as features use it: its requests are counted and reported, and its failures are in the user's words.

import { plainName } from "../../../src/shared/plainText.ts";
import {
  EngineError,
  type Generation,
  type LoadedModel,
  type Model,
  type Priority,
  type Usage,
} from "../../engine/engine.ts";
import { generationError } from "./modelErrors.ts";

const interrupted: Generation = {
  text: "",
  alternatives: [],
  stopReason: "interrupted",
  usage: { prompt: 0, reused: 0, generated: 0, accepted: 0, duration: 0 },
};

export interface ModelWatcher {
  /** A request begins or ends. */
  readonly onRunning: (change: 1 | -1) => void;
  /** The model did something that is no request. */
  readonly onUse: () => void;
  readonly onUsage: (usage: Usage, model: LoadedModel, priority: Priority) => void;
}

/** `info` stands for the model's own. */
export function watchModel(model: Model, info: LoadedModel, { onRunning, onUse, onUsage }: ModelWatcher): Model {
  const name = plainName(info.name);
  const score = model.score?.bind(model);
  const count = async <R>(work: () => Promise<R>): Promise<R> => {
    onRunning(1);
    try {
      return await inUsersWords(name, work);
    } finally {
      onRunning(-1);
    }
  };
  return {
    info,
    ...(model.prepared && { prepared: model.prepared }),
    generate: (request, onText, signal) =>
      count(async () => {
        try {
          const generation = await model.generate(request, onText, signal);
          onUsage(generation.usage, info, request.priority);
          return generation;
        } catch (error) {
          if (error instanceof EngineError && error.failure === "died") return interrupted;
          throw error;
        }
      }),
    ...(score && { score: (request, signal) => count(() => score(request, signal)) }),
    countTokens: (prompt, limit) => {
      onUse();
      return inUsersWords(name, () => model.countTokens(prompt, limit));
    },
  };
}

/** @throws UserError for a failure of the engine */
async function inUsersWords<R>(model: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw generationError(error, model);
  }
}
