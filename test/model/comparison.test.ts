// A comparison of two small models and the bundled one on a repository of its own, through the whole pipeline and the real engine.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { runComparison } from "../../server/compare/runComparison.ts";
import { backgroundHostCreator } from "../../server/installation.ts";
import { readSettings } from "../../server/lsp/settings.ts";
import { Grammars } from "../../server/syntax/grammars.ts";
import type { CandidateFigures, CandidateReport, ComparisonReport } from "../../src/shared/comparison.ts";
import { matchExcludedFiles } from "../../src/shared/excludedFiles.ts";
import { GitRepository } from "../support/gitRepository.ts";
import { modelFile } from "../support/models.ts";
import { childrenOf } from "../support/processes.ts";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));
const bundled = fileURLToPath(new URL("../../media/models/falcon-tiny-demo.gguf", import.meta.url));
const repository = new GitRepository();
after(() => repository.dispose());

/** A module that every commit makes longer, in words that the next one takes up. */
before(() => {
  let text = "export const harbours = [];\n";
  repository.commit({ "src/harbour.ts": text, "src/.env": "TOKEN=secret-of-the-harbour\n" });
  for (const name of ["berth", "crane", "quay", "dock", "pier", "buoy", "locks"]) {
    text += `
export function add_${name}(${name}) {
  if (!${name}.isOpen) {
    throw new Error("The ${name} is closed.");
  }
  harbours.push(${name});
  return harbours.length;
}
`;
    repository.commit({ "src/harbour.ts": text });
  }
});

/** Names, texts and times of all files, Git's own among them. */
function contentsOf(folder: string): string {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return files
    .toSorted()
    .map((file) => `${file} ${fs.statSync(file).mtimeMs} ${fs.readFileSync(file, "base64")}`)
    .join("\n");
}

function childPriorities(): number[] {
  return childrenOf(process.pid).flatMap((pid) => {
    try {
      return [os.getPriority(pid)];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

function figuresOf(candidate: CandidateReport | undefined): CandidateFigures {
  assert.equal(candidate?.problem, undefined);
  assert.ok(candidate?.figures);
  return candidate.figures;
}

test("real models complete places of a real history, in processes that give way, and nothing is written", async () => {
  const contents = contentsOf(repository.folder);
  const priorities = new Set<number>();
  const states = new Set<ComparisonReport["state"]>();
  const stop = new AbortController();
  const settings = readSettings({ model: { gpu: "off", threads: 1 } }, () => undefined);
  const report = await runComparison(
    {
      folder: repository.folder,
      git: "git",
      candidates: [bundled, modelFile("falcon7b"), modelFile("falconH1"), path.join(repository.folder, "no.gguf")].map(
        (file) => ({ path: file }),
      ),
      minutes: 60,
    },
    {
      createHost: backgroundHostCreator(dist),
      log: () => undefined,
      settings,
      grammars: new Grammars(path.join(dist, "grammars")),
      isExcluded: matchExcludedFiles(settings.excludedFiles),
      isBusy: () => false,
      onReport: ({ state, lines, blocks }) => {
        states.add(state);
        for (const priority of childPriorities()) priorities.add(priority);
        if (lines + blocks >= 24) stop.abort();
      },
    },
    stop.signal,
  );
  assert.ok(states.has("running"));
  assert.ok(report.lines >= 6 && report.blocks >= 3 && report.commits >= 6, JSON.stringify(report));
  const [first, second, third, missing] = report.candidates;
  assert.match(missing?.problem ?? "", /no\.gguf/);
  const figures = [first, second, third].map((each) => figuresOf(each));
  for (const { p50, p95, memory = 0 } of figures) assert.ok(p50 > 0 && p95 >= p50 && memory > 1e7);
  // What was trained on code keeps more than random weights.
  const [trained = NaN, ...random] = figures.map(({ kept }) => kept.mean);
  assert.ok(trained > 2 * Math.max(...random), `${trained}, ${random.join(", ")}`);
  assert.equal(report.best, 0);
  assert.match(report.recommendation ?? "", /^Use Falcon Tiny Demo: /);
  assert.ok(priorities.has(Math.min(os.getPriority() + 10, 19)), [...priorities].join());
  assert.equal(contentsOf(repository.folder), contents);
});
