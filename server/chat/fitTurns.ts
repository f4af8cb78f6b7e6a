// Which turns of a conversation go into the prompt: the newest ones, as many as fit.

import * as l10n from "@vscode/l10n";

import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import type { LoadedModel, Model, PromptPart } from "../engine/engine.ts";
import { PromptTooLongError } from "../userError.ts";
import { type PromptFormat, renderTurns, type Turn } from "./formats.ts";
import type { TurnCounts } from "./turnCounts.ts";

export interface FittedPrompt {
  readonly prompt: readonly PromptPart[];
  /** How many tokens it has at most. */
  readonly tokens: number;
  /** How many of the oldest turns are not in it. */
  readonly leftOut: number;
}

/** Tokens of the context that a prompt may take: an answer may take half of it at most, so that there is room for what it answers. */
export function roomForPrompt({ contextSize }: LoadedModel, { maxTokens }: ServerSettings["chat"]): number {
  return contextSize - Math.min(maxTokens, Math.floor(contextSize / 2));
}

/** How many times as long as the room for it a question is when it is not counted to its end. */
const farTooLong = 16;

/**
 * The system turn, and the newest questions with their answers.
 * @param budget in tokens
 * @throws UserError when the last question alone is too long, or the instructions and tools of a chat that is not ours
 */
export async function fitTurns(
  turns: readonly Turn[],
  { format, model, budget, counts }: FitOptions,
): Promise<FittedPrompt> {
  const system = turns.filter(({ role }) => role === "system");
  const rest = turns.slice(system.length);
  /** Where questions begin, with what belongs to them up to the next one; the newest first. */
  const starts = rest.flatMap(({ role }, i) => (role === "user" || i === 0 ? [i] : [])).reverse();
  const countAll = async (some: readonly Turn[], limit: number) => {
    let tokens = 0;
    for (const turn of some) if (tokens <= limit) tokens += await counts.count(turn, format, model, limit - tokens);
    return tokens;
  };

  // The token that a prompt may begin with, and what begins the answer.
  let tokens = 1 + (await model.countTokens(format.open.assistant));
  tokens += await countAll(system, farTooLong * budget);
  if (tokens > budget) throw instructionsTooLong(tokens, budget);
  tokens += await countAll(rest.slice(starts[0]), farTooLong * budget - tokens);
  if (tokens > budget) throw tooLong(tokens, budget);
  let kept = 1;
  for (; kept < starts.length; kept++) {
    const added = await countAll(rest.slice(starts[kept], starts[kept - 1]), budget - tokens);
    if (tokens + added > budget) break;
    tokens += added;
  }
  for (;;) {
    const leftOut = starts[kept - 1] ?? 0;
    const prompt = renderTurns([...system, ...rest.slice(leftOut)], format);
    if (format.open.user.some((part) => typeof part !== "string")) return { prompt, tokens, leftOut };
    // Where turns are told apart by text, a token may reach from one into the next.
    tokens = 1 + (await model.countTokens(prompt));
    if (tokens <= budget) return { prompt, tokens, leftOut };
    if (--kept === 0) throw tooLong(tokens, budget);
  }
}

export interface FitOptions {
  readonly format: PromptFormat;
  readonly model: Model;
  readonly budget: number;
  readonly counts: TurnCounts;
}

function tooLong(tokens: number, budget: number): PromptTooLongError {
  const [length, room, setting] = [String(tokens), String(budget), "falcon.model.contextSize"];
  return new PromptTooLongError(
    tokens > farTooLong * budget
      ? l10n.t(
          "The message has more than {0} tokens, and the model's context has room for {1}. Attach less, or raise the setting {2} if the model allows it.",
          String(farTooLong * budget),
          room,
          setting,
        )
      : l10n.t(
          "The message has {0} tokens, and the model's context has room for {1}. Attach less, or raise the setting {2} if the model allows it.",
          length,
          room,
          setting,
        ),
  );
}

/** No words of the user's would mend it. */
function instructionsTooLong(tokens: number, budget: number): PromptTooLongError {
  const most = farTooLong * budget;
  return new PromptTooLongError(
    l10n.t(
      "The instructions and tools of the chat that asks have {0} tokens, and the model's context has room for {1}. Raise the setting {2} if the model allows it, or switch tools off; Ask needs fewer than Agent.",
      tokens > most ? `> ${most}` : String(tokens),
      String(budget),
      "falcon.model.contextSize",
    ),
  );
}
