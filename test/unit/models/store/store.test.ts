// The models on the disk: what is offered, what is deleted, and what comes in from elsewhere.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";

import { computer } from "../../../../server/models/files/fileLock.ts";
import { deleteModel } from "../../../../server/models/store/deleteModel.ts";
import { importModel } from "../../../../server/models/store/importModel.ts";
import { listUnfinished } from "../../../../server/models/store/listUnfinished.ts";
import { listModels } from "../../../../server/models/store/listModels.ts";
import { UserError } from "../../../../server/userError.ts";
import { type GgufTensor, type GgufValue, writeGguf } from "../../../fixtures/ggufWriter.ts";
import { buildModel, models } from "../../../fixtures/models.ts";
import { sha256 } from "../../../support/hubServer.ts";
import { modelFile } from "../../../support/models.ts";

const falcon = modelFile("falcon7b");
const { signal } = new AbortController();
const environment = { ...process.env };
let base: string;
let folder: string;

beforeEach(() => {
  base = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-store-"));
  folder = path.join(base, "models");
  fs.mkdirSync(folder);
  process.env["HF_HUB_CACHE"] = path.join(base, "hub");
});
afterEach(() => {
  process.env = { ...environment };
  fs.rmSync(base, { recursive: true });
});

function put(content: string, ...place: string[]): string {
  const file = path.join(base, ...place);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.copyFileSync(content, file);
  return file;
}

