// The requests of a chat that is not ours: which models there are, and how many tokens a text has.

import type { Connection } from "vscode-languageserver";

import { chatModelsRequest, countTokensRequest } from "../../src/shared/methods.ts";
import { modelRoles } from "../../src/shared/modelRoles.ts";
import { chatModel } from "../chat/chatModels.ts";
import { type Assistant, signalOf } from "./assistant.ts";
import { countTokensParams, readParams } from "./params.ts";

export function registerLanguageModel(connection: Connection, assistant: Assistant): void {
  connection.onRequest(chatModelsRequest, () =>
    assistant.answer(() => {
      const sessions = new Map(modelRoles.map((role) => [assistant.models.session(role), role]));
      return [...sessions].flatMap(([{ state }, role]) =>
        state.state === "ready" ? [chatModel(role, state.model, assistant.settings.chat)] : [],
      );
    }),
  );

  connection.onRequest(countTokensRequest, (params, token) =>
    assistant.answer(async () => {
      const { role, text } = readParams(countTokensParams, params);
      return (await assistant.ready(role, signalOf(token))).countTokens([text]);
    }),
  );
}
