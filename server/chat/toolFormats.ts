// How the Falcon families are told of tools and write their calls, as data.

import type { Json, JsonObject, Tool, ToolCall } from "../../src/shared/tools.ts";
import type { PromptPart } from "../engine/engine.ts";

export interface ToolFormat {
  /** What stands in the system turn after its text. */
  readonly describe: (tools: readonly Tool[]) => string;
  /** Stands after a system turn that tells of tools. */
  readonly close: readonly PromptPart[];
  /** The calls in the words of the model. */
  readonly write: (calls: readonly ToolCall[]) => string;
}

/** tiiuae/Falcon3-*-Instruct, tokenizer_config.json. */
export const falcon3Tools: ToolFormat = {
  describe: (tools) =>
    "You are a Falcon assistant skilled in function calling. You are helpful, respectful, and concise.\n\n# Tools\n\n" +
    "You have access to the following functions. You MUST use them to answer questions when needed. For each function call, " +
    "you MUST return a JSON object inside <tool_call></tool_call> tags.\n\n" +
    `<tools>${JSON.stringify(tools.map(declaration), null, 2)}</tools>\n\n` +
    "# Output Format\n\nYour response MUST follow this format when making function calls:\n<tool_call>\n[\n" +
    '  {"name": "function_name", "arguments": {"arg1": "value1", "arg2": "value2"}},\n' +
    '  {"name": "another_function", "arguments": {"arg": "value"}}\n]\n</tool_call>\n' +
    "If no function calls are needed, respond normally without the tool_call tags.\n",
  close: [],
  write: (calls) =>
    `<tool_call>\n${JSON.stringify(
      calls.map(({ name, arguments: given }) => ({ name, arguments: given })),
      null,
      2,
    )}\n</tool_call>`,
};

/** tiiuae/Falcon-H1-*-Instruct, chat_template.jinja: tools as Python writes JSON, each in brackets of its own. */
export const falconH1Tools: ToolFormat = {
  describe: (tools) =>
    "\n\nYou are a function calling AI model. You are provided with function signature within <tools> </tools> XML tags. " +
    "You may call one or more functions to assist with the user query. " +
    "Don't make assumptions about what values to plug into functions.\n" +
    `<tools>\n${tools.map((tool) => `[${pythonJson(declaration(tool))}]`).join("")}\n</tools>\n` +
    "For each function call, return a json object with function name and arguments within <tool_call> </tool_call> tags " +
    "with the following schema:\n<tool_call>\n{'arguments': <args-dict>, 'name': <function-name>}\n</tool_call>\n",
  close: [],
  write: (calls) =>
    calls
      .map(({ name, arguments: given }) => `<tool_call>\n${pythonJson({ arguments: given, name })}\n</tool_call>`)
      .join("\n"),
};

/** A tool as Transformers hands it to a template. */
function declaration({ name, description, parameters = { type: "object", properties: {} } }: Tool): JsonObject {
  return { type: "function", function: { name, description, parameters } };
}

/** JSON with the spaces of Python's `json.dumps`. */
function pythonJson(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  return `{${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}: ${pythonJson(each)}`)
    .join(", ")}}`;
}

function isArray(value: JsonObject | readonly Json[]): value is readonly Json[] {
  return Array.isArray(value);
}
