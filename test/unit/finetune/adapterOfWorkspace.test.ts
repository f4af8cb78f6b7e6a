// Each workspace has an adapter of its own, and a model keeps the earlier one until the new one is measured.

import assert from "node:assert/strict";
import path from "node:path";
import { suite, test } from "node:test";

import { replaceAdapter } from "../../../src/finetune/replaceAdapter.ts";
import { workspaceFolder } from "../../../src/finetune/workspaceFolder.ts";
import type { KeptAdapter } from "../../../src/settings.ts";
import type { KeptText } from "../../../src/shared/finetuning.ts";

const folder = path.resolve("finetune", "backend-1");
const earlier: KeptAdapter = { path: path.join(folder, "earlier.gguf"), scale: 0.5 };
const other: KeptAdapter = { path: path.resolve("other.gguf"), scale: 1 };
const added = path.join(folder, "new.gguf");
const kept: KeptText = { places: 10, characters: 0.5, lines: 0.1 };

/** A model's adapters, and what each measurement found in use. */
function modelWith(list: readonly KeptAdapter[]) {
  const saved = [list];
  const measured: (readonly KeptAdapter[])[] = [];
  const save = (next: readonly KeptAdapter[]) => Promise.resolve(void saved.push(next));
  const measure = (failing: number) => () => {
    measured.push(saved.at(-1) ?? []);
    return measured.length === failing ? Promise.reject(new Error("cancelled")) : Promise.resolve(kept);
  };
  return { measured, measure, adapters: { list, save }, now: () => saved.at(-1) };
}

suite("the adapter of a workspace", () => {
  test("workspaces of one name have folders of their own, each the same every time", () => {
    const [one, two] = ["file:///home/a/work/backend", "file:///home/a/other/backend"];
    const folderOf = (...uris: string[]) => workspaceFolder("/kept", uris);
    assert.match(folderOf(one), /^.kept.backend-[0-9a-f]{12}$/);
    assert.notEqual(folderOf(one), folderOf(two));
    assert.notEqual(folderOf(one), folderOf(one, two));
    assert.equal(folderOf(one), folderOf(one));
    assert.match(folderOf("file:///c%3A"), /kept.c-[0-9a-f]{12}$/);
    assert.match(folderOf("file:///home/a/my%20code"), /my code-[0-9a-f]{12}$/);
  });

  test("a new one takes the place of the earlier one, which it is measured without", async () => {
    const { adapters, measure, measured, now } = modelWith([other, earlier]);
    const { switchOff } = await replaceAdapter(added, adapters, measure(0));
    const fresh = { path: added, scale: 1 };
    assert.deepEqual(measured, [[other], [other, fresh]]);
    assert.deepEqual(now(), [other, fresh]);
    await switchOff();
    assert.deepEqual(now(), [other, { ...fresh, off: true }]);
  });

  for (const failing of [1, 2]) {
    test(`the model has what it had where measurement ${failing} fails or is cancelled`, async () => {
      const { adapters, measure, now } = modelWith([other, earlier]);
      await assert.rejects(replaceAdapter(added, adapters, measure(failing)), /cancelled/);
      assert.deepEqual(now(), [other, earlier]);
    });
  }
});
