// llama.vscode beside llama-server while someone types: what its version 0.0.63 asks, when, and what it makes of the answers
// (https://github.com/ggml-org/llama.vscode, src/completion.ts, src/extra-context.ts and src/llama-server.ts; MIT).

import { setTimeout as sleep } from "node:timers/promises";

import { processorSeconds } from "../machine.ts";
import { runLlamaServer } from "../subject.ts";
import type { Completer } from "./measure.ts";
import type { EditorState } from "./typist.ts";

export interface PeerOptions {
  readonly program: string;
  readonly model: string;
  readonly threads: number;
  readonly contextSize: number;
  /**
   * As its settings are shipped: /infill with three candidates and chunks of other places. Or set up for the bundled model as
   * well as they allow: its own order of the prompt through the template for OpenAI's interface, one candidate, no chunks.
   */
  readonly setUp: "shipped" | "tuned";
}

interface Answer {
  readonly content?: string;
  readonly choices?: readonly { readonly text: string }[];
  readonly timings?: { readonly prompt_n: number; readonly predicted_n: number };
}

/** What stands around the cursor, as it is sent. */
interface Place {
  readonly prefix: string;
  readonly prompt: string;
  readonly suffix: string;
  readonly lineSuffix: string;
}

const lines = { prefix: 256, suffix: 64 };
const longestLineSuffix = 8;
const pollMilliseconds = 150;
const mostCached = 250;
const ring = { chunks: 16, lines: 64 };

export async function startLlamaVscode({
  program,
  model,
  threads,
  contextSize,
  setUp,
}: PeerOptions): Promise<Completer> {
  const server = await runLlamaServer(program, [
    ...["--model", model, "--threads", String(threads), "--ctx-size", String(contextSize * 4), "--parallel", "4"],
    // As the extension starts it.
    ...["--batch-size", "1024", "--ubatch-size", "1024", "--cache-reuse", "256"],
  ]);
  let tokens = 0;
  let chunks: { text: string; filename: string }[] = [];
  let filename = "";
  let isBusy = false;
  const cached = new Map<string, string[]>();

  const post = async (path: string, body: object) => {
    const response = await fetch(server.address + path, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`llama-server: ${await response.text()}`);
    const answers = [(await response.json()) as Answer | Answer[]].flat();
    for (const { timings } of answers) tokens += (timings?.prompt_n ?? 0) + (timings?.predicted_n ?? 0);
    return answers.map(({ content, choices }) => content ?? choices?.[0]?.text ?? "");
  };

  const ask = (place: Place) =>
    setUp === "shipped" ? post("/infill", infillBody(place, chunks)) : post("/v1/completions", templateBody(place));

  /** What is asked in advance. */
  let future = Promise.resolve();
  /** After an answer it asks for what would follow. */
  const cacheFuture = async ({ prefix, prompt, suffix, lineSuffix }: Place, suggestion: readonly string[]) => {
    const [first = "", ...more] = suggestion;
    const before = prefix + prompt + suggestion.slice(0, -1).join("\n");
    const future =
      more.length > 0
        ? { prefix: `${before}\n`, prompt: more.at(-1) ?? "", suffix, lineSuffix }
        : { prefix, prompt: prompt + first, suffix, lineSuffix };
    if (!cached.has(keyOf(future))) remember(future, (await ask(future)).map(withoutLastLineBreaks));
    if (more.length > 0)
      remember({ prefix: `${prefix}${prompt}${first}\n`, prompt: "", suffix, lineSuffix }, [more.join("\n")]);
  };

  const remember = (place: Place, texts: string[]) => {
    cached.set(keyOf(place), texts);
    for (const oldest of [...cached.keys()].slice(0, Math.max(0, cached.size - mostCached))) cached.delete(oldest);
  };

  const complete = async (state: EditorState, signal: AbortSignal): Promise<string | undefined> => {
    while (isBusy) {
      await sleep(pollMilliseconds);
      if (signal.aborted) return undefined;
    }
    const place = placeOf(state);
    if (place.lineSuffix.length > longestLineSuffix) return undefined;
    isBusy = true;
    const known = findCached(place, cached);
    const texts = known ?? (await ask(place).finally(() => (isBusy = false)));
    isBusy = false;
    const shown = texts
      .map(withoutLastLineBreaks)
      .filter((text) => !isDiscarded(text, state, place))
      .map((text) => cutAtLineSuffix(text, place.lineSuffix));
    const [first] = shown;
    if (first === undefined) return undefined;
    if (!known) remember(place, shown);
    if (!signal.aborted && place.lineSuffix.trim() === "") {
      future = sleep(0).then(() => cacheFuture(place, first.split("\n")));
      // It fails where it is waited for.
      future.catch(() => undefined);
    }
    const spaces = /^[ \t]*$/.test(place.linePrefix) ? place.linePrefix.length : 0;
    return first.replace(new RegExp(`^[ \\t]{0,${spaces}}`), "");
  };

  return {
    name: `llama.vscode, ${setUp}`,
    open: async (file, state) => {
      // The editor's switch to the file, and the rest that its chunk is fed in.
      filename = file.path;
      if (setUp === "tuned") return;
      const all = state.text.split("\n");
      const line = state.text.slice(0, state.offset).split("\n").length - 1;
      const around = all.slice(Math.max(0, line - ring.lines / 2), line + ring.lines / 2);
      const begin = Math.floor(around.length / 4);
      chunks = [...chunks, { text: `${around.slice(begin, begin + ring.lines / 2).join("\n")}\n`, filename }].slice(
        -ring.chunks,
      );
      await post("/infill", { ...infillBody(placeOf({ text: "", offset: 0 }), chunks), n_predict: 0, n_cmpl: 1 });
    },
    complete,
    close: async () => {
      await future;
      while (isBusy) await sleep(pollMilliseconds);
      cached.clear();
    },
    tokens: () => Promise.resolve(tokens),
    cpuSeconds: () => processorSeconds(server.pid) ?? NaN,
    dispose: server.dispose,
  };
}

