// Flash attention on a processor: whether it is of use is measured once, and what it writes is nearly the same.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { models } from "../fixtures/models.ts";
import { differenceOf } from "../support/closeness.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-attention-"));
const log: string[] = [];
const engine = new ModelUnderTest({ log: (line) => log.push(line) });
after(async () => {
  await engine.dispose();
  fs.rmSync(folder, { recursive: true });
});

type Entries = Readonly<Record<string, { readonly flashAttention?: boolean }>>;

function load(name: keyof typeof models, measurements?: string) {
  log.length = 0;
  const plan = { path: modelFile(name), contextSize: 1024, gpu: "off", threads: 1 } as const;
  return engine.load({ plan: { ...plan, ...(measurements !== undefined && { measurements }) } });
}

function isMeasured(): boolean {
  return log.some((line) => /flash attention is (on|off): a prompt is read/.test(line));
}

async function logProbabilities(): Promise<readonly number[]> {
  const file = Array.from({ length: 30 }, (_, i) => `const berth${i} = boats[${(i * 37) % 101}];\n`).join("");
  const request = { priority: "completion", prompt: ["const"], continuations: [file] } as const;
  const [score] = (await engine.score(request, new AbortController().signal)) ?? [];
  return score?.logProbabilities ?? [];
}

for (const name of ["falcon7b", "falcon40b", "falcon3", "falconH1"] as const) {
  test(`${models[name].name}: measured at the first load and remembered, and nearly the same probabilities with it`, async () => {
    const measurements = path.join(folder, `${name}.json`);
    const { flashAttention } = await load(name, measurements);
    assert.ok(isMeasured(), log.join("\n"));
    await engine.dispose();
    const remembered = JSON.parse(fs.readFileSync(measurements, "utf8")) as Entries;
    assert.deepEqual(
      Object.values(remembered).map((entry) => entry.flashAttention),
      [flashAttention],
    );

    const found: (readonly number[])[] = [];
    for (const wanted of [false, true]) {
      const changed = Object.entries(remembered).map(([of, entry]) => [of, { ...entry, flashAttention: wanted }]);
      fs.writeFileSync(measurements, JSON.stringify(Object.fromEntries(changed)));
      assert.equal((await load(name, measurements)).flashAttention, wanted);
      assert.ok(!isMeasured());
      found.push(await logProbabilities());
    }
    const { mean } = differenceOf(found[0] ?? [], found[1] ?? []);
    assert.ok(mean < 0.01, `${mean} nats`);
  });
}

test("without a place to remember it nothing is measured, and it is off", async () => {
  assert.equal((await load("falcon7b")).flashAttention, false);
  assert.ok(!isMeasured());
});
