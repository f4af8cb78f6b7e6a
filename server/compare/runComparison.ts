// A comparison from what the user asks for: the places of the history, the files around them, and the models.

import path from "node:path";
import { pathToFileURL } from "node:url";

import type { ComparisonParams, ComparisonReport } from "../../src/shared/comparison.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import { availableRam } from "../availableRam.ts";
import { IgnoredFiles } from "../completion/context/ignoredFiles.ts";
import { fillableRam } from "../engine/plan/memoryPlan.ts";
import { type Git, gitIn } from "../git.ts";
import { settingsOf } from "../models/session/backend.ts";
import type { Grammars } from "../syntax/grammars.ts";
import { CommitFiles } from "./commitFiles.ts";
import { compare } from "./compare.ts";
import { Contestant, type ContestantOptions } from "./contestant.ts";
import { findPlaces, type HeldOutPlace, type IsLeftOut } from "./findPlaces.ts";
import { recentCommits } from "./history.ts";
import { Pipeline } from "./pipeline.ts";

export interface ComparisonDependencies extends Pick<ContestantOptions, "createHost" | "log"> {
  readonly settings: ServerSettings;
  readonly grammars: Grammars;
  /** Whether a document's text is not to be read. */
  readonly isExcluded: (uri: string) => boolean;
  readonly isBusy: () => boolean;
  readonly onReport: (report: ComparisonReport) => void;
}

/** @throws UserError where there is no history to compare on */
export async function runComparison(
  { folder, git: program, candidates, minutes }: Omit<ComparisonParams, "partialResultToken">,
  { createHost, log, settings, grammars, isExcluded, isBusy, onReport }: ComparisonDependencies,
  signal: AbortSignal,
): Promise<ComparisonReport> {
  const git = gitIn(program, folder, signal);
  const ignored = new IgnoredFiles(folder);
  const isLeftOut = (name: string) => {
    const file = path.join(folder, ...name.split("/"));
    return isExcluded(pathToFileURL(file).href) || ignored.hasFile(file);
  };
  const own = settingsOf("completion", settings, "");
  const contestants = candidates.map((candidate) => new Contestant(candidate, { createHost, log, settings: own }));
  const files = new CommitFiles(git, folder, isLeftOut);
  const needed = contestants.reduce((sum, each) => sum + each.needed, 0);
  return compare(
    {
      contestants,
      places: placesOf(git, folder, isLeftOut),
      pipeline: new Pipeline(folder, files, grammars, settings.inlineCompletion),
      minutes,
      fitTogether: needed <= availableRam() * fillableRam,
      isBusy,
      onReport,
    },
    signal,
  );
}

async function* placesOf(git: Git, folder: string, isLeftOut: IsLeftOut): AsyncGenerator<HeldOutPlace> {
  yield* findPlaces(git, await recentCommits(git, folder), isLeftOut);
}
