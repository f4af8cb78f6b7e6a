// Asks all providers at once. One that fails, is late or gives too much does no harm: a completion goes without.

import { setTimeout as sleep } from "node:timers/promises";

import { isLeftOut, limited } from "../ablation.ts";
import type { CompletionRequest } from "../request.ts";
import type { ContextProvider } from "./provider.ts";
import type { Candidate } from "./rank.ts";

export interface Gathered {
  readonly name: string;
  readonly candidates: readonly Candidate[];
  readonly milliseconds: number;
  /** Why there are none: the fault's message, or `busy` with an earlier request, `late` or `cancelled`; or not all: `building`. */
  readonly failure?: string;
}

/** More chunks of a provider than can be ranked between two keys. */
const mostChunks = 2000;
/** Characters of one chunk. */
const longestChunk = 4000;

/** @param busy the providers that still work on an earlier request: one that hangs is not asked again and again */
export function gather(
  providers: readonly ContextProvider[],
  busy: Set<ContextProvider>,
  request: CompletionRequest,
  signal: AbortSignal,
): Promise<Gathered[]> {
  return Promise.all(
    providers.filter(({ name }) => !isLeftOut(name)).map((provider) => ask(provider, busy, request, signal)),
  );
}

async function ask(
  provider: ContextProvider,
  busy: Set<ContextProvider>,
  request: CompletionRequest,
  signal: AbortSignal,
): Promise<Gathered> {
  const { name, timeLimit } = provider;
  if (busy.has(provider)) return { name, candidates: [], milliseconds: 0, failure: "busy" };
  busy.add(provider);
  const building = provider.isBuilding === true ? { failure: "building" } : {};
  const start = performance.now();
  const done = new AbortController();
  const ended = AbortSignal.any([signal, done.signal]);
  const failed = (failure: string) => ({ candidates: [], failure });
  const find = async () => {
    try {
      return { candidates: takeFrom(await provider.find(request, ended), name), ...building };
    } finally {
      busy.delete(provider);
    }
  };
  const result = await Promise.race([
    find().catch((error: unknown) => failed(error instanceof Error ? error.message : String(error))),
    sleep(limited(timeLimit), failed("late"), { signal: ended }).catch(() => failed("cancelled")),
  ]);
  done.abort();
  return { name, ...result, milliseconds: performance.now() - start };
}

function takeFrom(chunks: Iterable<Candidate["chunk"]>, provider: string): Candidate[] {
  const candidates: Candidate[] = [];
  for (const chunk of chunks) {
    if (candidates.length === mostChunks) break;
    if (chunk.text.length <= longestChunk) candidates.push({ chunk, provider });
  }
  return candidates;
}
