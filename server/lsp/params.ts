// The parameters of requests, whatever a client sends: checked, and refused with what is wrong with them.

import path from "node:path";
import * as v from "valibot";
import {
  ErrorCodes,
  type InlineCompletionParams,
  InlineCompletionTriggerKind,
  ResponseError,
} from "vscode-languageserver";

import { type DigestParams, digestCommands, type RewriteProseParams, rewriteCommands } from "../../src/shared/prose.ts";
import type { TrainedAdapter } from "../../src/shared/finetuning.ts";
import type { ApiParams } from "../../src/shared/api.ts";
import type { ComparisonParams } from "../../src/shared/comparison.ts";
import type { ContextUseParams } from "../../src/shared/chatContext.ts";
import { completionAccepted } from "../../src/shared/methods.ts";
import type { EditParams } from "../../src/shared/edit.ts";
import { type CompareParams, type EvaluateParams, evaluationTests } from "../../src/shared/evaluation.ts";
import type { DownloadParams, ImportParams } from "../../src/shared/downloads.ts";
import type { CountTokensParams } from "../../src/shared/languageModel.ts";
import { modelRoles, type ReloadParams } from "../../src/shared/modelRoles.ts";
import {
  type CatalogueParams,
  convertedTypes,
  type ConvertParams,
  type PlanModelParams,
} from "../../src/shared/models.ts";
import type { ChatCommand, ChatParams } from "../../src/shared/chat.ts";
import { editCommandIds } from "../edit/commands.ts";
import { shortestToken } from "../http/access.ts";
import { candidateSettings } from "./settings.ts";
import type { JsonObject } from "../../src/shared/tools.ts";

/** In milliseconds. Node fires a timer of more at once. */
const longestTimer = 2 ** 31 - 1;

const attachment = v.looseObject({
  label: v.string(),
  uri: v.string(),
  languageId: v.string(),
  text: v.string(),
  leftOut: v.exactOptional(v.string()),
});

/** A message or a turn: what else a message has, the server does not read. */
const message = v.looseObject({
  role: v.picklist(["system", "user", "assistant", "tool"]),
  text: v.string(),
  toolCalls: v.exactOptional(v.array(v.looseObject({ name: v.string(), arguments: jsonObject() }))),
  attachments: v.exactOptional(v.array(attachment)),
  command: v.exactOptional(v.picklist(["explain", "document"] satisfies ChatCommand[])),
});

export const chatParams: v.GenericSchema<unknown, ChatParams> = v.looseObject({
  messages: v.pipe(
    v.array(message),
    v.check(
      (messages) => ["user", "tool"].includes(messages.at(-1)?.role ?? ""),
      "The last message must be the user's, or a tool's",
    ),
  ),
  partialResultToken: v.string(),
  deadline: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(longestTimer))),
  temperature: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  role: v.exactOptional(v.picklist(modelRoles)),
  tools: v.exactOptional(
    v.array(v.looseObject({ name: v.string(), description: v.string(), parameters: v.exactOptional(jsonObject()) })),
  ),
});

export const countTokensParams: v.GenericSchema<unknown, CountTokensParams> = v.object({
  role: v.picklist(modelRoles),
  text: v.string(),
});

export const contextUseParams: v.GenericSchema<unknown, ContextUseParams> = v.looseObject({
  messages: v.array(message),
});

export const editParams: v.GenericSchema<unknown, EditParams> = v.object({
  command: v.picklist(editCommandIds),
  instruction: v.exactOptional(v.string()),
  tests: v.exactOptional(v.object({ framework: v.exactOptional(v.string()), file: v.string(), source: v.string() })),
  uri: v.string(),
  languageId: v.string(),
  text: v.string(),
  before: v.string(),
  after: v.string(),
  partialResultToken: v.string(),
});

const place = v.pipe(v.number(), v.integer(), v.minValue(0));

export const rewriteProseParams: v.GenericSchema<unknown, RewriteProseParams> = v.object({
  command: v.picklist(rewriteCommands),
  language: v.exactOptional(v.pipe(v.string(), v.maxLength(100))),
  uri: v.string(),
  languageId: v.string(),
  text: v.string(),
  start: place,
  end: place,
  partialResultToken: v.string(),
});

export const digestParams: v.GenericSchema<unknown, DigestParams> = v.object({
  command: v.picklist(digestCommands),
  uri: v.string(),
  languageId: v.string(),
  text: v.string(),
  partialResultToken: v.string(),
});

export const catalogueParams: v.GenericSchema<unknown, CatalogueParams> = v.object({
  language: v.exactOptional(v.string()),
});

