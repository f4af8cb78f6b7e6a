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
  const optionsFor = async (uri: string) => {
    const model = await assistant.models.ready("chat");
    return { model, isPrivate: isPrivate(uri, model, assistant, documents) };
  };
  connection.onRequest(rewriteProseRequest, (params, token) =>
    assistant.answer(async () => {
      const { partialResultToken, ...asked } = readParams(rewriteProseParams, params);
      const onPart = (part: ProsePart) => send(() => connection.sendProgress(prosePart, partialResultToken, part));
      const parser = await grammars.parserOf(asked.languageId);
      return writeProse(asked, { ...(await optionsFor(asked.uri)), parser }, onPart, signalOf(token));
    }),
  );
  connection.onRequest(digestRequest, (params, token) =>
    assistant.answer(async () => {
      const { partialResultToken, ...asked } = readParams(digestParams, params);
      const onProgress = (done: number) =>
        send(() => connection.sendProgress(digestProgress, partialResultToken, done));
      return digestText(asked, await optionsFor(asked.uri), onProgress, signalOf(token));
    }),
  );
  connection.onRequest(proseLanguagesRequest, () =>
    assistant.answer(async () => {
      const { info } = await assistant.models.ready("chat");
      const problem = info.demonstration ? needsRealModel(info) : undefined;
      if (problem) throw new UserError(problem.message, problem);
      return languagesOf(info);
    }),
  );
}
