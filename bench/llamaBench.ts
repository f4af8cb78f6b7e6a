// Speeds by llama.cpp's own benchmark.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { deviceOptions, sameBuild } from "./sameBuild.ts";

export interface LlamaBenchOptions {
  readonly program: string;
  readonly model: string;
  readonly threads: number;
  readonly gpu: boolean;
}

/** Tokens per second of evaluating a prompt of so many tokens, or of writing so many after nothing. */
export async function llamaBench(
  { program, model, threads, gpu }: LlamaBenchOptions,
  what: "prefill" | "generation",
  tokens: number,
): Promise<number> {
  const [prompt, generation] = what === "prefill" ? [tokens, 0] : [0, tokens];
  const { stdout } = await promisify(execFile)(await sameBuild(program, gpu), [
    ...["--model", model, "--threads", String(threads), "--repetitions", "1", "--output", "json"],
    ...deviceOptions(gpu),
    ...["--n-prompt", String(prompt), "--n-gen", String(generation)],
  ]);
  const [result] = JSON.parse(stdout) as { avg_ts: number }[];
  if (!result) throw new Error("llama-bench measured nothing.");
  return result.avg_ts;
}
