// Clients that ask for completions at once, each for the next one when it has the last.

import { createHash } from "node:crypto";
import { request } from "node:http";

import { words } from "../model.ts";
import type { HttpSubject } from "./subjects.ts";

export interface Load {
  readonly clients: number;
  /** Of each client. */
  readonly requests: number;
  /** Prompts of a round and way are like none of another, and the same for every subject. */
  readonly round: number;
  readonly isStream: boolean;
}

/** Words of a prompt, which are a token or a few each, and tokens of its answer. */
const promptWords = 96;
const maxTokens = 64;

/** Milliseconds since the request was sent. */
interface Timed {
  readonly first: number;
  readonly end: number;
  readonly generated: number;
}

/** How fast all answers came together, and how long each took. */
export async function askAll(subject: HttpSubject, load: Load): Promise<Record<string, number>> {
  const start = performance.now();
  const byClient = await Promise.all(
    Array.from({ length: load.clients }, async (_, client) => {
      const done: Timed[] = [];
      for (let i = 0; i < load.requests; i++) {
        const prompt = makePrompt(`${load.isStream} ${load.round} ${client} ${i}`);
        done.push(await ask(subject, prompt, load.isStream));
      }
      return done;
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const all = byClient.flat();
  const way = load.isStream ? "streamed" : "whole";
  return {
    [`${way}: tokens/s`]: all.reduce((sum, { generated }) => sum + generated, 0) / seconds,
    [`${way}: requests/s`]: all.length / seconds,
    ...percentiles(
      `${way}: latency`,
      all.map(({ end }) => end),
    ),
    ...(load.isStream &&
      percentiles(
        `${way}: first token`,
        all.map(({ first }) => first),
      )),
  };
}

function percentiles(name: string, values: readonly number[]): Record<string, number> {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
  return { [`${name} p50 (ms)`]: at(0.5), [`${name} p95 (ms)`]: at(0.95) };
}

/** Random words, of a way of writing that both servers go on with for long. */
function makePrompt(name: string): string {
  let state = createHash("sha256").update(name).digest().readUInt32LE();
  const nextWord = () => {
    // Numerical Recipes' linear congruential generator; its upper bits are the random ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return words[Math.floor((state / 2 ** 32) * words.length)] ?? "";
  };
  return `${name} ${Array.from({ length: promptWords }, nextWord).join(" ")}`;
}

interface Completion {
  readonly choices: readonly { readonly text: string }[];
  readonly usage?: { readonly completion_tokens: number };
}

/**
 * By Node's own client, which takes little of the processors that the servers need. Each request has a connection of its own:
 * llama-server may end one that is kept while the next request is on its way.
 */
async function ask(subject: HttpSubject, prompt: string, isStream: boolean): Promise<Timed> {
  const body = JSON.stringify({
    ...{ prompt, max_tokens: maxTokens, temperature: 0, stream: isStream },
    ...(isStream && { stream_options: { include_usage: true } }),
  });
  const start = performance.now();
  const { first, text } = await send(subject, body);
  const end = performance.now() - start;
  const last = isStream ? lastEvent(text) : text;
  const generated = (JSON.parse(last) as Completion).usage?.completion_tokens;
  if (generated === undefined) throw new Error(`${subject.source} does not say how many tokens it wrote: ${last}`);
  return { first: first - start, end, generated };
}

/** The one before [DONE] has the usage. */
function lastEvent(text: string): string {
  return text.trimEnd().split("\n\n").at(-2)?.slice("data: ".length) ?? "";
}

async function send({ address, token, source }: HttpSubject, body: string) {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly first: number; readonly text: string }>();
  const headers = {
    ...{ authorization: `Bearer ${token}`, "content-type": "application/json" },
    "content-length": Buffer.byteLength(body),
  };
  const sent = request(`${address}/v1/completions`, { method: "POST", agent: false, headers }, (response) => {
    let first = NaN;
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => {
      if (chunks.length === 0) first = performance.now();
      chunks.push(chunk);
    });
    response.on("error", reject);
    response.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      if (response.statusCode === 200) resolve({ first, text });
      else reject(new Error(`${source}: ${text}`));
    });
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}
