// A model that runs on a server elsewhere: prompts are rendered here, and each text that is asked for is one request there.

import { randomInt } from "node:crypto";

import {
  EngineError,
  type Generation,
  type GenerateRequest,
  type LoadedModel,
  type Model,
  type PromptPart,
  type StopReason,
  type Usage,
} from "../engine.ts";
import type { Connection } from "./connection.ts";
import { failureInStream, RemoteError } from "./failures.ts";
import type { Protocol, ServerPrompt, TextRequest } from "./protocol.ts";
import { type Begun, RemoteText } from "./remoteText.ts";
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
    const failed = new AbortController();
    const stopped = AbortSignal.any([signal, ended, failed.signal, ...limits]);
    const { prompt: parts, stop, seed = randomInt(seeds), candidates = 1, ...rest } = request;
    const texts = await this.#failing(async () => {
      const rendered = await orAborted(vocabulary.render(parts, stopped), stopped);
      if (!rendered) return [];
      const { cut } = rendered;
      const { prompt, answer } = this.#begin(rendered.prompt);
      const size = "tokens" in prompt ? prompt.tokens.length : 0;
      this.#requireRoom(size, request.maxTokens);
      const spelled = stop.map((each) => (typeof each === "string" ? each : vocabulary.spelling(each)));
      const asked = { ...rest, model, prompt, stop: spelled };
      const written = Array.from({ length: candidates }, (_, i) =>
        this.#write(
          { ...asked, seed: (seed + i) % seeds },
          { cut, answer },
          i === 0 ? onText : () => undefined,
          stopped,
        ),
      );
      try {
        return await Promise.all(written);
      } catch (error) {
        // What one of them failed with is the answer: the others end before it is told.
        failed.abort();
        await Promise.allSettled(written);
        throw error;
      }
    });
    // The signal of another model's load rejects what still runs.
    ended.throwIfAborted();
    const [first, ...more] = texts;
    const stopReason = first?.stopReason ?? "aborted";
    const tokens = first?.text.tokens ?? [];
    return {
      text: first?.text.text ?? "",
      alternatives: more.map(({ text }) => text.text),
      ...(tokens.length > 0 && { tokens }),
      stopReason: stopReason === "aborted" && !signal.aborted ? "limit" : stopReason,
      usage: usageOf(
        texts.map(({ text }) => text),
        start,
      ),
    };
  }

  async countTokens(prompt: readonly PromptPart[], limit = Infinity): Promise<number> {
    const { vocabulary, ended } = this.#parts;
    return this.#failing(() => vocabulary.count(prompt, limit, ended));
  }

  /** What an answer begins with goes with its turns only to a server that goes on with it. */
  #begin(prompt: ServerPrompt): { readonly prompt: ServerPrompt; readonly answer: string } {
    const last = "turns" in prompt ? prompt.turns.at(-1) : undefined;
    if (!("turns" in prompt) || last?.role !== "assistant" || this.#parts.protocol.continuesTurns)
      return { prompt, answer: "" };
    return { prompt: { turns: prompt.turns.slice(0, -1) }, answer: last.content };
  }

  async #write(
    request: TextRequest,
    begun: Begun,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<{ readonly text: RemoteText; readonly stopReason: StopReason }> {
    const { protocol, connection } = this.#parts;
    const { path, body } = protocol.ask(request);
    const text = new RemoteText(request.stop, begun, onText);
    try {
      for await (const data of connection.stream(path, body, signal)) {
        const piece = protocol.read(data);
        if (!piece) throw failureInStream(connection.server, path, data);
        if (!text.push(piece)) break;
      }
    } catch (error) {
      // A stream may close as it likes after the end.
      if (!signal.aborted && !text.end) throw error;
    }
    text.finish();
    return { text, stopReason: text.end ?? (signal.aborted ? "aborted" : "end") };
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

function usageOf(texts: readonly RemoteText[], start: number): Usage {
  const [first] = texts;
  const { prompt = 0, reused = 0 } = first?.usage ?? {};
  return {
    prompt,
    reused: Math.min(reused, prompt),
    generated: texts.reduce((sum, { usage, count }) => sum + (usage.generated ?? count), 0),
    accepted: 0,
    ...(first?.firstToken !== undefined && { firstToken: first.firstToken - start }),
    duration: performance.now() - start,
  };
}
