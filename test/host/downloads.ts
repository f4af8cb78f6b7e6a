// A download inside VS Code: from a hub on the loopback into the extension's storage, with its notification and the status bar.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

import { after, before, describe, it } from "mocha";
import { ConfigurationTarget, workspace } from "vscode";

import { activateFalcon, until } from "./falcon.ts";
import type { TestApi } from "../../src/extension.ts";
import { runAction } from "../../src/problems.ts";
import { HubServer } from "../support/hubServer.ts";

/** Path of a model file, put in by build.mjs. */
declare const TEST_MODEL: string;

const params = { repository: "tiiuae/Falcon-Test-GGUF", files: ["falcon-test.gguf"] };

describe("downloads", () => {
  let hub: HubServer;
  let falcon: TestApi;
  let content: Buffer;
  const setHub = (address: string | undefined) =>
    workspace.getConfiguration("falcon.models").update("hub", address, ConfigurationTarget.Global);

  before(async () => {
    [hub, falcon, content] = [await HubServer.start(), await activateFalcon(), await readFile(TEST_MODEL)];
    hub.put(params.repository, "falcon-test.gguf", content);
    await setHub(hub.endpoint);
    await until("the setting counts", () => falcon.settings.server.models?.hub === hub.endpoint);
  });
  after(async () => {
    await setHub(undefined);
    await hub.stop();
  });

  it("brings a model into the extension's storage, lists it and deletes it", async () => {
    const states = new Set<string>();
    const listener = falcon.models.onDidChangeDownloads(([download]) => download && states.add(download.state));
    const [file] = (await falcon.downloads.start(params)) ?? [];
    listener.dispose();
    assert.ok(file?.verified);
    assert.ok((await readFile(file.path)).equals(content));
    assert.ok(states.has("downloading"));
    assert.deepEqual(falcon.models.downloads, []);
    assert.ok((await falcon.models.stored()).some(({ path }) => path === file.path));
    assert.equal(await falcon.models.delete(file.path), content.length);
  });

  it("goes on with a download that a server took with it when it ended", async () => {
    hub.cuts = [content.length - 1];
    const download = falcon.downloads.start(params);
    await until("it has begun", () => hub.cuts.length === 0);
    await falcon.server.restart();
    const [file] = (await download) ?? [];
    assert.ok(file);
    assert.ok((await readFile(file.path)).equals(content));
    await falcon.models.delete(file.path);
  });

  it("takes a download that is asked for twice as one, and lets each use it", async () => {
    const used: string[] = [];
    const begun = ["one", "two"].map((user) =>
      falcon.downloads.start(params, () => Promise.resolve(void used.push(user))),
    );
    const [one, two] = await Promise.all(begun);
    assert.ok(one);
    assert.equal(one, two);
    assert.deepEqual(used, ["one", "two"]);
    await falcon.models.delete(one[0]?.path ?? "");
  });

  it("goes on with each of two that failed, and with what was to come after it, once it is asked to", async () => {
    const other = { ...params, files: ["another.gguf"] };
    hub.put(other.repository, "another.gguf", content);
    const used: string[] = [];
    const start = (each: typeof params) =>
      falcon.downloads.start(each, (files) => {
        used.push(...files.map(({ path }) => basename(path)));
        return Promise.resolve();
      });
    hub.token = "hf_secret";
    for (const each of [params, other]) assert.equal(await start(each), undefined);
    hub.token = undefined;
    for (const each of [params, other]) {
      await runAction("continueDownload", each);
      assert.deepEqual(used.splice(0), each.files);
    }
    const stored = (await falcon.models.stored()).filter(({ repository }) => repository === params.repository);
    assert.equal(stored.length, 2);
    for (const { path } of stored) await falcon.models.delete(path);
  });
});
