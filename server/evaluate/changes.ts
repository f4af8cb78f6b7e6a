// Why a test begins anew that was asked before.

import fs from "node:fs/promises";
import path from "node:path";

import { readAnswers, type Settings } from "./answersFile.ts";

/** A setting on which answers depend; undefined where there was or is none. */
export interface Change {
  readonly name: string;
  readonly before: string | number | undefined;
  readonly now: string | number | undefined;
}

/** What differs from the settings of the same test's other answers in the folder, the newest; undefined where there are none. */
export async function changesSinceLast(
  answersFile: string,
  settings: Settings,
): Promise<readonly Change[] | undefined> {
  const folder = path.dirname(answersFile);
  const test = path.basename(answersFile).replace(/-[^-]*$/, "");
  const names = (await fs.readdir(folder)).filter((name) => /-[^-]*\.jsonl$/.test(name) && name.startsWith(`${test}-`));
  const files = names.map((name) => path.join(folder, name)).filter((file) => file !== answersFile);
  const dated = await Promise.all(files.map(async (file) => ({ file, time: (await fs.stat(file)).mtimeMs })));
  for (const { file } of dated.toSorted((a, b) => b.time - a.time)) {
    const last = await readAnswers(file).catch(() => undefined);
    if (!last) continue;
    const names = new Set([...Object.keys(last.settings), ...Object.keys(settings)]);
    const changes = [...names].map((name) => ({ name, before: last.settings[name], now: settings[name] }));
    return changes.filter(({ before, now }) => before !== now);
  }
  return undefined;
}
