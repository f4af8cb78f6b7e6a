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
  const one = { readRate: 1, writeRate: 1, day };
  const good = `"other":{"readRate":2,"day":${day}}`;
  for (const wrong of ["0", "-1", "1e999", "null", '"1"']) {
    fs.writeFileSync(file, `{"one":{"readRate":${wrong},"day":${day}},${good}}`);
    assert.deepEqual((await open("one")).values, {}, wrong);
    assert.deepEqual((await open("other")).values, { readRate: 2 }, wrong);
  }
  for (const wrong of ["1e308", "1e999", "null", `${day + 1}`]) {
    fs.writeFileSync(file, `{"one":{"readRate":1,"day":${wrong}},${good}}`);
    assert.deepEqual((await open("one")).values, {}, wrong);
    assert.deepEqual((await open("other")).values, { readRate: 2 }, wrong);
  }
  fs.writeFileSync(file, JSON.stringify({ one }) + " ".repeat(1_000_000));
  assert.deepEqual((await open("one")).values, {});
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

test("a file that holds something else is left as it is, and drafts of processes that were killed are deleted", async () => {
  fs.mkdirSync(path.dirname(file));
  for (const content of ["mine", "[1]", '{"name":"a project"}', '{"one":{"name":1}}']) {
    fs.writeFileSync(file, content);
    const measurements = await open("one");
    measurements.remember({ readRate: 1 });
    await measurements.written;
    assert.equal(fs.readFileSync(file, "utf8"), content);
    assert.match(logged.pop() ?? "", /left as it is/);
  }
  fs.writeFileSync(file, "");
  const [old, recent] = [`${file}.1.tmp`, `${file}.2.tmp`];
  for (const draft of [old, recent]) fs.writeFileSync(draft, "{");
  fs.utimesSync(old, 1000, 1000);
  const measurements = await open("one");
  measurements.remember({ readRate: 1 });
  await measurements.written;
  assert.deepEqual(fs.readdirSync(path.dirname(file)).sort(), [path.basename(file), path.basename(recent)]);
  assert.deepEqual(logged, []);
});
