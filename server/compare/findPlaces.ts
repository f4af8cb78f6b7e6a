// The places of a history at which models are compared, the newest first: a few of each commit, then a few more of each.

import { BackgroundWork } from "../backgroundWork.ts";
import { type Git, readBlobs } from "../git.ts";
import { languageOf } from "../languages.ts";
import { randomNumbers, shuffle } from "../random.ts";
import type { ChangedFile, Commit } from "./history.ts";
import { type Cut, cutPlaces, type Place } from "./places.ts";

export interface HeldOutPlace extends Place {
  /** The commit that wrote there, and the one before it. */
  readonly commit: string;
  readonly parent: string;
  /** Below the folder, with slashes. */
  readonly path: string;
  readonly languageId: string;
}

/** Bytes: larger files are data or generated. */
export const largestText = 200_000;
const ofCommit = 4;
const mostRounds = 25;

/** Whether a file's text is not to be read, by its path below the folder. */
export type IsLeftOut = (path: string) => boolean | Promise<boolean>;

export async function* findPlaces(
  git: Git,
  commits: readonly Commit[],
  isLeftOut: IsLeftOut,
): AsyncGenerator<HeldOutPlace> {
  let left = commits;
  for (let round = 0; round < mostRounds && left.length > 0; round++) {
    const more: Commit[] = [];
    for (const commit of left) {
      const cuts = await cutsOf(git, commit, isLeftOut);
      const start = round * ofCommit;
      for (const { file, languageId, cut } of cuts.slice(start, start + ofCommit)) {
        const { id, parent } = commit;
        yield { ...cut.place(), commit: id, parent, path: file.path, languageId };
      }
      if (cuts.length > start + ofCommit) more.push(commit);
    }
    left = more;
  }
}

interface FileCut {
  readonly file: ChangedFile;
  readonly languageId: string;
  readonly cut: Cut;
}

/** In an order that is the same each time, lines and blocks in turn as long as there are both. */
async function cutsOf(git: Git, { id, files }: Commit, isLeftOut: IsLeftOut): Promise<FileCut[]> {
  const random = randomNumbers(Number.parseInt(id.slice(0, 8), 16));
  const known: { file: ChangedFile; languageId: string }[] = [];
  for (const file of files) {
    const languageId = languageOf(file.path);
    const paths = [file.path, ...(file.pathBefore === undefined ? [] : [file.pathBefore])];
    const leftOut = await Promise.all(paths.map(async (each) => isLeftOut(each)));
    if (languageId !== undefined && !leftOut.some(Boolean)) known.push({ file, languageId });
  }
  const ids = known.flatMap(({ file: { before, after } }) => (before === undefined ? [after] : [before, after]));
  const texts = await readBlobs(git, ids, largestText);
  const cuts: FileCut[] = [];
  const work = new BackgroundWork();
  for (const { file, languageId } of known) {
    const before = file.before === undefined ? "" : texts.get(file.before);
    const after = texts.get(file.after);
    if (before === undefined || after === undefined || !isWritten(after)) continue;
    cuts.push(...cutPlaces(before, after, random).map((cut) => ({ file, languageId, cut })));
    await work.rest();
  }
  const [lines, blocks] = (["line", "block"] as const).map((kind) =>
    shuffle(
      cuts.filter(({ cut }) => cut.kind === kind),
      random,
    ),
  );
  return alternate(lines ?? [], blocks ?? []);
}

function alternate<T>(a: readonly T[], b: readonly T[]): T[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => [a[i], b[i]])
    .flat()
    .filter((each) => each !== undefined);
}

/** Whether a person has written a text, as far as it tells: what is minified has long lines, and what is generated says so. */
export function isWritten(text: string): boolean {
  const lines = text.split("\n");
  const isLong = text.length / lines.length > 200 || lines.some((line) => line.length > 2000);
  const isGenerated = /@generated|\bdo not (?:edit|modify)\b|\b(?:auto-?)generated (?:by|from|file|code)\b/i;
  return !isLong && !lines.slice(0, 10).some((line) => isGenerated.test(line.slice(0, 500)));
}
