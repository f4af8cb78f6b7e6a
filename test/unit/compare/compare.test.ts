import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "node:test";

import { compare, type ComparisonOptions } from "../../../server/compare/compare.ts";
import { Contestant } from "../../../server/compare/contestant.ts";
import type { HeldOutPlace } from "../../../server/compare/findPlaces.ts";
import { estimate } from "../../../server/compare/statistics.ts";
import type { Model } from "../../../server/engine/engine.ts";
import { readSettings } from "../../../server/lsp/settings.ts";
import { randomNumbers } from "../../../server/random.ts";
import type { ComparisonReport } from "../../../src/shared/comparison.ts";
import { modelFile } from "../../support/models.ts";
import { loadedModel, scriptedModel } from "../../support/scriptedModel.ts";

const settings = readSettings(undefined, () => undefined).model;

/** Models that are loaded as the product loads them, and run in no process. */
function contestant(name: string, file = modelFile("falcon7b"), loads: string[] = []): Contestant {
  const createHost = () => ({
    memory: 1e6,
    load: () => {
      loads.push(`load ${name}`);
      return Promise.resolve(scriptedModel({ ...loadedModel, name }));
    },
    dispose: () => {
      if (loads.at(-1)?.includes(name)) loads.push(`unload ${name}`);
      return Promise.resolve();
    },
  });
  return new Contestant({ path: file }, { createHost, settings, log: () => undefined });
}

/** Two of each commit. */
function* places(count: number): Generator<HeldOutPlace> {
  for (let i = 0; i < count; i++) {
    const commit = `commit${i >> 1}`;
    yield {
      ...{ kind: i % 2 === 0 ? "line" : "block", prefix: `${i}`, suffix: "", truth: "0123456789" },
      ...{ commit, parent: `${commit}^`, path: "a.ts", languageId: "typescript" },
    };
  }
}

type Complete = ComparisonOptions["pipeline"]["complete"];

function optionsOf(
  contestants: readonly Contestant[],
  complete: Complete,
  changed: Partial<ComparisonOptions> & { readonly count?: number } = {},
): ComparisonOptions {
  const { count = 20, ...given } = changed;
  const all = places(count);
  return {
    contestants,
    places: { next: () => Promise.resolve(all.next()) },
    pipeline: { enter: () => Promise.resolve(), complete },
    minutes: 5,
    fitTogether: true,
    isBusy: () => false,
    onReport: () => undefined,
    ...given,
  };
}

const keptOf = ({ candidates }: ComparisonReport) => candidates.map(({ figures }) => figures?.kept.mean);
/** As many characters as a model's name says. */
const byName: Complete = (_place, model: Model) =>
  Promise.resolve("0123456789".slice(0, Number(/\d+/.exec(model.info.name)?.[0])));

describe("models", () => {
  test("complete the same places, and the one that keeps more is recommended with what it is ahead", async () => {
    const asked: string[] = [];
    const complete: Complete = (place, model, signal) => {
      asked.push(`${place.prefix} ${model.info.name}`);
      return byName(place, model, signal);
    };
    const options = optionsOf([contestant("keeps 3"), contestant("keeps 7")], complete);
    const report = await compare(options, new AbortController().signal);
    assert.deepEqual(asked.slice(0, 4), ["0 keeps 3", "0 keeps 7", "1 keeps 3", "1 keeps 7"]);
    assert.equal(report.state, "done");
    assert.deepEqual([report.lines, report.blocks, report.commits], [10, 10, 10]);
    assert.deepEqual(keptOf(report), [3, 7]);
    assert.equal(report.best, 1);
    assert.equal(report.candidates[0]?.figures?.memory, 1e6);
    assert.deepEqual(report.candidates[0].figures.behind, { mean: 4, low: 4, high: 4 });
    assert.equal(report.candidates[1]?.figures?.behind, undefined);
    assert.match(report.recommendation ?? "", /^Use Tiny Falcon 7B.*keeps 4\.0 characters more/);
  });

  test("that do not differ are told to be alike, and the fastest is recommended", async () => {
    const complete: Complete = async (place, model) => {
      const isSlow = model.info.name === "slow";
      if (isSlow) await sleep(15);
      return "0123456789".slice(0, (Number(place.prefix) + (isSlow ? 1 : 0)) % 2 === 0 ? 6 : 2);
    };
    const options = optionsOf([contestant("slow"), contestant("quick")], complete);
    const report = await compare(options, new AbortController().signal);
    assert.match(report.recommendation ?? "", /These 20 places of 10 commits show no difference/);
    assert.equal(report.best, 1);
  });

  test("are not told apart by a few commits, however they differ", async () => {
    const options = optionsOf([contestant("keeps 3"), contestant("keeps 7")], byName, { count: 8 });
    const report = await compare(options, new AbortController().signal);
    assert.match(report.recommendation ?? "", /^8 places of 4 commits are too few to tell the models apart/);
    assert.equal(report.best, 1);
  });

  test("that do not fit together are loaded in turn, for more places each time", async () => {
    const loads: string[] = [];
    const asked: string[] = [];
    const complete: Complete = (_place, model) => {
      asked.push(model.info.name);
      return Promise.resolve("0");
    };
    const two = [contestant("a", undefined, loads), contestant("b", undefined, loads)];
    const report = await compare(optionsOf(two, complete, { fitTogether: false }), new AbortController().signal);
    assert.deepEqual(asked.join(""), "aabb" + "aaaabbbb" + "aaaaaaaabbbbbbbb" + "aaaaaabbbbbb");
    assert.deepEqual(loads.slice(0, 4), ["load a", "unload a", "load b", "unload b"]);
    assert.equal(report.lines + report.blocks, 20);
  });
});

