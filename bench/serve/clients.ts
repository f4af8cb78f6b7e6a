// Clients that ask for completions at once, each for the next one when it has the last.

import { Agent, request } from "node:http";

import { words } from "../model.ts";
import type { HttpSubject } from "./subjects.ts";

export interface Load {
  readonly clients: number;
  /** Of each client. */
  readonly requests: number;
  /** Prompts of one round are like none of another, and the same for every subject. */
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
  const agent = new Agent({ keepAlive: true });
  const start = performance.now();
  const byClient = await Promise.all(
    Array.from({ length: load.clients }, async (_, client) => {
      const done: Timed[] = [];
      for (let i = 0; i < load.requests; i++) {
        const prompt = makePrompt(
          `${load.round} ${client} ${i}`,
          (load.round * load.clients + client) * load.requests + i,
        );
        done.push(await ask(subject, prompt, load.isStream, agent));
      }
      return done;
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
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
function makePrompt(head: string, seed: number): string {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0;
  const nextWord = () => {
    // Numerical Recipes' linear congruential generator; its upper bits are the random ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return words[Math.floor((state / 2 ** 32) * words.length)] ?? "";
  };
  return `${head} ${Array.from({ length: promptWords }, nextWord).join(" ")}`;
}

interface Completion {
  readonly choices: readonly { readonly text: string }[];
  readonly usage?: { readonly completion_tokens: number };
}

/** By Node's own client, which takes little of the processors that the servers need. */
async function ask(subject: HttpSubject, prompt: string, isStream: boolean, agent: Agent): Promise<Timed> {
  const body = JSON.stringify({
    ...{ prompt, max_tokens: maxTokens, temperature: 0, stream: isStream },
    ...(isStream && { stream_options: { include_usage: true } }),
  });
  const start = performance.now();
  const { first, text } = await send(subject, body, agent);
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

async function send({ address, token, source }: HttpSubject, body: string, agent: Agent) {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly first: number; readonly text: string }>();
  const headers = {
    ...{ authorization: `Bearer ${token}`, "content-type": "application/json" },
    "content-length": Buffer.byteLength(body),
  };
  const sent = request(`${address}/v1/completions`, { method: "POST", agent, headers }, (response) => {
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
