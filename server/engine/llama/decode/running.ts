// The requests that the decode loop has at hand: those that wait for a sequence, and those that have one.

import type { Token } from "node-llama-cpp";

import type { Decoded, DecodeRequest, Evaluation } from "./decodeRequest.ts";
import type { Taken } from "./sequencePool.ts";

export interface Waiting {
  readonly request: DecodeRequest;
  /** Requests with the same prompt, which begin with a copy of the state at its end. */
  siblings: readonly Waiting[];
  readonly signal: AbortSignal;
  readonly resolve: (decoded: Decoded) => void;
  readonly reject: (error: unknown) => void;
}

export interface Running extends Waiting, Taken {
  /** Tokens of the prompt that are not evaluated yet; of no meaning once `evaluation` is there. */
  rest: readonly Token[];
  evaluation?: Evaluation;
}

export function rejectAll({ siblings, ...first }: Waiting, error: unknown): void {
  for (const each of [first, ...siblings]) each.reject(error);
}
