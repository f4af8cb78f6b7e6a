// What a kind of server speaks: how it tells of its model, how it is asked for text, and what it answers piece by piece.

import * as v from "valibot";

import type { GenerateRequest } from "../engine.ts";
import type { Connection } from "./connection.ts";

/** What a server says of the model that it runs. */
export interface ServerModel {
  /** The model's name, or the path of its file. */
  readonly name: string;
  /** Tokens of a sequence, if it tells. */
  readonly contextSize?: number;
  /** Requests that it answers side by side, if it tells. */
  readonly sequences?: number;
  /** How its end token is spelled, if it tells. */
  readonly eos?: string;
  /** The tokens that its prompts begin with. */
  readonly begin?: readonly number[];
}

/** A turn of a conversation that the server puts into the model's own format. */
export interface ServerTurn {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
}

/**
 * A prompt as a server takes it. Only among `tokens` user text can hold no special token: in `text` and `turns` those are broken up
 * that are spelled as special tokens are.
 */
export type ServerPrompt =
  { readonly tokens: readonly number[] } | { readonly text: string } | { readonly turns: readonly ServerTurn[] };

/** One text that is asked for. */
export interface TextRequest extends Omit<GenerateRequest, "prompt" | "stop"> {
  readonly model: string;
  readonly prompt: ServerPrompt;
  readonly stop: readonly string[];
  readonly seed: number;
}

/** What one event of an answer brings. */
export interface Piece {
  readonly text: string;
  /** Of the token, from 0 to 1. */
  readonly probability?: number;
  /** The text is at its end. */
  readonly end?: "end" | "limit";
  readonly usage?: { readonly prompt?: number; readonly reused?: number; readonly generated?: number };
}

/** A number of tokens; what can be none counts as not told. */
export const figure = v.fallback(v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))), undefined);

export interface Protocol {
  describe(connection: Connection, signal: AbortSignal): Promise<ServerModel>;
  /** The tokens of a text, in which special tokens are read as such or not; absent where the server cannot tell the two apart. */
  readonly tokenize?: (
    connection: Connection,
    model: string,
    text: string,
    special: boolean,
    signal: AbortSignal,
  ) => Promise<readonly number[]>;
  /** Whether special tokens are read as such wherever they are spelled, whatever `tokenize` is told. */
  readonly alwaysReadsSpecial?: boolean;
  /** Whether an answer goes on that the last of the turns begins. */
  readonly continuesTurns?: boolean;
  /** The path below the server's address and the body. */
  ask(request: TextRequest): { readonly path: string; readonly body: unknown };
  /** Reads the data of one event; undefined for what is no piece of an answer. */
  read(data: unknown): Piece | undefined;
}
