// Rewrites a text: prompt → model → answer's text.

import * as l10n from "@vscode/l10n";

import type { EditResult } from "../../src/shared/edit.ts";
import { needsRealModel } from "../chat/demonstration.ts";
import { formatOf } from "../chat/formats.ts";
import type { Model } from "../engine/engine.ts";
import type { Parser } from "../syntax/grammars.ts";
import { PromptTooLongError } from "../userError.ts";
import { AnswerText, likeOriginal } from "./answerText.ts";
import { editCommands, type EditRequest } from "./commands.ts";
import { onlyComments } from "./onlyComments.ts";
import { editPrompt } from "./prompt.ts";

export interface EditOptions {
  readonly model: Model;
  /** Whether nothing of it may be saved by the engine. */
  readonly isPrivate: boolean;
  /** Of the text's language; undefined where there is no grammar for it. */
  readonly parser?: Parser | undefined;
}

/** Tokens that an edit may add to the text, and the part of it. */
const addedTokens = 512;
const addedPart = 1;

/**
 * @param onText gets the new text in whole lines
 * @throws UserError when the text does not fit into the model's context
 */
export async function editText(
  request: EditRequest,
  { model, isPrivate, parser }: EditOptions,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<EditResult> {
  const { info } = model;
  if (info.demonstration) return { text: request.text, stopReason: "end", problem: needsRealModel(info) };
  const room = info.contextSize;
  const row = editCommands[request.command];
  const textTokens = row.about ? 0 : await model.countTokens([request.text], room);
  const wanted = row.about?.answerTokens ?? textTokens + Math.max(64, Math.min(addedTokens, Math.floor(room / 4)));
  const { prompt, stop, fence, tokens } = await editPrompt(request, formatOf(info), model, room - wanted);
  if (tokens + wanted > room) throw tooLong(tokens + wanted, room);

  const answer = new AnswerText(fence, request.text);
  const ended = new AbortController();
  const show = (text: string) => {
    // What of it will be taken shows at its end.
    if (text !== "" && !row.onlyComments) onText(text);
    if (answer.isOver) ended.abort();
  };
  const { stopReason } = await model.generate(
    {
      priority: "chat",
      prompt,
      maxTokens:
        row.about?.answerTokens ?? Math.min(room - tokens, Math.ceil(textTokens * (1 + addedPart)) + addedTokens),
      temperature: 0,
      stop,
      repeatsPrompt: row.about === undefined,
      private: isPrivate,
    },
    (piece) => show(answer.push(piece)),
    AbortSignal.any([signal, ended.signal]),
  );
  show(answer.end());
  const text = row.clean ? row.clean(answer.text) : likeOriginal(answer.text, request.text);
  return {
    text: row.onlyComments && text !== "" ? onlyComments(request.text, text, request.languageId, parser) : text,
    stopReason: ended.signal.aborted && !signal.aborted ? "end" : stopReason,
  };
}

function tooLong(tokens: number, room: number): PromptTooLongError {
  return new PromptTooLongError(
    l10n.t(
      "The text needs {0} tokens with its answer, and the model's context has {1}. Select less, or raise the setting {2} if the model allows it.",
      String(tokens),
      String(room),
      "falcon.model.contextSize",
    ),
  );
}
