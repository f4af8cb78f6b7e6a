// Files that have their name only when they are whole: what a failure, a killed process and a lost power leave of them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { afterEach, beforeEach, suite, test } from "node:test";

import { computer } from "../../../../server/models/files/fileLock.ts";
import { hasDrafts, NameTaken, writeNewFile } from "../../../../server/models/files/newFile.ts";
import { UserError } from "../../../../server/userError.ts";

let folder: string;
let file: string;
const write = (draft: string) => fs.promises.writeFile(draft, "whole");

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-new-file-"));
  file = path.join(folder, "falcon.gguf");
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

suite("a new file", () => {
  test("has its name when it is whole, and its draft is gone", async () => {
    await writeNewFile(file, async (draft) => {
      assert.equal(fs.existsSync(file), false);
      await write(draft);
    });
    assert.deepEqual(fs.readdirSync(folder), ["falcon.gguf"]);
    assert.equal(fs.readFileSync(file, "utf8"), "whole");
  });

  test("is on the disk before it has its name, and then the name is", async (t) => {
    const handle = await fs.promises.open(folder, "r");
    const prototype = Object.getPrototypeOf(handle) as fs.promises.FileHandle;
    const sync = Reflect.get<fs.promises.FileHandle, "sync">(prototype, "sync");
    await handle.close();
    const named: boolean[] = [];
    t.mock.method(prototype, "sync", function (this: fs.promises.FileHandle) {
      named.push(fs.existsSync(file));
      return Reflect.apply(sync, this, []);
    });
    await writeNewFile(file, write);
    assert.deepEqual(named, process.platform === "win32" ? [false] : [false, true]);
  });

  test("that cannot be written leaves nothing behind", async () => {
    const reason = new Error("enough");
    await assert.rejects(
      writeNewFile(file, async (draft) => {
        await write(draft);
        throw reason;
      }),
      reason,
    );
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  test("does not take the place of one that came meanwhile", async () => {
    await assert.rejects(
      writeNewFile(file, async (draft) => {
        await write(draft);
        fs.writeFileSync(file, "another");
      }),
      UserError,
    );
    assert.deepEqual(fs.readdirSync(folder), ["falcon.gguf"]);
    assert.equal(fs.readFileSync(file, "utf8"), "another");
  });

  test("is the time to delete drafts that killed processes have left, and nothing else", async () => {
    const lockOf = (pid: number) => JSON.stringify({ id: "1", pid, computer });
    const running = "running.gguf.9b0c7a2e-3c1f-4d53-8a44-0d8b1f7e6a56.part";
    for (const [name, content] of [
      ["killed.gguf.9b0c7a2e-3c1f-4d53-8a44-0d8b1f7e6a55.part", "some"],
      ["killed.gguf.lock", lockOf(spawnSync(process.execPath, ["-e", ""]).pid)],
      ["older.gguf.9b0c7a2e-3c1f-4d53-8a44-0d8b1f7e6a57.part", "some"],
      [running, "some"],
      ["running.gguf.lock", lockOf(process.pid)],
      ["download.gguf.part", "some"],
    ] as const) {
      fs.writeFileSync(path.join(folder, name), content);
    }
    assert.ok(await hasDrafts(folder));
    await writeNewFile(file, write);
    const left = ["download.gguf.part", "falcon.gguf", running, "running.gguf.lock"];
    assert.deepEqual(fs.readdirSync(folder).sort(), left);
    fs.rmSync(path.join(folder, running));
    assert.equal(await hasDrafts(folder), false);
  });

  test("that another writes already is waited for, and then has its name", async () => {
    const begun = Promise.withResolvers<undefined>();
    const end = Promise.withResolvers<undefined>();
    const first = writeNewFile(file, async (draft) => {
      begun.resolve(undefined);
      await end.promise;
      await write(draft);
    });
    await begun.promise;
    const second = assert.rejects(
      writeNewFile(file, () => assert.fail("two write one file")),
      NameTaken,
    );
    end.resolve(undefined);
    await Promise.all([first, second]);
    assert.deepEqual(fs.readdirSync(folder), ["falcon.gguf"]);
  });

  test("that another writes is waited for no longer than its user wants", async () => {
    const stop = new AbortController();
    const first = writeNewFile(file, async (draft) => {
      const second = writeNewFile(file, () => assert.fail("two write one file"), stop.signal);
      stop.abort();
      await assert.rejects(second, { name: "AbortError" });
      await write(draft);
    });
    await first;
    assert.deepEqual(fs.readdirSync(folder), ["falcon.gguf"]);
  });
});
