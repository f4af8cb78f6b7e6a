// `falcon compare FOLDER`: which of some models completes the folder's own history best, as the editor's command tells.

import path from "node:path";
import * as v from "valibot";

import type { Candidate, CandidateSettings } from "../../src/shared/comparison.ts";
import { runComparison } from "../compare/runComparison.ts";
import { backgroundHostCreator } from "../installation.ts";
import { candidateSettings } from "../lsp/settings.ts";
import { matchExcludedRealFiles } from "../realFile.ts";
import { Grammars } from "../syntax/grammars.ts";
import { type Program, UsageError } from "./program.ts";

export interface CompareOptions {
  readonly models: readonly string[];
  /** What each model is also asked with, such as `context-size=2048,snippets=0`. */
  readonly candidates: readonly string[];
  readonly minutes: string;
}

const settingNames: Readonly<Record<string, keyof CandidateSettings>> = {
  "context-size": "contextSize",
  infill: "infill",
  snippets: "snippets",
};

export async function runCompare(
  folder: string,
  { models, candidates, minutes }: CompareOptions,
  program: Program,
): Promise<void> {
  if (folder === "" || models.length === 0)
    throw new UsageError("falcon compare FOLDER --model A --model B --candidates NAME=VALUE --minutes N");
  if (!(Number(minutes) > 0)) throw new UsageError("--minutes must be more than 0.");
  const ways: Omit<Candidate, "path">[] = [
    {},
    ...candidates.map((given) => ({ settings: readCandidate(given), label: given })),
  ];
  const { settings, folder: bundles, signal, print, note } = program;
  const report = await runComparison(
    {
      folder: path.resolve(folder),
      git: "git",
      candidates: models.flatMap((model) => ways.map((way) => ({ path: path.resolve(model), ...way }))),
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
  for (const { name, quantization, label = "", figures, problem } of report.candidates) {
    const cells = figures
      ? [
          `keeps ${figures.kept.mean.toFixed(1)} characters (${figures.kept.low.toFixed(1)} to ${figures.kept.high.toFixed(1)})`,
          `${Math.round(figures.exact * 100)} % of the lines exactly`,
          `${Math.round(figures.p50)} ms, 95 % within ${Math.round(figures.p95)} ms`,
          ...(figures.memory === undefined ? [] : [`${Math.round(figures.memory / 1e6)} MB`]),
        ]
      : [problem ?? "was not measured"];
    print(`${[name, quantization, label].filter((part) => part !== "").join(" ")}: ${cells.join("; ")}\n`);
  }
  print(`${report.recommendation ?? "There was no place to compare the models on."}\n`);
}

function readCandidate(given: string): CandidateSettings {
  const entries = given.split(",").map((each) => {
    const [name = "", value = ""] = each.split("=", 2).map((part) => part.trim());
    const key = Object.hasOwn(settingNames, name) ? settingNames[name] : undefined;
    return [key ?? name, /^\d{1,9}$/.test(value) ? Number(value) : value] as const;
  });
  const read = v.safeParse(candidateSettings, Object.fromEntries(entries));
  if (read.success) return read.output;
  throw new UsageError(
    `--candidates takes context-size=N, snippets=0 to 8 and infill=prefixFirst, suffixFirst or none, with commas between them, and not ${given}.`,
  );
}
