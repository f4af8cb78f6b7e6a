// Writing of prose over the language server protocol.

import type { Connection } from "vscode-languageserver";

import {
  digestProgress,
  digestRequest,
  proseLanguagesRequest,
  prosePart,
  rewriteProseRequest,
} from "../../src/shared/methods.ts";
import type { ProsePart } from "../../src/shared/prose.ts";
import { needsRealModel } from "../chat/demonstration.ts";
import { digestText } from "../edit/prose/digest.ts";
import { writeProse } from "../edit/prose/writeProse.ts";
import { languagesOf } from "../models/catalogue/languages.ts";
import type { Grammars } from "../syntax/grammars.ts";
import { UserError } from "../userError.ts";
import { type Assistant, send, signalOf } from "./assistant.ts";
import type { OpenDocuments } from "./documents.ts";
import { digestParams, readParams, rewriteProseParams } from "./params.ts";
import { isPrivate } from "./privateText.ts";

export function registerProse(
  connection: Connection,
  assistant: Assistant,
  documents: OpenDocuments,
  grammars: Grammars,
): void {
  const optionsFor = async (uri: string, signal: AbortSignal) => {
    const model = await assistant.ready("chat", signal);
    return { model, isPrivate: isPrivate(uri, model, assistant, documents) };
  };
  connection.onRequest(rewriteProseRequest, (params, token) =>
    assistant.answer(async () => {
      const { partialResultToken, ...asked } = readParams(rewriteProseParams, params);
      const onPart = (part: ProsePart) => send(() => connection.sendProgress(prosePart, partialResultToken, part));
      const parser = await grammars.parserOf(asked.languageId);
      const signal = signalOf(token);
      return writeProse(asked, { ...(await optionsFor(asked.uri, signal)), parser }, onPart, signal);
    }),
  );
  connection.onRequest(digestRequest, (params, token) =>
    assistant.answer(async () => {
      const { partialResultToken, ...asked } = readParams(digestParams, params);
      const onProgress = (done: number) =>
        send(() => connection.sendProgress(digestProgress, partialResultToken, done));
      const signal = signalOf(token);
      return digestText(asked, await optionsFor(asked.uri, signal), onProgress, signal);
    }),
  );
  connection.onRequest(proseLanguagesRequest, (token) =>
    assistant.answer(async () => {
      const session = assistant.models.session("chat");
      const { state } = session;
      // The file says what the model writes, which is loaded while the user chooses.
      void session.wake();
      const info = state.state === "ready" ? state.model : (await assistant.ready("chat", signalOf(token))).info;
      const problem = info.demonstration ? needsRealModel(info) : undefined;
      if (problem) throw new UserError(problem.message, problem);
      return languagesOf(info);
    }),
  );
}
