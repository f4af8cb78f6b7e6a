// What is deleted in the folder of the prompt cache, which a client names: files that are ours, and nothing else.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, suite, test } from "node:test";

import { deleteCacheFiles, deleteExpiredFiles, listCacheFiles } from "../../../server/engine/promptCacheFolder.ts";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-cache-folder-"));
after(() => fs.rmSync(root, { recursive: true }));

const saved = `0123456789abcdef-${randomUUID()}.state`;
const inUse = "in-use-123-4.tmp";

/** A folder with empty files, each of so many days. */
function folderOf(files: Readonly<Record<string, number>>): string {
  const folder = path.join(root, randomUUID());
  fs.mkdirSync(folder);
  for (const [name, days] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.writeFileSync(file, "");
    const time = Date.now() / 1000 - days * 86_400;
    fs.utimesSync(file, time, time);
  }
  return folder;
}

suite("deleting all", () => {
  test("deletes saved contexts, whole and in use, and the folder that is empty then", async () => {
    const folder = folderOf({ [saved]: 1, [inUse]: 0, "in-use-9.tmp": 0 });
    await deleteCacheFiles(folder);
    assert.ok(!fs.existsSync(folder));
    await deleteCacheFiles(folder);
  });

  test("leaves what is somebody else's, whatever it is called", async () => {
    const others = ["notes.md", "terraform.state", `${saved}.bak`, `x${saved}`, "in-use.tmp", "in-use-1-2-3.tmp"];
    const folder = folderOf({ [saved]: 1, ...Object.fromEntries(others.map((name) => [name, 100])) });
    const outside = path.join(folderOf({ "thesis.tex": 1 }), "thesis.tex");
    const named = () => `${"a".repeat(16)}-${randomUUID()}.state`;
    const [link, linkToFolder, ownFolder] = [named(), named(), named()];
    fs.symlinkSync(outside, path.join(folder, link));
    fs.symlinkSync(path.dirname(outside), path.join(folder, linkToFolder));
    fs.mkdirSync(path.join(folder, ownFolder));
    fs.writeFileSync(path.join(folder, ownFolder, "inside"), "");
    await deleteExpiredFiles(folder);
    await deleteCacheFiles(folder);
    assert.deepEqual(fs.readdirSync(folder).sort(), [...others, link, linkToFolder, ownFolder].sort());
    assert.ok(fs.existsSync(outside));
    assert.ok(fs.existsSync(path.join(folder, ownFolder, "inside")));
  });

  test("goes on after a file that cannot be deleted, and then says why", async (context) => {
    const folder = folderOf({ [saved]: 1, [inUse]: 0, "in-use-9.tmp": 0 });
    const rm = fs.promises.rm;
    // As on Windows, while a process reads it.
    const isOpen = (file: fs.PathLike, options?: fs.RmOptions) =>
      String(file).endsWith(inUse) ? Promise.reject(new Error("EBUSY")) : rm(file, options);
    context.mock.method(fs.promises, "rm", isOpen);
    await assert.rejects(deleteCacheFiles(folder), /EBUSY/);
    assert.deepEqual(fs.readdirSync(folder), [inUse]);
  });

  test("ends before the next file when it is not wanted any more", async () => {
    const folder = folderOf({ [saved]: 1 });
    await deleteCacheFiles(folder, AbortSignal.abort());
    assert.deepEqual(fs.readdirSync(folder), [saved]);
  });
});

suite("a folder that cannot be the prompt cache's is left as it is:", () => {
  async function assertUntouched(folder: string, content: string, cause: RegExp): Promise<void> {
    await assert.rejects(deleteCacheFiles(folder), cause);
    await assert.rejects(deleteExpiredFiles(folder), cause);
    assert.ok(fs.existsSync(content));
  }

  test("a file", async () => {
    const file = path.join(folderOf({ [saved]: 100 }), saved);
    await assertUntouched(file, file, /is a file or a link/);
  });

  test("a link to a folder", async () => {
    const folder = folderOf({ [saved]: 100 });
    const link = path.join(root, randomUUID());
    fs.symlinkSync(folder, link);
    for (const name of [link, `${link}/`, `${link}/.`]) {
      await assertUntouched(name, path.join(folder, saved), /is a file or a link/);
    }
  });

  test("the root of a file system", async () => {
    await assertUntouched(`${path.parse(root).root}./`, root, /is the root/);
  });

  test("a home folder", async () => {
    const folder = folderOf({ [saved]: 100 });
    const names = ["HOME", "USERPROFILE"] as const;
    const own = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = folder;
    try {
      for (const name of [folder, `${folder}/`, path.join(folder, "x", "..")]) {
        await assertUntouched(name, path.join(folder, saved), /is a home folder/);
      }
    } finally {
      for (const [i, name] of names.entries()) {
        if (own[i] === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = own[i];
      }
    }
  });

  test("a path that is not absolute", async () => {
    await assertUntouched(path.relative(process.cwd(), root), root, /is not absolute/);
    await assertUntouched("", root, /is not absolute/);
  });
});

test("what nobody used for a week is deleted, and what a process left that died", async () => {
  const old = `${"b".repeat(16)}-${randomUUID()}.state`;
  const minutes = 1 / 1440;
  const folder = folderOf({
    [saved]: 6.9,
    [old]: 7.1,
    [inUse]: 9 * minutes,
    "in-use-5-0.tmp": 11 * minutes,
    "a.md": 99,
  });
  await deleteExpiredFiles(folder);
  assert.deepEqual(fs.readdirSync(folder).sort(), [saved, inUse, "a.md"].sort());
  assert.deepEqual((await listCacheFiles(folder)).map(({ name }) => name).sort(), [saved, inUse].sort());
});
