// A model that runs on a server elsewhere: prompts are rendered here, and each text that is asked for is one request there.

import { randomInt } from "node:crypto";

import {
  EngineError,
  type GeneratedToken,
  type Generation,
  type GenerateRequest,
  type LoadedModel,
  type Model,
  type PromptPart,
  type StopReason,
  type Usage,
} from "../engine.ts";
import { TextStream } from "../textStream.ts";
import type { Connection } from "./connection.ts";
import { failureInStream, RemoteError } from "./failures.ts";
import type { Piece, Protocol, TextRequest } from "./protocol.ts";
import type { RemoteVocabulary } from "./vocabulary.ts";

export interface RemoteModelParts {
  readonly info: LoadedModel;
  readonly connection: Connection;
  readonly protocol: Protocol;
  readonly vocabulary: RemoteVocabulary;
  /** How the server names the model. */
  readonly model: string;
  /** Fires with an `EngineError` when the model is no longer the chosen one. */
  readonly ended: AbortSignal;
  /** A request failed, so that the next ones may fail, too. */
  readonly onFailure: (error: RemoteError) => void;
}

interface Text {
  readonly text: string;
  readonly tokens: readonly GeneratedToken[];
  readonly stopReason: StopReason;
  readonly usage: NonNullable<Piece["usage"]>;
  readonly count: number;
  /** As `performance.now()` tells it. */
  readonly firstToken: number | undefined;
}

/** Servers take seeds of 32 bits. */
const seeds = 2 ** 31;

export class RemoteModel implements Model {
  readonly #parts: RemoteModelParts;

  constructor(parts: RemoteModelParts) {
    this.#parts = parts;
  }

  get info(): LoadedModel {
    return this.#parts.info;
  }

  async generate(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    const start = performance.now();
    const { vocabulary, model, ended } = this.#parts;
    const limits = request.timeLimit === undefined ? [] : [AbortSignal.timeout(request.timeLimit)];
    const stopped = AbortSignal.any([signal, ended, ...limits]);
    const { prompt: parts, stop, seed = randomInt(seeds), candidates = 1, ...rest } = request;
    const texts = await this.#failing(async () => {
      const rendered = await orAborted(vocabulary.render(parts, stopped), stopped);
      if (!rendered) return [];
      const { prompt, cut } = rendered;
      const size = "tokens" in prompt ? prompt.tokens.length : 0;
      this.#requireRoom(size, request.maxTokens);
      const spelled = stop.map((each) => (typeof each === "string" ? each : vocabulary.spelling(each)));
      const asked = { ...rest, model, prompt, stop: spelled };
      return Promise.all(
        Array.from({ length: candidates }, (_, i) =>
          this.#write({ ...asked, seed: (seed + i) % seeds }, cut, i === 0 ? onText : () => undefined, stopped),
        ),
      );
    });
    // The signal of another model's load rejects what still runs.
    ended.throwIfAborted();
    const [first, ...more] = texts;
    const stopReason = first?.stopReason ?? "aborted";
    return {
      text: first?.text ?? "",
      alternatives: more.map(({ text }) => text),
      ...(first && first.tokens.length > 0 && { tokens: first.tokens }),
      stopReason: stopReason === "aborted" && !signal.aborted ? "limit" : stopReason,
      usage: usageOf(texts, start),
    };
  }

  async countTokens(prompt: readonly PromptPart[], limit = Infinity): Promise<number> {
    const { vocabulary, ended } = this.#parts;
    return this.#failing(() => vocabulary.count(prompt, limit, ended));
  }

  /** @param cut what the text may begin with although it is no part of it */
  async #write(request: TextRequest, cut: string, onText: (text: string) => void, signal: AbortSignal): Promise<Text> {
    const { protocol, connection } = this.#parts;
    const { path, body } = protocol.ask(request);
    const stream = new TextStream(request.stop);
    const tokens: GeneratedToken[] = [];
    let [text, length, count, rest] = ["", 0, 0, cut];
    let firstToken: number | undefined;
    let end: Piece["end"] | undefined;
    let usage: Text["usage"] = {};
    const show = (piece: string) => {
      text += piece;
      if (piece !== "") onText(piece);
    };
    try {
      for await (const data of connection.stream(path, body, signal)) {
        const piece = protocol.read(data);
        if (!piece) throw failureInStream(connection.server, JSON.stringify(data));
        usage = { ...usage, ...piece.usage };
        if (piece.text !== "") {
          firstToken ??= performance.now();
          count++;
          const dropped = sharedLength(rest, piece.text);
          rest = dropped === piece.text.length ? rest.slice(dropped) : "";
          length += piece.text.length - dropped;
          if (piece.probability !== undefined) tokens.push({ end: length, probability: piece.probability });
          const { text: shown, stopped } = stream.push(piece.text.slice(dropped));
          show(shown);
          if (stopped) end = "end";
        }
        end ??= piece.end;
        if (end) break;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    show(stream.flush());
    const stopReason = signal.aborted && !end ? "aborted" : (end ?? "end");
    const told = tokens.filter((token) => token.end <= text.length);
    return { text, tokens: told, stopReason, usage, count, firstToken };
  }

  #requireRoom(prompt: number, answer: number): void {
    const { contextSize } = this.info;
    if (prompt + answer <= contextSize) return;
    throw new EngineError("promptTooLong", `prompt ${prompt} + answer ${answer} > context ${contextSize} tokens`);
  }

  async #failing<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (error) {
      this.#parts.ended.throwIfAborted();
      if (error instanceof RemoteError) this.#parts.onFailure(error);
      throw error;
    }
  }
}

/** What is waited for, or undefined where the signal ended it. */
async function orAborted<R>(wanted: Promise<R>, signal: AbortSignal): Promise<R | undefined> {
  try {
    return await wanted;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** How much two texts share from their beginning on. */
function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function usageOf(texts: readonly Text[], start: number): Usage {
  const [first] = texts;
  return {
    prompt: first?.usage.prompt ?? 0,
    reused: first?.usage.reused ?? 0,
    generated: texts.reduce((sum, { usage, count }) => sum + (usage.generated ?? count), 0),
    accepted: 0,
    ...(first?.firstToken !== undefined && { firstToken: first.firstToken - start }),
    duration: performance.now() - start,
  };
}
