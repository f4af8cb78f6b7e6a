// What finds text of other places for the prompt of a completion.

import type { Step } from "../ablation.ts";
import type { CompletionRequest } from "../request.ts";
import type { Chunk } from "./chunks.ts";

export interface ContextProvider {
  readonly name: Step;
  /** Milliseconds that a completion waits for it. */
  readonly timeLimit: number;
  /** Whether it still looks through what it searches, and does not find all. */
  readonly isBuilding?: boolean;
  /** Chunks of which the likeliest ones are chosen; what comes after the time limit is not used. */
  find(request: CompletionRequest, signal: AbortSignal): Promise<Iterable<Chunk>> | Iterable<Chunk>;
}
