// When a file that the model process dies with is loaded again, and when it is left alone.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { suite, test } from "node:test";

import { fileVersion } from "../../../../server/engine/splitFiles.ts";
import { Crashes, isSetAside, reloadDelay } from "../../../../server/models/session/crashes.ts";

const minute = 60_000;

/** What is decided after each of the crashes at these times. */
function decisions(times: readonly number[]): (number | "set aside")[] {
  const crashes = new Crashes();
  return times.map((time) => {
    crashes.add("a", { time, reason: "SIGSEGV" });
    const list = crashes.of("a", time);
    return isSetAside(list) ? "set aside" : reloadDelay(list);
  });
}

suite("crashes", () => {
  test("the first is followed by a load at once, the next ones later, the fourth by none", () => {
    assert.deepEqual(decisions([0, 1, 2, 3]), [0, 500, 1000, "set aside"]);
    assert.deepEqual(decisions([0, 9, 18, 27].map((time) => time * minute)), [0, 500, 1000, "set aside"]);
  });

  test("one long after the others stands alone", () => {
    assert.deepEqual(decisions([0, minute, 2 * minute, 12 * minute, 13 * minute]), [0, 500, 1000, 0, 500]);
  });

  test("what is long past keeps a file neither aside nor off the GPU", () => {
    const crashes = new Crashes();
    for (const time of [0, 1, 2, 3]) crashes.add("a", { time, reason: "" });
    assert.equal(crashes.of("a", 9 * minute).length, 4);
    assert.deepEqual(crashes.of("a", 11 * minute), []);
  });

  test("each file has its own, until all are forgotten", () => {
    const crashes = new Crashes();
    crashes.add("a", { time: 0, reason: "" });
    crashes.add("b", { time: 0, reason: "" });
    assert.equal(crashes.of("a", 0).length, 1);
    crashes.forget();
    assert.equal(crashes.of("a", 0).length, 0);
  });

  test("a file that was written anew is another one", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-crashes-"));
    try {
      const file = path.join(folder, "model.gguf");
      fs.writeFileSync(file, "one");
      const before = fileVersion(file);
      assert.equal(fileVersion(file), before);
      fs.utimesSync(file, 1000, 1000);
      const touched = fileVersion(file);
      fs.writeFileSync(file, "three");
      fs.utimesSync(file, 1000, 1000);
      assert.equal(new Set([before, touched, fileVersion(file)]).size, 3);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
