// Tools that a model may call, as they cross a process: JSON all through.

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** A JSON schema of its arguments. */
  readonly parameters?: JsonObject;
}

export interface ToolCall {
  readonly name: string;
  readonly arguments: JsonObject;
}