const absolutePath = v.pipe(
  v.string(),
  v.check((each) => path.isAbsolute(each), "must be an absolute path"),
);

export const convertParams: v.GenericSchema<unknown, ConvertParams> = v.object({
  folder: absolutePath,
  type: v.picklist(convertedTypes),
  deletesWeights: v.exactOptional(v.boolean()),
  progressToken: v.exactOptional(v.string()),
});

export const loadParams = v.object({ role: v.picklist(modelRoles) });

export const reloadParams: v.GenericSchema<unknown, ReloadParams> = v.object({
  role: v.exactOptional(v.picklist(modelRoles)),
  server: v.exactOptional(v.string()),
});

export const comparisonParams: v.GenericSchema<unknown, ComparisonParams> = v.object({
  folder: absolutePath,
  git: v.pipe(v.string(), v.minLength(1)),
  candidates: v.pipe(
    v.array(
      v.object({
        path: v.string(),
        settings: v.exactOptional(candidateSettings),
        label: v.exactOptional(v.string()),
      }),
    ),
    v.minLength(1),
  ),
  minutes: v.pipe(v.number(), v.minValue(0), v.maxValue(24 * 60)),
  partialResultToken: v.string(),
});

export const modelPath = v.object({ path: v.string() });

export const folderParams = v.object({ folder: absolutePath });

export const measureKeptParams = v.object({ heldOut: v.exactOptional(v.array(v.string())) });

export const trainedAdapterParams: v.GenericSchema<unknown, TrainedAdapter> = v.object({
  folder: absolutePath,
  base: absolutePath,
  file: v.pipe(absolutePath, v.endsWith(".gguf")),
});

export const adapterParams = v.object({ path: v.string(), model: v.string() });

export const planModelParams: v.GenericSchema<unknown, PlanModelParams> = v.object({
  repository: v.string(),
  name: v.string(),
  role: v.exactOptional(v.picklist(modelRoles)),
});

export const downloadParams: v.GenericSchema<unknown, DownloadParams> = v.object({
  repository: v.string(),
  files: v.pipe(v.array(v.string()), v.minLength(1)),
});

export const importParams: v.GenericSchema<unknown, ImportParams> = v.object({
  path: v.string(),
  by: v.picklist(["copy", "link"]),
  sha256: v.exactOptional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/i, "must be 64 hexadecimal digits"))),
});

export const originalFilesParams = v.object({ repository: v.string() });

export const apiParams: v.GenericSchema<unknown, ApiParams> = v.object({
  port: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)),
  token: v.pipe(v.string(), v.minLength(shortestToken)),
});

export const downloadId = v.object({ id: v.string() });

const position = v.object({ line: count(), character: count() });
const range = v.object({ start: position, end: position });

/** A client that leaves out the context is taken for one that asks at each key. */
export const inlineCompletionParams: v.GenericSchema<unknown, InlineCompletionParams> = v.object({
  textDocument: v.object({ uri: v.string() }),
  position,
  context: v.optional(
    v.object({
      triggerKind: v.picklist([InlineCompletionTriggerKind.Invoked, InlineCompletionTriggerKind.Automatic]),
      selectedCompletionInfo: v.exactOptional(v.object({ range, text: v.string() })),
    }),
    { triggerKind: InlineCompletionTriggerKind.Automatic },
  ),
});

export const evaluateParams: v.GenericSchema<unknown, EvaluateParams> = v.object({
  tests: v.array(v.picklist(evaluationTests)),
  model: v.string(),
  data: v.string(),
  limit: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  answersFolder: v.string(),
  runGeneratedCode: v.exactOptional(v.boolean()),
  partialResultToken: v.string(),
});

export const compareEvaluationsParams: v.GenericSchema<unknown, CompareParams> = v.object({
  first: v.string(),
  second: v.string(),
});

export const completionAcceptedParams = v.object({
  command: v.literal(completionAccepted),
  arguments: v.tuple([v.string(), count()]),
});

/** What came over a connection is JSON all through. */
function jsonObject() {
  return v.custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value));
}

function count() {
  return v.pipe(v.number(), v.integer(), v.minValue(0));
}

/**
 * What a client sent, as the schema has it.
 * @throws ResponseError that names what is wrong
 */
export function readParams<Output>(schema: v.GenericSchema<unknown, Output>, given: unknown): Output {
  const result = v.safeParse(schema, given);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  throw new ResponseError(
    ErrorCodes.InvalidParams,
    `The parameters are wrong: ${place === null ? "" : `${place}: `}${issue.message}`,
  );
}
