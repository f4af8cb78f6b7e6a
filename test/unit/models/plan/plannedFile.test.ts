// The memory plan of a file, and of one on a hub of which only the beginning is read.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { catalogue } from "../../../../server/models/catalogue/catalogue.ts";
import { planFile, planRemoteFile } from "../../../../server/models/plan/plannedFile.ts";
import { plannedWeights } from "../../../../server/models/plan/weights.ts";
import { writeSparseModel } from "../../../fixtures/sparseModel.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-planned-"));
after(() => fs.rmSync(folder, { recursive: true }));

/** Writes a model of the catalogue, its weights zero. */
function fileOf(id: string): string {
  const model = catalogue.find((each) => each.id === id);
  assert.ok(model?.architecture && model.shape);
  const file = path.join(folder, `${id}.gguf`);
  const { architecture, shape, tied = false } = model;
  writeSparseModel(file, { architecture, shape, tied, contextLength: 4096 });
  return file;
}

/** Serves the beginning of a file, and notes how much was asked for. */
function serve(file: string, asked: number[] = []) {
  return (length: number) => {
    asked.push(length);
    const { size } = fs.statSync(file);
    const bytes = Buffer.alloc(Math.min(length, size));
    const descriptor = fs.openSync(file, "r");
    fs.readSync(descriptor, bytes, 0, bytes.length, 0);
    fs.closeSync(descriptor);
    return Promise.resolve({ bytes, size });
  };
}

test("a file's plan is the catalogue's, in 16 bits", () => {
  const file = fileOf("Falcon-H1-Tiny-90M-Base");
  const { planned, contextLength, size } = planFile(file);
  const model = catalogue.find(({ id }) => id === "Falcon-H1-Tiny-90M-Base");
  assert.ok(model?.shape);
  assert.deepEqual(planned.shape, model.shape);
  assert.equal(contextLength, 4096);
  assert.equal(size, fs.statSync(file).size);
  const sum = (weights: ReturnType<typeof plannedWeights>) =>
    (weights?.embedding ?? 0) + (weights?.output ?? 0) + (weights?.layers.flat() ?? []).reduce((a, b) => a + b, 0);
  const expected = sum(plannedWeights(model, "F16"));
  assert.ok(Math.abs(sum(planned.weights) / expected - 1) < 0.01);
});

test("of a file on a hub no more is read than its header takes, and the plan is the file's", async () => {
  const asked: number[] = [];
  const file = fileOf("Falcon-H1-0.5B-Base");
  assert.deepEqual(await planRemoteFile("model.gguf", serve(file, asked)), planFile(file));
  assert.deepEqual(asked, [2 ** 22]);
});

test("a header with a large vocabulary is read in a second, larger piece", async () => {
  const asked: number[] = [];
  const { planned } = await planRemoteFile("model.gguf", serve(fileOf("Falcon-H1-34B-Base"), asked));
  assert.equal(planned.shape.vocabulary, 261_120);
  assert.deepEqual(asked, [2 ** 22, 2 ** 24]);
});

test("what is no model on a hub is refused with its name and the cause", async () => {
  const page = path.join(folder, "page.gguf");
  fs.writeFileSync(page, "<!doctype html><title>Sign in</title>");
  await assert.rejects(planRemoteFile("page.gguf", serve(page)), /page\.gguf is not a usable .* web page/);
  const cut = path.join(folder, "cut.gguf");
  fs.writeFileSync(cut, fs.readFileSync(fileOf("Falcon-H1-Tiny-90M-Base")).subarray(0, 1000));
  await assert.rejects(planRemoteFile("cut.gguf", serve(cut)), /cut\.gguf is not a usable .* ends at byte 1000/);
});
