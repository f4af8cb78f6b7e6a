// OpenAI's /v1/chat/completions: the editor's chat, with a client's own messages, tools and sampling.

import { randomUUID } from "node:crypto";
import * as v from "valibot";

import type { ChatTurn } from "../../src/shared/chat.ts";
import type { JsonObject, Tool, ToolCall } from "../../src/shared/tools.ts";
import { answerChat } from "../chat/answerChat.ts";
import type { Usage } from "../engine/engine.ts";
import { ApiError } from "./apiError.ts";
import { namedModel } from "./apiModels.ts";
import { isTooDeep } from "./body.ts";
import { interrupted } from "./complete.ts";
import { type Exchange, openStream, outOfTime, post, type Route, sendJson } from "./exchange.ts";
import { type FinishReason, finishReason, now, streamFields, usageOf } from "./openaiCompletions.ts";
import { refused, samplingFields, samplingOf, stopsOf, withSampling } from "./sampling.ts";

const jsonObject = v.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);

/** A text, or its parts; images and sounds are refused. */
const content = v.union(
  [
    v.string(),
    v.pipe(
      v.array(v.object({ type: v.literal("text"), text: v.string() })),
      v.transform((parts) => parts.map(({ text }) => text).join("\n\n")),
    ),
  ],
  "must be text",
);

const toolCall = v.object({
  function: v.object({
    name: v.string(),
    arguments: v.pipe(
      v.string(),
      v.rawTransform(({ dataset, addIssue, NEVER }) => {
        const read = v.safeParse(jsonObject, parseOrNothing(dataset.value));
        if (read.success) return read.output;
        addIssue({ message: "must be a JSON object, as text" });
        return NEVER;
      }),
    ),
  }),
});

const message = v.object({
  role: v.picklist(["system", "developer", "user", "assistant", "tool"]),
  content: v.nullish(content),
  tool_calls: v.nullish(v.array(toolCall)),
});

const tool = v.object({
  type: v.literal("function"),
  function: v.object({ name: v.string(), description: v.nullish(v.string()), parameters: v.nullish(jsonObject) }),
});

/** -1, as llama-server has it, is no limit of the client's. */
const longest = v.nullish(
  v.pipe(
    v.number(),
    v.integer(),
    v.check((value) => value === -1 || (value >= 1 && value <= 2 ** 22), "must be from 1 to 4194304, or -1"),
    v.transform((value) => (value === -1 ? undefined : value)),
  ),
);

const body = v.object({
  model: v.nullish(v.string()),
  messages: v.pipe(
    v.array(message),
    v.check((all) => ["user", "tool"].includes(all.at(-1)?.role ?? ""), "the last one must be the user's, or a tool's"),
  ),
  max_tokens: longest,
  max_completion_tokens: longest,
  n: v.nullish(v.literal(1)),
  tools: v.nullish(v.array(tool)),
  tool_choice: v.nullish(v.picklist(["auto", "none"], "must be auto or none")),
  /** Nothing here makes sure that a model writes JSON. */
  response_format: v.nullish(v.object({ type: v.literal("text", "must be text") })),
  ...streamFields,
  ...samplingFields,
  ...refused("logprobs", "frequency_penalty", "presence_penalty", "logit_bias"),
});

type Asked = v.InferOutput<typeof body>;

export const chatRoutes: readonly Route[] = [post("/v1/chat/completions", body, answer)];

async function answer(asked: Asked, exchange: Exchange): Promise<void> {
  const head = { id: `chatcmpl-${randomUUID()}`, created: now(), model: asked.model ?? "falcon" };
  if (asked.stream === true) await stream(asked, exchange, { ...head, object: "chat.completion.chunk" });
  else {
    const { text, finish, calls, usage } = await chat(asked, exchange, () => undefined);
    const content = text === "" && calls ? null : text;
    const message = { role: "assistant", content, ...(calls && { tool_calls: calls }) };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }];
    sendJson(exchange, { ...head, object: "chat.completion", choices, usage: usageOf(usage) });
  }
}

async function stream(asked: Asked, exchange: Exchange, head: object): Promise<void> {
  // Clients put the texts of deltas together, so that the role comes once.
  let role: { readonly role?: "assistant" } = { role: "assistant" };
  const chunk = (more: object, finish_reason: FinishReason | null = null) => {
    const delta = { ...role, ...more };
    role = {};
    return { ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason }] };
  };
  const stream = openStream(exchange, (content) => chunk({ content }));
  const { finish, calls, usage } = await chat(asked, exchange, (piece) => stream.push(piece));
  if (calls) stream.send(chunk({ tool_calls: calls.map((call, index) => ({ index, ...call })) }));
  stream.send(chunk({}, finish));
  if (asked.stream_options?.include_usage === true) stream.send({ ...head, choices: [], usage: usageOf(usage) });
  stream.send("[DONE]");
  stream.end();
}

/** @throws ApiError, UserError */
async function chat(asked: Asked, exchange: Exchange, onText: (piece: string) => void) {
  const { signal, settings } = exchange;
  const loaded = await namedModel(asked.model, "chat", exchange);
  let text = "";
  let usage: Usage = { prompt: 0, reused: 0, generated: 0, accepted: 0, duration: 0 };
  const sampling = { ...samplingOf(asked), private: true };
  const model = withSampling(loaded, sampling, stopsOf(asked.stop), (used) => (usage = used));
  const maxTokens = asked.max_completion_tokens ?? asked.max_tokens ?? settings.chat.maxTokens;
  const tools = asked.tool_choice === "none" ? undefined : asked.tools;
  const result = await answerChat(
    { messages: asked.messages.map(turnOf), ...(tools && { tools: tools.map(toolOf) }) },
    { models: { ready: () => Promise.resolve(model) }, settings: { ...settings.chat, maxTokens } },
    (piece) => {
      text += piece;
      onText(piece);
    },
    signal,
  );
  if (result.problem) throw new ApiError(400, result.problem.message, { code: "demonstration_model" });
  if (result.stopReason === "interrupted") throw interrupted();
  if (result.stopReason === "aborted" && text === "") throw outOfTime();
  const calls = result.toolCalls?.map(callOf);
  const finish: FinishReason = calls ? "tool_calls" : finishReason(result.stopReason);
  return { text, calls, finish, usage };
}

function turnOf({ role, content, tool_calls }: Asked["messages"][number]): ChatTurn {
  const toolCalls = tool_calls?.map((call) => call.function);
  return { role: role === "developer" ? "system" : role, text: content ?? "", ...(toolCalls && { toolCalls }) };
}

function toolOf({ function: { name, description, parameters } }: v.InferOutput<typeof tool>): Tool {
  return { name, description: description ?? "", ...(parameters && { parameters }) };
}

function callOf({ name, arguments: args }: ToolCall) {
  const call = { name, arguments: JSON.stringify(args) };
  return { id: `call_${randomUUID()}`, type: "function", function: call };
}

function parseOrNothing(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isTooDeep(value) ? undefined : value;
  } catch {
    return undefined;
  }
}
