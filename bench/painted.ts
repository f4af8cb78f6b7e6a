// `npm run bench:painted [-- --traces 3] [--keys 80] [--seed 1]`
// From the key to the ghost text on the screen of a real VS Code with the packed extension, by the page's own clock: held-out
// files are typed as `bench:typing` types them, with the bundled model.

import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import manifest from "../package.json" with { type: "json" };
import { packageExtension } from "../scripts/vsix.ts";
import { openFalcon } from "../test/support/falconWindow.ts";
import type { Workbench } from "../test/support/workbench.ts";
import { percentile } from "./completionReport.ts";
import { type PaintedKey, takeKeys, watchKeys } from "./painted/watchKeys.ts";
import { table } from "./report.ts";
import { makeTraces, type Trace } from "./typing/trace.ts";

const { values: options } = parseArgs({
  options: {
    traces: { type: "string", default: "3" },
    keys: { type: "string", default: "80" },
    seed: { type: "string", default: "1" },
  },
});

/** The first keys of a file wait for its window to be evaluated, and for VS Code's own first times. */
const warmingKeys = 10;

await packageExtension();
const falcon = await openFalcon({
  "falcon.inlineCompletion.suggestions": "balanced",
  "falcon.inlineCompletion.timeLimit":
    manifest.contributes.configuration.properties["falcon.inlineCompletion.timeLimit"].default,
});
try {
  await falcon.workbench.whenReady();
  await falcon.workbench.page.evaluate(watchKeys);
  const keys: PaintedKey[] = [];
  for (const trace of makeTraces(Number(options.traces), Number(options.seed))) {
    console.log(`${trace.file.package} ${trace.file.path}`);
    keys.push(...(await typeTrace(falcon.workbench, trace, Number(options.keys))));
  }
  console.log(toText(keys));
} finally {
  await falcon.dispose();
}

/** Types without mistakes, into a file whose rest is not there yet. */
async function typeTrace(workbench: Workbench, trace: Trace, count: number): Promise<PaintedKey[]> {
  const { file, start, end, moments } = trace;
  const name = path.basename(file.path);
  fs.writeFileSync(path.join(workbench.editor.workspace, name), file.text.slice(0, start) + file.text.slice(end));
  await workbench.openFile(name);
  const above = file.text.slice(0, start).split("\n");
  await workbench.goTo(above.length, 1 + (above.at(-1) ?? "").length);
  for (const [i, character] of Array.from(file.text.slice(start, end)).slice(0, count).entries()) {
    if (i === warmingKeys) await workbench.page.evaluate(takeKeys);
    await workbench.page.keyboard.press(character === "\n" ? "Enter" : character);
    await sleep(moments[i + 1]?.pause ?? 0);
  }
  return workbench.page.evaluate(takeKeys);
}

function toText(keys: readonly PaintedKey[]): string {
  const shown = keys.filter(({ ghost }) => ghost !== "");
  // What the editor shortens by the key is on the screen with the key's own character.
  const kept = shown.filter(({ ghost, before }) => ghost === before.slice(1));
  const answered = shown.filter((key) => !kept.includes(key));
  const row = (name: string, values: readonly number[]) => [
    name,
    String(values.length),
    ...[0.5, 0.95].map((share) => percentile(values, share).toFixed(0)),
  ];
  const times = (some: readonly PaintedKey[]) => some.flatMap(({ ghostPainted }) => ghostPainted ?? []);
  return table([
    ["key to the screen, ms", "keys", "p50", "p95"],
    row(
      "the character itself",
      keys.flatMap(({ textPainted }) => textPainted ?? []),
    ),
    row("ghost text, all of it", times(shown)),
    row("… that the editor had, and shortened", times(kept)),
    row("… that came from the server", times(answered)),
  ]).join("\n");
}
