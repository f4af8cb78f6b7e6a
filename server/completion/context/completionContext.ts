// The context of completions: what other places say that is likely to help at the cursor. It stays the same from key to key as
// long as it is nearly as good as any other, since another one is a prompt that must be evaluated anew.

import type { Model, PromptPart } from "../../engine/engine.ts";
import type { CompletionContextReport } from "../../../src/shared/completionContext.ts";
import { type CompletionRequest, isSameUri } from "../request.ts";
import { choose, type Judged, leastScore } from "./choose.ts";
import { chunkParts, contextParts } from "./contextParts.ts";
import { gather, type Gathered } from "./gather.ts";
import type { Chunk } from "./chunks.ts";
import type { ContextProvider } from "./provider.ts";
import { rank, type Ranked } from "./rank.ts";
import type { Documents } from "./visited.ts";

export interface Context {
  readonly parts: readonly PromptPart[];
  readonly tokens: number;
}

/** How much better another context has to be: less costs half as many tokens again at each key, and gains no right text. */
const worthwhileGain = 8;

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
  readonly #documents: Documents;
  readonly #busy = new Set<ContextProvider>();
  #held: Held | undefined;
  #report: CompletionContextReport | undefined;

  /** @param isAllowed whether a document's text may go into the prompt of another */
  constructor(
    providers: readonly ContextProvider[],
    isAllowed: (uri: string) => boolean,
    documents: Documents = new Map<string, never>(),
  ) {
    this.#providers = providers;
    this.#isAllowed = isAllowed;
    this.#documents = documents;
  }

  /** Of the last completion; undefined before the first one. */
  get report(): CompletionContextReport | undefined {
    return this.#report;
  }

  /** @param budget in tokens */
  async find(request: CompletionRequest, model: Model, budget: number, signal: AbortSignal): Promise<Context> {
    if (budget <= 0) {
      this.#report = reportOf(request, 0, none, [], [], 0);
      return none;
    }
    const held = this.#heldAt(request, model, budget);
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
    const judged = await choose(ranked, request, budget, countTokens, signal);
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

  #heldAt({ uri }: CompletionRequest, model: Model, budget: number): Held | undefined {
    const held = this.#held;
    if (held?.uri !== uri || held.model !== model || held.budget !== budget) return undefined;
    return held.used.every(({ chunk }) => this.#isAllowed(chunk.uri) && this.#stillStands(chunk)) ? held : undefined;
  }

  /** Whether a chunk's document, if it is open, has not been changed in that place. */
  #stillStands({ uri, text }: Chunk): boolean {
    const whole = this.#documents.get(uri)?.getText();
    // The chunk's line breaks are "\n".
    return (
      whole === undefined || [whole, whole.replaceAll(/\r\n?/g, "\n")].some((each) => each.includes(text.trimEnd()))
    );
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
