// `npm test [-- LAYER…] [--desktop] [--soak]`: runs the layers of tests one after another. The last line is the sum.
// `--desktop` runs the host layer in a downloaded desktop VS Code in the place of code-server.
// `--soak` repeats at length what is done at random (test/support/soak.ts).

import fs from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import process from "node:process";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";

import { findChromium } from "./chromium.ts";
import { type Outcome, runHostTests } from "./hostTests.ts";
import { buildExtension, packageExtension } from "./vsix.ts";

const layers = ["unit", "server", "webview", "model", "host", "e2e"];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { desktop: { type: "boolean", default: false }, soak: { type: "boolean", default: false } },
});
const longest = (values.soak ? 60 : 25) * 60_000;
if (values.soak) process.env["FALCON_SOAK"] = "1";
const unknown = positionals.filter((name) => !layers.includes(name));
if (unknown.length > 0) throw new Error(`No layer is called ${unknown.join(", ")}. There are: ${layers.join(", ")}.`);
const chosen = positionals.length > 0 ? layers.filter((layer) => positionals.includes(layer)) : layers;

// Once, and before the test files, which run side by side and would each install one.
if (chosen.some((layer) => ["webview", "host", "e2e"].includes(layer))) {
  process.env["FALCON_CHROMIUM"] = await findChromium();
}
// The end-to-end tests install the packed extension; packing builds it.
await (chosen.includes("e2e") ? packageExtension() : buildExtension());
const outcomes: Outcome[] = [];
for (const layer of chosen) {
  console.log(`\n── ${layer} ──`);
  const outcome = await runLayer(layer);
  console.log(`${layer}: ${count(outcome)}`);
  outcomes.push(outcome);
}
const total: Outcome = {
  passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
  failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
};
process.exitCode = total.failed > 0 || outcomes.some(({ passed, failed }) => passed + failed === 0) ? 1 : 0;
console.log(`\n${count(total)}`);

function count({ passed, failed }: Outcome): string {
  return `${passed} passed, ${failed} failed`;
}

async function runLayer(layer: string): Promise<Outcome> {
  if (layer !== "host") return runTestFiles(layer);
  try {
    return await runHostTests(values.desktop);
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1 };
  }
}

/** Runs test/LAYER/**\/*.test.ts. What was skipped or cancelled, and a file without a test, count as failed. */
async function runTestFiles(layer: string): Promise<Outcome> {
  const root = path.dirname(import.meta.dirname);
  const files = fs.globSync(`test/${layer}/**/*.test.ts`, { cwd: root }).map((file) => path.join(root, file));
  const size = (file: string) => fs.statSync(file).size;
  const tests = run({
    // Long files take long, as a rule: none is to begin when the others are through.
    files: files.sort((a, b) => size(b) - size(a)),
    // Tests wait for timers and for processes: one file more than there are cores keeps these busy. An end-to-end file does
    // that by itself, with an editor and a browser of its own.
    concurrency: availableParallelism() + (layer === "e2e" ? 0 : 1),
    // What hangs fails, and is named.
    signal: AbortSignal.timeout(longest),
  });
  let all = 0;
  let passed = 0;
  tests.on("test:summary", ({ file, counts }) => {
    if (file !== undefined) return;
    all = counts.tests;
    passed += counts.passed;
  });
  tests.on("test:pass", ({ name, file }) => {
    if (name !== file) return;
    console.error(`${name} holds no test.`);
    passed--;
  });
  const report = tests.compose(spec);
  report.pipe(process.stdout, { end: false });
  await finished(report);
  return { passed, failed: all - passed };
}
