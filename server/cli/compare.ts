// `falcon compare FOLDER`: which of some models completes the folder's own history best, as the editor's command tells.

import path from "node:path";

import { runComparison } from "../compare/runComparison.ts";
import { backgroundHostCreator } from "../installation.ts";
import { matchExcludedRealFiles } from "../realFile.ts";
import { Grammars } from "../syntax/grammars.ts";
import { type Program, UsageError } from "./program.ts";

export interface CompareOptions {
  readonly models: readonly string[];
  readonly minutes: string;
}

export async function runCompare(folder: string, { models, minutes }: CompareOptions, program: Program): Promise<void> {
  if (folder === "" || models.length === 0)
    throw new UsageError("falcon compare FOLDER --model A --model B --minutes N");
  if (!(Number(minutes) > 0)) throw new UsageError("--minutes must be more than 0.");
  const { settings, folder: bundles, signal, print, note } = program;
  const report = await runComparison(
    {
      folder: path.resolve(folder),
      git: "git",
      candidates: models.map((model) => ({ path: path.resolve(model) })),
      minutes: Number(minutes),
    },
    {
      ...{ settings, createHost: backgroundHostCreator(bundles), log: () => undefined },
      grammars: new Grammars(path.join(bundles, "grammars")),
      isExcluded: matchExcludedRealFiles(settings.excludedFiles),
      isBusy: () => false,
      onReport: ({ lines, blocks, elapsed }) => note(`\r${lines + blocks} places, ${Math.round(elapsed / 1000)} s `),
    },
    signal,
  );
  note("\n");
  for (const { name, quantization, figures, problem } of report.candidates) {
    const cells = figures
      ? [
          `keeps ${figures.kept.mean.toFixed(1)} characters (${figures.kept.low.toFixed(1)} to ${figures.kept.high.toFixed(1)})`,
          `${Math.round(figures.exact * 100)} % of the lines exactly`,
          `${Math.round(figures.p50)} ms, 95 % within ${Math.round(figures.p95)} ms`,
          ...(figures.memory === undefined ? [] : [`${Math.round(figures.memory / 1e6)} MB`]),
        ]
      : [problem ?? "was not measured"];
    print(`${[name, quantization].filter((part) => part !== "").join(" ")}: ${cells.join("; ")}\n`);
  }
  print(`${report.recommendation ?? "There was no place to compare the models on."}\n`);
}
