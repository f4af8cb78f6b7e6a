// What was measured is remembered from one process to the next, whatever lies in its file.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, beforeEach, test } from "node:test";

import { Measurements } from "../../../server/engine/llama/load/measurements.ts";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-measurements-"));
after(() => fs.rmSync(root, { recursive: true }));
let file: string;
let logged: string[];
beforeEach(() => {
  file = path.join(root, randomUUID(), "measurements.json");
  logged = [];
});

const open = (subject: string) => Measurements.open(file, subject, (line) => logged.push(line));

test("each model has its own, whichever process measured last", async () => {
  const [one, other] = [await open("one"), await open("other")];
  one.remember({ readRate: 1 });
  await one.written;
  other.remember({ readRate: 2 });
  await other.written;
  one.remember({ writeRate: 3 });
  await one.written;
  assert.deepEqual((await open("one")).values, { readRate: 1, writeRate: 3 });
  assert.deepEqual((await open("other")).values, { readRate: 2 });
  assert.deepEqual(fs.readdirSync(path.dirname(file)), ["measurements.json"]);
});

test("what is not ours, or older than a month, counts as not measured", async () => {
  fs.mkdirSync(path.dirname(file));
  const day = Math.floor(Date.now() / 86_400_000);
  for (const content of ["", "{", "[1]", '{"one":1}', `{"one":{"day":${day},"readRate":"fast"}}`]) {
    fs.writeFileSync(file, content);
    assert.deepEqual((await open("one")).values, {}, content);
  }
  fs.writeFileSync(
    file,
    JSON.stringify({ one: { readRate: 1, day: day - 31 }, other: { readRate: 2, day: day - 29 } }),
  );
  assert.deepEqual((await open("one")).values, {});
  assert.deepEqual((await open("other")).values, { readRate: 2 });
});

test("where nothing can be written, the log says so and the process goes on", async () => {
  fs.writeFileSync(path.dirname(file), "");
  const measurements = await open("one");
  measurements.remember({ readRate: 1 });
  await measurements.written;
  assert.deepEqual(measurements.values, { readRate: 1 });
  assert.equal(logged.length, 1);
});
