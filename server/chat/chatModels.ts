// The loaded models as a chat of others has to know them: limits, and what their formats can do.

import type { ChatModel } from "../../src/shared/languageModel.ts";
import type { ModelRole } from "../../src/shared/modelRoles.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import type { LoadedModel } from "../engine/engine.ts";
import { roomForPrompt } from "./fitTurns.ts";
import { formatOf } from "./formats.ts";

export function chatModel(role: ModelRole, model: LoadedModel, settings: ServerSettings["chat"]): ChatModel {
  const { name, architecture, contextSize, demonstration } = model;
  const maxInputTokens = roomForPrompt(model, settings);
  return {
    role,
    name,
    architecture,
    contextSize,
    maxInputTokens,
    maxOutputTokens: contextSize - maxInputTokens,
    toolCalling: formatOf(model).tools !== undefined,
    demonstration,
  };
}
