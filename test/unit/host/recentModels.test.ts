// The model files that were used last, as “Choose Model” lists them.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { RecentModels } from "../../../src/models/recentModels.ts";

test("a file that is deleted is not listed, and is again when it is back", async (context) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-recent-"));
  context.after(() => fs.rmSync(folder, { recursive: true }));
  const values = new Map<string, unknown>();
  const recent = new RecentModels({
    get: (key: string, otherwise?: unknown) => values.get(key) ?? otherwise,
    update: (key: string, value: unknown) => Promise.resolve(void values.set(key, value)),
    keys: () => [...values.keys()],
  } as ConstructorParameters<typeof RecentModels>[0]);
  const [first, second] = ["first.gguf", "second.gguf"].map((name) => path.join(folder, name)) as [string, string];
  for (const each of [first, second]) {
    fs.writeFileSync(each, "");
    await recent.add({ path: each, line: "Falcon" });
  }
  const paths = () => recent.list().map((model) => path.basename(model.path));
  assert.deepEqual(paths(), ["second.gguf", "first.gguf"]);
  fs.rmSync(second);
  assert.deepEqual(paths(), ["first.gguf"]);
  await recent.add({ path: first, line: "Falcon" });
  fs.writeFileSync(second, "");
  assert.deepEqual(paths(), ["first.gguf", "second.gguf"]);
});
