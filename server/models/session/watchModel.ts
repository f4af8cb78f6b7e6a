// A loaded model as features use it: its requests are counted and reported, and its failures are in the user's words.

import { plainName } from "../../../src/shared/plainText.ts";
import { EngineError, type Generation, type LoadedModel, type Model } from "../../engine/engine.ts";
import { describeRequest, type EndedRequest, errorKind } from "../../metrics/events.ts";
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
  /** A request came to an end. */
  readonly onRequest: (ended: EndedRequest) => void;
  /** Loads the model again, which has left its place. */
  readonly reload: () => Promise<Model>;
}

/** `info` stands for the model's own. */
export function watchModel(
  model: Model,
  info: LoadedModel,
  { onRunning, onUse, onRequest, reload }: ModelWatcher,
): Model {
  const name = plainName(info.name);
  const score = model.score?.bind(model);
  const count = async <R>(work: () => Promise<R>): Promise<R> => {
    onRunning(1);
    try {
      return await work();
    } finally {
      onRunning(-1);
    }
  };
  /** A request that came when the model had just left its place begins again, unless another model was chosen meanwhile. */
  const ask = <R>(work: () => Promise<R>, again: (model: Model) => Promise<R>): Promise<R> =>
    inUsersWords(name, async () => {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof EngineError && error.failure === "unloaded")) throw error;
        const next = await reload();
        if (next.info.path !== info.path) throw error;
        return again(next);
      }
    });
  const generate: Model["generate"] = async (request, onText, signal) => {
    const described = describeRequest(request, info);
    try {
      const generation = await count(() => model.generate(request, onText, signal));
      const { usage, stopReason } = generation;
      onRequest({ ...described, outcome: { usage, stopReason } });
      return generation;
    } catch (error) {
      const kind = errorKind(error);
      // What begins again has not failed.
      if (kind !== "unloaded" && !signal.aborted) onRequest({ ...described, outcome: { error: kind } });
      if (error instanceof EngineError && error.failure === "died") return interrupted;
      throw error;
    }
  };
  return {
    info,
    ...(model.prepared && { prepared: model.prepared }),
    generate: (request, onText, signal) =>
      ask(
        () => generate(request, onText, signal),
        (next) => next.generate(request, onText, signal),
      ),
    ...(score && {
      score: (request, signal) =>
        ask(
          () => count(() => score(request, signal)),
          async (next) => next.score?.(request, signal),
        ),
    }),
    countTokens: (prompt, limit) => {
      onUse();
      return ask(
        () => model.countTokens(prompt, limit),
        (next) => next.countTokens(prompt, limit),
      );
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
