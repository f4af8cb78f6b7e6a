// Weights that are deleted as they are converted: one file after the other, so that the disk never holds all of both.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { convertFolder, spaceWithoutBoth } from "../../../../server/models/convert/convertFolder.ts";
import { planConversion } from "../../../../server/models/convert/planConversion.ts";
import { wait } from "../../../../server/models/download/waiting.ts";
import { lockFile } from "../../../../server/models/files/fileLock.ts";
import { writeOriginal } from "../../../fixtures/originals/originals.ts";

const workerPath = fileURLToPath(new URL("../../../../server/models/convert/worker.ts", import.meta.url));
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-convert-"));
after(() => fs.rmSync(temporary, { recursive: true }));

/** Of three files. */
const original = (parent: string) => writeOriginal(path.join(temporary, parent), "tiny-Falcon3-1B-Instruct");

function shardsIn(folder: string): string[] {
  return fs.readdirSync(folder).filter((file) => file.endsWith(".safetensors"));
}

test("the model is the same, and the weights are gone", async () => {
  const [folder, kept] = [original("deleted"), original("kept")];
  const [file, expected] = [path.join(folder, "model.gguf"), path.join(kept, "model.gguf")];
  await convertFolder(folder, file, "Q4_K_M", { workerPath, deletesWeights: true });
  await convertFolder(kept, expected, "Q4_K_M", { workerPath });
  assert.ok(fs.readFileSync(file).equals(fs.readFileSync(expected)));
  assert.deepEqual(shardsIn(folder), []);
  assert.equal(shardsIn(kept).length, 3);
});

test("what the disk needs free is no more than what is made of one file", () => {
  const folder = original("planned");
  const conversion = planConversion(folder, "BF16");
  const sizes = shardsIn(folder).map((shard) => fs.statSync(path.join(folder, shard)).size);
  const beside = conversion.header.length;
  // In 16 bits both are as large.
  assert.ok(conversion.size > sizes.reduce((sum, size) => sum + size));
  const needed = spaceWithoutBoth(conversion);
  // Vectors stay in 32 bits.
  assert.ok(needed <= 1.01 * Math.max(...sizes) + beside, `${needed} ${sizes.join(" ")} ${beside}`);
  assert.ok(needed >= (sizes[0] ?? 0), "the first file is there until all of it is converted");
});

test("weights that another conversion reads stay", async () => {
  const folder = original("shared");
  const others = path.join(folder, "other.gguf");
  const lock = await lockFile(others, { wait, onWaiting: () => Promise.resolve(true) }, AbortSignal.any([]));
  fs.writeFileSync(`${others}.${randomUUID()}.part`, "");
  await convertFolder(folder, path.join(folder, "model.gguf"), "Q8_0", { workerPath, deletesWeights: true });
  await lock?.release();
  assert.equal(shardsIn(folder).length, 3);
});

test("a conversion that is cancelled leaves no file, and the weights that it has not read whole", async () => {
  const folder = original("cancelled");
  const [first = "", ...others] = shardsIn(folder);
  const kept = new Map(others.map((shard) => [shard, fs.readFileSync(path.join(folder, shard))]));
  const cancel = new AbortController();
  const onProgress = (fraction: number) => {
    // A third of it comes of each.
    if (fraction > 0.4) cancel.abort();
  };
  const file = path.join(folder, "model.gguf");
  const options = { workerPath, deletesWeights: true, onProgress, signal: cancel.signal };
  await assert.rejects(convertFolder(folder, file, "Q8_0", options), { name: "AbortError" });
  assert.deepEqual(
    fs.readdirSync(folder).filter((name) => name.startsWith("model.gguf")),
    [],
  );
  assert.ok(!shardsIn(folder).includes(first));
  for (const shard of shardsIn(folder)) assert.deepEqual(fs.readFileSync(path.join(folder, shard)), kept.get(shard));
});
