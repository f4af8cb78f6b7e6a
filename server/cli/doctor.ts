// `falcon doctor`: what a report of a fault needs. No text of the user, no path of his folders and no name is in it.

import os from "node:os";
import path from "node:path";
import process from "node:process";

import manifest from "../../package.json" with { type: "json" };
import { availableRam } from "../availableRam.ts";
import { describeLoad } from "../metrics/metrics.ts";
import { loadModel, type Program } from "./program.ts";

/** Of no file of the user. */
const prompt = "def add(a, b):\n    return";

export async function runDoctor(program: Program): Promise<void> {
  const folders = foldersOf(program);
  const line = (name: string, value: string) =>
    program.print(`${`${name}:`.padEnd(12)}${withoutPaths(value, folders)}\n`);
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

/** Those whose paths are in messages, the longest first: their names may have blanks, so that no pattern finds their ends. */
function foldersOf({ settings, folder }: Program): readonly string[] {
  const models = [settings.model.path, settings.chat.model ?? ""].map((file) => path.dirname(file));
  const folders = [...models, settings.models?.folder ?? "", folder, process.cwd(), told(() => os.homedir())];
  return folders
    .filter((each) => path.isAbsolute(each) && path.dirname(each) !== each)
    .toSorted((a, b) => b.length - a.length);
}

/** Of each path the last part. */
function withoutPaths(text: string, folders: readonly string[]): string {
  const known = folders.reduce((rest, folder) => rest.replaceAll(folder, "…"), text);
  const short = known.replace(/…?(?:[A-Za-z]:)?(?:[\\/][^\\/\s:,;()]+)+[\\/]([^\\/\s:,;()]+)/g, "…/$1");
  const user = told(() => os.userInfo().username);
  return user === "" ? short : short.replaceAll(user, "USER");
}

/** Nothing for a user that the system does not know, as in a container. */
function told(ask: () => string): string {
  try {
    return ask();
  } catch {
    return "";
  }
}
