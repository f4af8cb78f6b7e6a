// The tokens of turns that were counted before: a conversation comes again with each of its questions.

import { createHash } from "node:crypto";

import type { LoadedModel, Model } from "../engine/engine.ts";
import { type PromptFormat, renderTurn, type Turn } from "./formats.ts";

/** Turns that are remembered. */
const capacity = 1000;

export class TurnCounts {
  #model: LoadedModel | undefined;
  /** By hashes of the turns, oldest first. */
  readonly #counts = new Map<string, number>();

  /** How many tokens a turn has; any number above the limit where it has more. */
  async count(turn: Turn, format: PromptFormat, model: Model, limit: number): Promise<number> {
    if (model.info !== this.#model) this.#counts.clear();
    this.#model = model.info;
    const key = createHash("sha256").update(JSON.stringify(turn)).digest("base64");
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const tokens = await model.countTokens(renderTurn(turn, format), limit);
    if (tokens > limit || model.info !== this.#model) return tokens;
    this.#counts.set(key, tokens);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > capacity && oldest !== undefined) this.#counts.delete(oldest);
    return tokens;
  }
}
