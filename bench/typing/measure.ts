// How a completer keeps up with someone who types: for each key, when its ghost text came and what of it was right.

import { setTimeout as sleep } from "node:timers/promises";

import type { HeldOutFile } from "../heldOut.ts";
import { shortestPause, type Trace } from "./trace.ts";
import { type EditorState, Typist } from "./typist.ts";

/** What completes while someone types: the product, or a peer. */
export interface Completer {
  readonly name: string;
  open(file: HeldOutFile, state: EditorState): Promise<void>;
  /** What the editor does after a key: tells of the edit, and asks. Nothing is shown where the answer is undefined. */
  complete(state: EditorState, signal: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
  /** That its model has evaluated so far. */
  tokens(): Promise<number>;
  /** Of its processes so far. */
  cpuSeconds(): number;
  dispose(): Promise<void>;
}

export interface Key {
  /** Milliseconds to the answer; undefined where the next key came first. */
  readonly latency: number | undefined;
  /** To the next key. */
  readonly pause: number;
  readonly shown: string | undefined;
  /** Characters of what was shown up to the first wrong one. */
  readonly kept: number;
  /** What Tab takes next; empty where none is pressed. */
  readonly accepted: string;
}

export interface Measured {
  readonly keys: readonly Key[];
  readonly tokens: number;
  readonly cpuSeconds: number;
}

/** Types so many keys of the trace, in the time that they take. */
export async function typeTrace(completer: Completer, trace: Trace, keys: number): Promise<Measured> {
  const typist = new Typist(trace);
  await completer.open(trace.file, typist.state);
  const [tokensBefore, cpuBefore] = [await completer.tokens(), completer.cpuSeconds()];
  const typed: Key[] = [];
  let accepted = "";
  while (typed.length < keys && !typist.isDone) {
    const key = await pressOne(completer, typist, accepted);
    accepted = key.accepted;
    typed.push(key);
  }
  // What still runs counts.
  await sleep(300);
  const cpuSeconds = completer.cpuSeconds() - cpuBefore;
  const tokens = (await completer.tokens()) - tokensBefore;
  await completer.close();
  return { keys: typed, tokens, cpuSeconds };
}

/** The key is Tab where ghost text is accepted. */
async function pressOne(completer: Completer, typist: Typist, accepted: string): Promise<Key> {
  if (accepted === "") typist.press();
  else typist.accept(accepted);
  const { state, rest, moment } = typist;
  const pressed = performance.now();
  const next = new AbortController();
  let answer: { text: string | undefined; latency: number } | undefined;
  void completer.complete(state, next.signal).then((text) => {
    if (!next.signal.aborted) answer = { text, latency: performance.now() - pressed };
  });
  await sleep(moment.pause);
  next.abort();
  const shown = answer?.text === "" ? undefined : answer?.text;
  const kept = shown === undefined ? 0 : commonLength(shown, rest);
  const isAccepted = shown !== undefined && kept === shown.length && kept >= 3;
  return {
    latency: answer?.latency,
    pause: moment.pause,
    shown,
    kept,
    accepted: isAccepted && moment.accepts && moment.pause >= shortestPause ? shown : "",
  };
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
