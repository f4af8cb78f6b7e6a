// Edits over the language server protocol.

import type { Connection } from "vscode-languageserver";

import { editDelta, editRequest } from "../../src/shared/methods.ts";
import { editText } from "../edit/editText.ts";
import type { Grammars } from "../syntax/grammars.ts";
import { type Assistant, send, signalOf } from "./assistant.ts";
import type { OpenDocuments } from "./documents.ts";
import { editParams, readParams } from "./params.ts";
import { isPrivate } from "./privateText.ts";

export function registerEdit(
  connection: Connection,
  assistant: Assistant,
  documents: OpenDocuments,
  grammars: Grammars,
): void {
  connection.onRequest(editRequest, (params, token) =>
    assistant.answer(async () => {
      const { partialResultToken, ...asked } = readParams(editParams, params);
      const onText = (text: string) => send(() => connection.sendProgress(editDelta, partialResultToken, text));
      const signal = signalOf(token);
      const model = await assistant.ready("chat", signal);
      const parser = await grammars.parserOf(asked.languageId);
      const options = { model, isPrivate: isPrivate(asked.uri, model, assistant, documents), parser };
      return editText(asked, options, onText, signal);
    }),
  );
}
