// What happens to models and requests, as everything that measures is told of it. Nothing of a text is in it.

import { EngineError, type GenerateRequest, type LoadedModel, type StopReason, type Usage } from "../engine/engine.ts";
import { UserError } from "../userError.ts";

/** What a request is for, by OpenTelemetry's names. */
export type Operation = NonNullable<GenerateRequest["operation"]>;

/** A request that came to an end. */
export interface EndedRequest {
  readonly operation: Operation;
  readonly model: LoadedModel;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly asked: Pick<GenerateRequest, "maxTokens" | "temperature" | "topK" | "topP" | "seed" | "candidates">;
  readonly outcome: { readonly usage: Usage; readonly stopReason: StopReason } | { readonly error: string };
}

/** A model that was loaded, or was not. */
export type EndedLoad =
  { readonly model: LoadedModel; /** Milliseconds. */ readonly duration: number } | { readonly error: string };

export interface ModelEvents {
  readonly onRequest: (ended: EndedRequest) => void;
  readonly onLoad: (ended: EndedLoad) => void;
}

/** All but the prompt. */
export function describeRequest(
  { priority, operation, maxTokens, temperature, topK, topP, seed, candidates }: GenerateRequest,
  model: LoadedModel,
): Omit<EndedRequest, "outcome"> {
  return {
    operation: operation ?? (priority === "chat" ? "chat" : "text_completion"),
    model,
    start: Date.now(),
    asked: {
      maxTokens,
      temperature,
      ...(topK !== undefined && { topK }),
      ...(topP !== undefined && { topP }),
      ...(seed !== undefined && { seed }),
      ...(candidates !== undefined && { candidates }),
    },
  };
}

/** The kind of a failure, of which there are few: the engine's, `refused` for one that is told to the user, or a bug. */
export function errorKind(error: unknown): string {
  if (error instanceof EngineError) return error.failure;
  return error instanceof UserError ? "refused" : "bug";
}
