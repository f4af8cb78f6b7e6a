// Files that have their name only when they are whole: what a failure, a killed process and a lost power leave of them.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { afterEach, beforeEach, suite, test } from "node:test";

import { writeNewFile } from "../../../../server/models/files/newFile.ts";
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
    const draft = (name: string, hours: number) => {
      fs.writeFileSync(path.join(folder, name), "");
      const time = Date.now() / 1000 - hours * 3600;
      fs.utimesSync(path.join(folder, name), time, time);
    };
    draft("left.gguf.9b0c7a2e-3c1f-4d53-8a44-0d8b1f7e6a55.part", 2);
    draft("running.gguf.9b0c7a2e-3c1f-4d53-8a44-0d8b1f7e6a56.part", 0);
    draft("download.gguf.part", 2);
    await writeNewFile(file, write);
    assert.deepEqual(fs.readdirSync(folder).sort(), [
      "download.gguf.part",
      "falcon.gguf",
      "running.gguf.9b0c7a2e-3c1f-4d53-8a44-0d8b1f7e6a56.part",
    ]);
  });
});