function placeOf({ text, offset }: EditorState): Place & { readonly linePrefix: string } {
  const before = text.slice(0, offset).split("\n");
  const after = text.slice(offset).split("\n");
  const linePrefix = before.at(-1) ?? "";
  const lineSuffix = after[0] ?? "";
  return {
    prefix: `${before.slice(0, -1).slice(-lines.prefix).join("\n")}\n`,
    prompt: linePrefix.trim() === "" ? "" : linePrefix,
    suffix: `${lineSuffix}\n${after.slice(1, 1 + lines.suffix).join("\n")}\n`,
    ...{ linePrefix, lineSuffix },
  };
}

function infillBody({ prefix, prompt, suffix }: Place, chunks: readonly object[]): object {
  const indentation = prompt.length - prompt.trimStart().length;
  return {
    ...{ id_slot: 0, input_prefix: prefix, input_suffix: suffix, input_extra: chunks, prompt },
    ...{ n_predict: 128, n_cmpl: 3, top_k: 40, top_p: 0.99, stream: false, samplers: ["top_k", "top_p", "infill"] },
    ...{ cache_prompt: true, t_max_prompt_ms: 500, t_max_predict_ms: 500 },
    ...(indentation > 0 && { n_indent: indentation }),
  };
}

/** `n_prefix` and `n_suffix` count characters here; these make about as many tokens as the product sends. */
function templateBody({ prefix, prompt, suffix }: Place): object {
  const template = `>>PREFIX<<>>SUFFIX<<${suffix.slice(0, 800)}>>MIDDLE<<${prefix.slice(-3000)}${prompt}`;
  return { prompt: template, max_tokens: 32, temperature: 0.1, top_p: 0.99, stream: false };
}

function keyOf({ prefix, prompt, suffix }: Place): string {
  return `${prefix}|${suffix}|${prompt}`;
}

/** An answer to the same place, or to an earlier one of the line from which the user has typed on as it says. */
function findCached(place: Place, cached: ReadonlyMap<string, string[]>): string[] | undefined {
  for (let length = place.prompt.length; length >= 0; length--) {
    const typed = place.prompt.slice(length);
    const texts = cached.get(keyOf({ ...place, prompt: place.prompt.slice(0, length) }));
    const agreeing = texts?.filter((text) => text.startsWith(typed)).map((text) => text.slice(typed.length));
    if (agreeing && (agreeing.length > 0 || typed === "")) return agreeing;
  }
  return undefined;
}

function withoutLastLineBreaks(text: string): string {
  return text.replace(/(?:\r?\n[ \t]*)+$/, "");
}

/** What is empty, or repeats what stands after the cursor. */
function isDiscarded(
  text: string,
  state: EditorState,
  { linePrefix, lineSuffix }: ReturnType<typeof placeOf>,
): boolean {
  const suggestion = text.split("\n");
  const [first = "", ...more] = suggestion;
  if (text.trim() === "" || (more.length === 0 && first === lineSuffix)) return true;
  const following = state.text.slice(state.offset).split("\n").slice(1);
  const isEmpty = first.trim() === "" || first.trim() === lineSuffix.trim();
  if (more.length > 0 && isEmpty && more.every((line, i) => line === following[i])) return true;
  const next = following.findIndex((line) => line.trim() !== "");
  if (next < 0 || linePrefix + first !== following[next]) return false;
  return more.every((line, i) => following[next + 1 + i]?.startsWith(line));
}

function cutAtLineSuffix(text: string, lineSuffix: string): string {
  const [first = ""] = text.split("\n");
  if (lineSuffix.trim() === "") return text;
  return first.endsWith(lineSuffix) ? first.slice(0, -lineSuffix.length) : first;
}