/** A model in two files, as llama.cpp's gguf-split writes them: all keys in the first. */
function putSplit(...place: string[]): [first: string, second: string] {
  const { metadata, tensors } = buildModel({ ...models.falcon7b, embedding: 64 });
  const split = (number: number): Record<string, GgufValue> => ({
    "split.no": { type: "u16", value: number },
    "split.count": { type: "u16", value: 2 },
    "split.tensors.count": { type: "i32", value: tensors.length },
  });
  const write = (number: number, keys: Record<string, GgufValue>, part: readonly GgufTensor[]) => {
    const file = path.join(base, ...place, `falcon-0000${number + 1}-of-00002.gguf`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    writeGguf(file, { ...keys, ...split(number) }, part);
    return file;
  };
  return [write(0, metadata, tensors.slice(0, 5)), write(1, {}, tensors.slice(5))];
}

const listed = () => listModels({ folder }).map(({ path: file, repository, source }) => ({ file, repository, source }));

suite("models on the disk", () => {
  test("a model of the folder is listed with what it is", () => {
    const file = put(falcon, "models", "tiiuae", "Falcon-7B-GGUF", "falcon.gguf");
    const [model, ...others] = listModels({ folder });
    assert.deepEqual(others, []);
    assert.ok(model);
    assert.equal(model.path, file);
    assert.equal(model.repository, "tiiuae/Falcon-7B-GGUF");
    assert.equal(model.size, fs.statSync(file).size);
    assert.equal(model.architecture, "falcon");
  });

  test("what is not whole is not offered", () => {
    const whole = fs.readFileSync(falcon);
    fs.writeFileSync(path.join(folder, "cut.gguf"), whole.subarray(0, whole.length - 1000));
    fs.writeFileSync(path.join(folder, "falcon.gguf.part"), whole);
    fs.writeFileSync(path.join(folder, "page.gguf"), "<!doctype html>");
    const [, second] = putSplit("models", "tiiuae", "Split");
    assert.equal(listed().length, 1);
    fs.rmSync(second);
    assert.deepEqual(listed(), []);
  });

  test("a folder that is not there holds no models", () => {
    assert.deepEqual(listModels({ folder: path.join(base, "gone") }), []);
    assert.deepEqual(listModels({}), []);
  });

  test("a file of a Hugging Face cache is used where it is, and once for all commits that have it", () => {
    const blob = put(falcon, "hub", "models--tiiuae--Falcon-7B-GGUF", "blobs", "abc");
    const link = (commit: string) => {
      const place = path.join(base, "hub", "models--tiiuae--Falcon-7B-GGUF", "snapshots", commit, "falcon.gguf");
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.symlinkSync(path.relative(path.dirname(place), blob), place);
      return place;
    };
    const older = link("one");
    fs.utimesSync(path.dirname(older), 1, 1);
    const newer = link("two");
    assert.deepEqual(listed(), [{ file: newer, repository: "tiiuae/Falcon-7B-GGUF", source: "cache" }]);
    fs.rmSync(blob);
    assert.deepEqual(listed(), [], "a link to nothing");
  });

  test("the cache is found by HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, or in the home folder", () => {
    const file = put(falcon, "home", "huggingface", "hub", "models--a--b", "snapshots", "c", "falcon.gguf");
    delete process.env["HF_HUB_CACHE"];
    delete process.env["HF_HOME"];
    process.env["XDG_CACHE_HOME"] = path.join(base, "home");
    assert.deepEqual(listed(), [{ file, repository: "a/b", source: "cache" }]);
    process.env["HF_HOME"] = path.join(base, "home", "huggingface");
    process.env["XDG_CACHE_HOME"] = base;
    assert.deepEqual(listed(), [{ file, repository: "a/b", source: "cache" }]);
  });

  test("a deleted model frees the space of all of its parts, and its empty folders go", async () => {
    const [first, second] = putSplit("models", "tiiuae", "Split");
    const other = put(falcon, "models", "tiiuae", "Other", "falcon.gguf");
    const size = fs.statSync(first).size + fs.statSync(second).size;
    assert.equal(await deleteModel(first, { folder }), size);
    assert.deepEqual(fs.readdirSync(path.join(folder, "tiiuae")), ["Other"]);
    assert.equal(await deleteModel(other, { folder }), fs.statSync(falcon).size);
    assert.deepEqual(fs.readdirSync(folder), [], "the models folder itself stays");
  });

  test("nothing outside of the models folder is deleted", async () => {
    const outside = put(falcon, "falcon.gguf");
    const cached = put(falcon, "hub", "models--a--b", "snapshots", "c", "falcon.gguf");
    const text = path.join(folder, "notes.txt");
    fs.writeFileSync(text, "mine");
    for (const file of [outside, cached, text, path.join(folder, "..", "falcon.gguf"), folder, "falcon.gguf"]) {
      await assert.rejects(deleteModel(file, { folder }), UserError);
    }
    assert.ok([outside, cached, text].every((file) => fs.existsSync(file)));
  });

  test("a download that is not whole is listed as such, unless somebody goes on with it, and can be deleted", async () => {
    const part = put(falcon, "models", "tiiuae", "Falcon-GGUF", "sub", "falcon.gguf.part");
    assert.deepEqual(await listUnfinished({ folder }), [], "nothing tells what it belongs to");
    const url = "https://huggingface.co/tiiuae/Falcon-GGUF/resolve/main/sub/falcon.gguf";
    fs.writeFileSync(`${part}.json`, JSON.stringify({ url, size: 1e9 }));
    const received = fs.statSync(part).size;
    assert.deepEqual(await listUnfinished({ folder }), [
      {
        path: part,
        repository: "tiiuae/Falcon-GGUF",
        files: ["sub/falcon.gguf"],
        received,
        size: 1e9,
      },
    ]);
    const lock = part.replace(/part$/, "lock");
    fs.writeFileSync(lock, "");
    assert.deepEqual(await listUnfinished({ folder }), []);
    await assert.rejects(deleteModel(part, { folder }), /is being downloaded/);
    fs.rmSync(lock);
    assert.equal(await deleteModel(part, { folder }), received);
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  test("a split model of which a file is missing is listed as one download, and deleted with all there is of it", async () => {
    const [first, second] = putSplit("models", "tiiuae", "Split");
    const whole = fs.readFileSync(second);
    for (const begun of [0, 100]) {
      fs.rmSync(second, { force: true });
      if (begun > 0) fs.writeFileSync(`${second}.part`, whole.subarray(0, begun));
      const received = fs.statSync(first).size + begun;
      const [download, ...others] = await listUnfinished({ folder });
      assert.deepEqual(others, []);
      const expected = { path: first, repository: "tiiuae/Split", files: [path.basename(first)], received };
      assert.deepEqual(download, expected);
    }
    fs.writeFileSync(`${second}.part.json`, "{}");
    const [download] = await listUnfinished({ folder });
    assert.equal(await deleteModel(download?.path ?? "", { folder }), download?.received);
    assert.deepEqual(fs.readdirSync(folder), []);
    const [, alone] = putSplit("models", "tiiuae", "Split");
    assert.deepEqual(await listUnfinished({ folder }), [], "it is whole");
    fs.rmSync(first);
    assert.equal((await listUnfinished({ folder }))[0]?.path, alone);
  });

  test("a download whose process was killed, or fell silent, is listed and can be deleted", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const url = "https://huggingface.co/tiiuae/Falcon-GGUF/resolve/main/falcon.gguf";
    const owners = [
      { content: JSON.stringify({ id: "1", pid, computer }), isSilent: false },
      { content: JSON.stringify({ id: "1", pid, computer: "another" }), isSilent: true },
      { content: "", isSilent: true },
    ];
    for (const { content, isSilent } of owners) {
      const part = put(falcon, "models", "tiiuae", "Falcon-GGUF", "falcon.gguf.part");
      const lock = part.replace(/part$/, "lock");
      fs.writeFileSync(`${part}.json`, JSON.stringify({ url }));
      fs.writeFileSync(lock, content);
      if (isSilent) fs.utimesSync(lock, 1, 1);
      assert.equal((await listUnfinished({ folder })).length, 1, content);
      await deleteModel(part, { folder });
      assert.deepEqual(fs.readdirSync(folder), []);
    }
  });

  for (const by of ["copy", "link"] as const) {
    test(`a ${by} of a file is listed, and frees ${by === "copy" ? "its size" : "nothing"} when it is deleted`, async () => {
      const file = put(falcon, "stick", "falcon.gguf");
      const imported = await importModel(
        { path: file, by, sha256: sha256(fs.readFileSync(falcon)) },
        { folder },
        signal,
      );
      assert.equal(imported.path, path.join(folder, "falcon.gguf"));
      assert.deepEqual(listModels({ folder }), [imported]);
      assert.equal(await deleteModel(imported.path, { folder }), by === "copy" ? imported.size : 0);
      assert.ok(fs.existsSync(file));
    });
  }

  test("a link leads to what a link of a Hugging Face cache leads to", async () => {
    const blob = put(falcon, "stick", "blobs", "abc");
    const snapshot = path.join(base, "stick", "snapshots", "one", "falcon.gguf");
    fs.mkdirSync(path.dirname(snapshot), { recursive: true });
    fs.symlinkSync(path.relative(path.dirname(snapshot), blob), snapshot);
    const imported = await importModel({ path: snapshot, by: "link" }, { folder }, signal);
    assert.deepEqual(listModels({ folder }), [imported]);
    assert.equal(fs.statSync(imported.path).ino, fs.statSync(blob).ino);
  });

  for (const by of ["copy", "link"] as const) {
    test(`of two files of one name that come in at once by ${by}, one does, and the other is refused`, async () => {
      const files = ["one", "two"].map((place) => put(falcon, place, "falcon.gguf"));
      fs.appendFileSync(files[1] ?? "", Buffer.alloc(2 ** 21, 1));
      const done = await Promise.allSettled(files.map((path) => importModel({ path, by }, { folder }, signal)));
      const winner = done.findIndex(({ status }) => status === "fulfilled");
      const [refused, ...others] = done.filter((each) => each.status === "rejected");
      assert.ok(refused?.reason instanceof UserError && others.length === 0, JSON.stringify(done));
      assert.match(refused.reason.message, /exists already/);
      assert.deepEqual(fs.readdirSync(folder), ["falcon.gguf"]);
      const imported = fs.readFileSync(path.join(folder, "falcon.gguf"));
      assert.ok(imported.equals(fs.readFileSync(files[winner] ?? "")));
    });
  }

  test("one hash is not taken for that of all parts of a split model", async () => {
    const [first] = putSplit("stick");
    const hash = sha256(fs.readFileSync(first));
    await assert.rejects(
      importModel({ path: first, by: "copy", sha256: hash }, { folder }, signal),
      /first of 2 files/,
    );
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  test("all parts of a split model come in", async () => {
    const [first] = putSplit("stick");
    await importModel({ path: first, by: "copy" }, { folder }, signal);
    assert.equal(fs.readdirSync(folder).length, 2);
    assert.equal(listed().length, 1);
  });

  test("a file that is no model, has another hash, or whose name is taken is refused and changes nothing", async () => {
    const file = put(falcon, "stick", "falcon.gguf");
    const cut = path.join(base, "stick", "cut.gguf");
    fs.writeFileSync(cut, fs.readFileSync(falcon).subarray(0, 5000));
    const refused = (path: string, sha256?: string) =>
      assert.rejects(importModel({ path, by: "copy", ...(sha256 && { sha256 }) }, { folder }, signal), UserError);
    await refused(cut);
    await refused(file, "0".repeat(64));
    assert.deepEqual(fs.readdirSync(folder), []);
    fs.writeFileSync(path.join(folder, "falcon.gguf"), "other");
    await refused(file);
    assert.equal(fs.readFileSync(path.join(folder, "falcon.gguf"), "utf8"), "other");
  });

  test("an import that is aborted leaves nothing behind", async () => {
    const file = put(falcon, "stick", "falcon.gguf");
    await assert.rejects(importModel({ path: file, by: "copy" }, { folder }, AbortSignal.abort()), {
      name: "AbortError",
    });
    assert.deepEqual(fs.readdirSync(folder), []);
  });
});