describe("a comparison", () => {
  test("that is stopped tells what all models have completed, and no more", async () => {
    const stop = new AbortController();
    let asked = 0;
    const complete: Complete = () => {
      if (++asked === 8) stop.abort();
      return Promise.resolve("0123");
    };
    const report = await compare(optionsOf([contestant("a"), contestant("b")], complete), stop.signal);
    assert.equal(report.state, "stopped");
    assert.equal(report.lines + report.blocks, 3);
    assert.deepEqual(keptOf(report), [4, 4]);
    assert.deepEqual(
      report.candidates.map(({ problem }) => problem),
      [undefined, undefined],
    );
  });

  test("ends when its time is over, in the middle of a place", async () => {
    const complete: Complete = (_place, _model, signal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined)));
    const options = optionsOf([contestant("a")], complete, { minutes: 1 / 600 });
    const report = await compare(options, new AbortController().signal);
    assert.equal(report.state, "done");
    assert.equal(report.lines, 0);
    assert.equal(report.recommendation, undefined);
  });

  test("goes on without a model that cannot be loaded, and says why", async () => {
    const missing = contestant("missing", "/nowhere/model.gguf");
    const options = optionsOf([missing, contestant("keeps 5")], byName);
    const report = await compare(options, new AbortController().signal);
    assert.deepEqual(keptOf(report), [undefined, 5]);
    assert.equal(report.candidates[0]?.state, "failed");
    assert.match(report.candidates[0].problem ?? "", /\/nowhere\/model\.gguf/);
    assert.match(report.recommendation ?? "", /Only Tiny Falcon 7B could be measured/);
  });

  test("takes an answer that comes late for one", async (t) => {
    const now = performance.now.bind(performance);
    let slept = 0;
    t.mock.method(performance, "now", () => now() + slept);
    const complete: Complete = (...asked) => {
      slept += 61_000;
      return byName(...asked);
    };
    const options = optionsOf([contestant("keeps 5")], complete, { count: 2 });
    const report = await compare(options, new AbortController().signal);
    assert.deepEqual(keptOf(report), [5]);
    assert.equal(report.lines + report.blocks, 2);
    assert.equal(report.candidates[0]?.problem, undefined);
  });

  test("with no model that can be loaded ends at once", async () => {
    const options = optionsOf([contestant("missing", "/nowhere/model.gguf")], byName);
    const { state, recommendation } = await compare(options, new AbortController().signal);
    assert.deepEqual([state, recommendation], ["done", undefined]);
  });

  test("gives way to the user at once, and asks for the place again once nobody waits", async () => {
    let isBusy = false;
    let interrupted = 0;
    const states: string[] = [];
    const complete: Complete = async (place, model, signal) => {
      assert.equal(isBusy, false);
      if (place.prefix === "2" && interrupted === 0) {
        isBusy = true;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        interrupted++;
        setTimeout(() => (isBusy = false), 50);
        return undefined;
      }
      return byName(place, model, signal);
    };
    const options = optionsOf([contestant("keeps 4")], complete, {
      count: 6,
      isBusy: () => isBusy,
      onReport: ({ state }) => states.push(state),
    });
    const report = await compare(options, new AbortController().signal);
    assert.equal(interrupted, 1);
    assert.ok(states.includes("waiting"));
    assert.deepEqual(keptOf(report), [4]);
    assert.equal(report.lines + report.blocks, 6);
  });
});

describe("an interval", () => {
  const values = (count: number, of: (i: number) => number) =>
    Array.from({ length: count }, (_, i) => ({ commit: String(i), value: of(i) }));

  test("holds the mean, and is narrower where there is more to tell from", () => {
    const widths = [20, 320].map((count) => {
      const { mean, low, high } = estimate(
        values(count, (i) => i % 4),
        0.95,
      );
      assert.equal(mean, 1.5);
      assert.ok(low < mean && mean < high);
      return high - low;
    });
    // As the square root of the count.
    assert.ok(Math.abs((widths[0] ?? 0) / (widths[1] ?? 1) - 4) < 1);
  });

  test("is as wide as the tables of Student's t say", () => {
    for (const [count, t] of [
      [2, 12.706],
      [3, 4.303],
      [6, 2.571],
      [21, 2.086],
      [401, 1.966],
    ] as const) {
      const numbers = values(count, (i) => i);
      // Of the numbers from 0 on, the variance is known.
      const deviation = Math.sqrt((count * (count + 1)) / 12 / count);
      const { mean, high } = estimate(numbers, 0.95);
      assert.ok(Math.abs((high - mean) / deviation - t) < 0.001, `${count}`);
    }
  });

  test("holds no difference of equal models more often than it says, however few the commits are", () => {
    const random = randomNumbers(1);
    const runs = 2000;
    for (const count of [6, 12, 40]) {
      let wrong = 0;
      for (let run = 0; run < runs; run++) {
        const differences = Array.from({ length: 4 * count }, (_, i) => ({
          commit: String(i >> 2),
          value: Math.log(random()) - Math.log(random()),
        }));
        const { low, high } = estimate(differences, 0.95);
        if (low > 0 || high < 0) wrong++;
      }
      assert.ok(wrong / runs < 0.065, `${count} commits: ${wrong / runs}`);
    }
  });

  test("is wider where the values of a commit are alike: they are no evidence of their own", () => {
    const apart = estimate(
      values(64, (i) => (i >> 3) % 2),
      0.95,
    );
    const together = estimate(
      values(64, (i) => (i >> 3) % 2).map((each, i) => ({ ...each, commit: String(i >> 3) })),
      0.95,
    );
    assert.ok(together.high - together.low > 2 * (apart.high - apart.low));
  });
});
