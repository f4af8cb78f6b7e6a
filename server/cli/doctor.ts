// `falcon doctor`: what a report of a fault needs. No text of the user, no path of his folders and no name is in it.

import os from "node:os";
import process from "node:process";

import manifest from "../../package.json" with { type: "json" };
import { availableRam } from "../availableRam.ts";
import { describeLoad } from "../metrics/metrics.ts";
import { loadModel, type Program } from "./program.ts";

/** Of no file of the user. */
const prompt = "def add(a, b):\n    return";

export async function runDoctor(program: Program): Promise<void> {
  const line = (name: string, value: string) => program.print(`${`${name}:`.padEnd(12)}${withoutPaths(value)}\n`);
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  line("falcon", manifest.version);
  line("node", `${process.version} ${process.platform}-${process.arch}, ${os.release()}`);
  line("processor", `${os.cpus()[0]?.model.trim() ?? "unknown"}, ${os.cpus().length} threads`);
  line("memory", `${gigabytes(availableRam())} available of ${gigabytes(os.totalmem())}`);
  try {
    const start = performance.now();
    const model = await loadModel("completion", program);
    line("model", describeLoad(model.info, performance.now() - start, undefined));
    for (const { kind, name, free } of model.info.devices) line("device", `${kind} ${name}, ${gigabytes(free)} free`);
    if (model.info.fallback !== undefined) line("fallback", model.info.fallback);
    const { usage, stopReason } = await model.generate(
      { priority: "completion", prompt: [prompt], maxTokens: 16, temperature: 0, stop: [], private: true },
      () => undefined,
      program.signal,
    );
    const { firstToken = 0, duration, generated } = usage;
    line(
      "generation",
      `${generated} tokens in ${Math.round(duration)} ms, the first after ${Math.round(firstToken)} ms (${stopReason})`,
    );
  } catch (error) {
    line("failure", error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
  for (const each of program.log) line("log", each);
}

/** Of each path the last part. */
function withoutPaths(text: string): string {
  const user = os.userInfo().username;
  const short = text.replace(/(?:[A-Za-z]:)?(?:[\\/][^\\/\s:,;()]+)+[\\/]([^\\/\s:,;()]+)/g, "…/$1");
  return user === "" ? short : short.replaceAll(user, "USER");
}
