// The context of completions: what other places say that is likely to help at the cursor. It stays the same from key to key as
// long as it is nearly as good as any other, since another one is a prompt that must be evaluated anew.

import { setTimeout as sleep } from "node:timers/promises";

import type { Model, PromptPart } from "../../engine/engine.ts";
import type { CompletionContextReport } from "../../../src/shared/completionContext.ts";
import { type CompletionRequest, isSameUri } from "../request.ts";
import { choose, type Judged, leastScore, mostChunks } from "./choose.ts";
import { chunkParts, contextParts } from "./contextParts.ts";
import { gather, type Gathered } from "./gather.ts";
import type { Chunk } from "./chunks.ts";
import type { ContextProvider } from "./provider.ts";
import { rank, type Ranked } from "./rank.ts";

export interface Context {
  readonly parts: readonly PromptPart[];
  readonly tokens: number;
}

/** How much better another context has to be: less costs half as many tokens again at each key, and gains no right text. */
const worthwhileGain = 8;
/** Milliseconds that a completion waits to learn whether files are unchanged, which takes one unless their disk hangs. */
const longestLook = 1000;

interface Held extends Context {
  readonly uri: string;
  readonly model: Model;
  readonly budget: number;
  /** The line, counted from the request's first one, that it was last found the best for. */
  readonly line: number;
  readonly used: readonly Judged[];
}

const none = { parts: [], tokens: 0, used: [] };

export class CompletionContext {
  readonly #providers: readonly ContextProvider[];
  readonly #isAllowed: (uri: string) => boolean;
  readonly #stillSays: (chunk: Chunk) => boolean | Promise<boolean>;
  readonly #busy = new Set<ContextProvider>();
  #held: Held | undefined;
  #report: CompletionContextReport | undefined;

  /**
   * @param isAllowed whether a document's text may go into the prompt of another
   * @param stillSays whether a document or file says what was taken from it: else that stays no longer
   */
  constructor(
    providers: readonly ContextProvider[],
    isAllowed: (uri: string) => boolean,
    stillSays: (chunk: Chunk) => boolean | Promise<boolean>,
  ) {
    this.#providers = providers;
    this.#isAllowed = isAllowed;
    this.#stillSays = stillSays;
  }

  /** Of the last completion; undefined before the first one. */
  get report(): CompletionContextReport | undefined {
    return this.#report;
  }

  /**
   * @param budget in tokens
   * @param most chunks
   */
  async find(
    request: CompletionRequest,
    model: Model,
    budget: number,
    signal: AbortSignal,
    most = mostChunks,
  ): Promise<Context> {
    if (budget <= 0 || most === 0) {
      this.#held = undefined;
      this.#report = reportOf(request, 0, none, [], [], 0);
      return none;
    }
    const last = await this.#heldAt(request, model, budget);
    const held = last && last.used.length <= most ? last : undefined;
    const line = lineOf(request);
    if (held?.line === line) return held;
    const start = performance.now();
    const gathered = await gather(this.#providers, this.#busy, request, signal);
    if (signal.aborted) return none;
    const found = gathered.flatMap(({ candidates }) => candidates).filter(({ chunk }) => this.#isAllowed(chunk.uri));
    const standing = held?.used ?? [];
    const others = found.filter(({ chunk }) => !standing.some((each) => isSame(each.chunk, chunk)));
    const ranked = rank([...standing, ...others], request);
    const countTokens = ({ chunk }: Ranked) => model.countTokens(chunkParts(chunk, request, model.info));
    const judged = await choose(ranked, request, budget, countTokens, signal, most);
    if (!judged) return none;
    const used = judged.filter(({ verdict }) => verdict === "used");
    const stillAlike = ranked.filter(
      ({ chunk, score }) => score >= leastScore && standing.some((each) => each.chunk === chunk),
    );
    const stays = held !== undefined && total(used) < worthwhileGain * total(stillAlike);
    // The best one stands last, nearest to the cursor.
    const parts = contextParts(used.map(({ chunk }) => chunk).reverse(), request, model.info);
    const choice = stays ? held : { used, parts, tokens: parts.length === 0 ? 0 : await model.countTokens(parts) };
    this.#held = { ...choice, uri: request.uri, model, budget, line };
    this.#report = reportOf(request, budget, choice, judged, gathered, performance.now() - start);
    return this.#held;
  }

  /** What stands from the last completion, without a look for more. */
  async standing(request: CompletionRequest, model: Model, budget: number): Promise<Context> {
    return (await this.#heldAt(request, model, budget)) ?? none;
  }

  async #heldAt({ uri }: CompletionRequest, model: Model, budget: number): Promise<Held | undefined> {
    const held = this.#held;
    if (held?.uri !== uri || held.model !== model || held.budget !== budget) return undefined;
    const stands = held.used.map(async ({ chunk }) => this.#isAllowed(chunk.uri) && this.#stillSays(chunk));
    const allStand = Promise.all(stands).then((each) => each.every(Boolean));
    const given = new AbortController();
    const late = sleep(longestLook, false, { signal: given.signal }).catch(() => false);
    return (await Promise.race([allStand, late]).finally(() => given.abort())) ? held : undefined;
  }
}

/** More than anybody reads. */
const mostReported = 40;

function reportOf(
  { path }: CompletionRequest,
  budget: number,
  { tokens, used }: Pick<Held, "tokens" | "used">,
  judged: readonly Judged[],
  gathered: readonly Gathered[],
  milliseconds: number,
): CompletionContextReport {
  const verdictOf = (each: Judged) => (used.some(({ chunk }) => chunk === each.chunk) ? "used" : each.verdict);
  return {
    ...{ path, budget, tokens, milliseconds },
    providers: gathered.map(({ candidates, ...provider }) => ({ ...provider, chunks: candidates.length })),
    chunks: judged.slice(0, mostReported).map((each) => {
      const { provider, score, tokens, chunk } = each;
      const verdict = verdictOf(each);
      return {
        ...{ provider, path: chunk.path, line: chunk.line, score, verdict },
        ...(tokens !== undefined && { tokens }),
        ...(verdict === "used" && { text: chunk.text }),
      };
    }),
  };
}

function lineOf({ prefix, firstLine }: CompletionRequest): number {
  return firstLine + prefix.split("\n").length;
}

function isSame(a: Chunk, b: Chunk): boolean {
  return a.text === b.text && isSameUri(a.uri, b.uri);
}

function total(ranked: readonly Ranked[]): number {
  return ranked.reduce((sum, { score }) => sum + score, 0);
}
