// Whether the machine runs on its battery, from what Linux tells of its supplies.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";

import { Battery, isSupplyDischarging } from "../../server/battery.ts";

function supplies(t: TestContext, all: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-battery-"));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  for (const [name, files] of Object.entries(all)) {
    fs.mkdirSync(path.join(folder, name));
    for (const [file, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name, file), `${text}\n`);
  }
  return folder;
}

const laptop = { type: "Battery", scope: "System" };

for (const [name, all, expected] of [
  ["none", {}, false],
  [
    "a laptop without its mains adapter",
    { ADP1: { type: "Mains", online: "0" }, BAT0: { ...laptop, status: "Discharging" } },
    true,
  ],
  [
    "a full one at its mains adapter",
    { ADP1: { type: "Mains", online: "1" }, BAT0: { ...laptop, status: "Full" } },
    false,
  ],
  ["one that does not charge at a dock", { BAT0: { ...laptop, status: "Not charging" } }, false],
  [
    "the second of two, without a scope",
    { BAT0: { type: "Battery", status: "Unknown" }, BAT1: { type: "Battery", status: "Discharging" } },
    true,
  ],
  ["a mouse's", { hid: { type: "Battery", scope: "Device", status: "Discharging" } }, false],
] as const) {
  test(`a battery: ${name}`, async (t) => {
    assert.equal(await isSupplyDischarging(supplies(t, all)), expected);
  });
}

test("it is read anew after a minute, the first time before anything is told, and one that cannot be read is none", async (t) => {
  let now = 1_000_000;
  t.mock.method(performance, "now", () => now);
  const answers = [() => Promise.resolve(true), () => Promise.reject(new Error("no such folder"))];
  let reads = 0;
  const battery = new Battery(() => answers[reads++]?.() ?? assert.fail());
  assert.equal(await battery.isDischarging(), true);
  now += 59_000;
  assert.equal(await battery.isDischarging(), true);
  assert.equal(reads, 1);
  now += 1000;
  assert.equal(await battery.isDischarging(), false);
  assert.equal(reads, 2);
});
