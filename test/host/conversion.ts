// Original weights become a model: those of a folder of the user's own, and where the disk has no room for both what the user is
// asked and told.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { after, before, describe, it } from "mocha";
import { commands, ConfigurationTarget, type Memento, Uri, window, workspace } from "vscode";

import { activateFalcon, until } from "./falcon.ts";
import type { TestApi } from "../../src/extension.ts";
import { UserError } from "../../src/problems.ts";
import { convertAndUse } from "../../src/models/convertModel.ts";
import { convertWeights } from "../../src/models/convertWeights.ts";
import { RecentModels } from "../../src/models/recentModels.ts";
import { HubServer } from "../support/hubServer.ts";

/** Folder of original weights in three files, put in by build.mjs. */
declare const TEST_ORIGINAL: string;

const name = "Falcon-H1-Tiny Coder 90M";
const storage: Memento = {
  keys: () => [],
  get: (_: string, other?: unknown) => other,
  update: () => Promise.resolve(),
};

describe("a conversion that has no room for both", () => {
  const hub = new Map<string, Buffer>();
  const asked: string[] = [];
  let server: HubServer;
  let falcon: TestApi;
  let repository: string;
  const log = window.createOutputChannel("Conversion", { log: true });
  const showWarningMessage = Object.getOwnPropertyDescriptor(window, "showWarningMessage");
  const setHub = (address: string | undefined) =>
    workspace.getConfiguration("falcon.models").update("hub", address, ConfigurationTarget.Global);
  const weights = () => {
    const folder = path.join(falcon.settings.server.models?.folder ?? "", repository);
    return readdirSync(folder).filter((file) => file.endsWith(".safetensors"));
  };

  before(async () => {
    [server, falcon] = [await HubServer.start(), await activateFalcon()];
    await setHub(server.endpoint);
    await until("the setting counts", () => falcon.settings.server.models?.hub === server.endpoint);
    const row = (await falcon.models.catalogue("en")).find(({ model }) => model.name === name);
    assert.ok(row, name);
    ({ repository } = row.model);
    for (const file of readdirSync(TEST_ORIGINAL)) hub.set(file, readFileSync(path.join(TEST_ORIGINAL, file)));
    for (const [file, content] of hub) server.put(repository, file, content);
  });

  after(async () => {
    Reflect.deleteProperty(falcon.models, "convert");
    if (showWarningMessage) Object.defineProperty(window, "showWarningMessage", showWarningMessage);
    for (const { path, repository: from } of await falcon.models.stored())
      if (from === repository) await falcon.models.delete(path);
    await setHub(undefined);
    await server.stop();
    log.dispose();
  });

  it("says so before it begins, and what is left where it fails", async () => {
    const [, second = ""] = [...hub.keys()].filter((file) => file.endsWith(".safetensors"));
    const whole = hub.get(second);
    assert.ok(whole);
    // Its last number is none.
    server.put(repository, second, Buffer.concat([whole.subarray(0, -2), Buffer.from([0xff, 0x7f])]));
    Object.defineProperty(window, "showWarningMessage", {
      configurable: true,
      value: (_: string, { detail }: { readonly detail: string }, accept: string) => {
        asked.push(detail);
        return Promise.resolve(accept);
      },
    });
    const convert = falcon.models.convert.bind(falcon.models);
    // The suite has a UserError of its own, which alone it knows.
    falcon.models.convert = (...params) =>
      convert(...params).catch((error: unknown) => {
        throw new UserError((error as Error).message);
      });
    const [row] = (await falcon.models.catalogue("en")).filter(({ model }) => model.name === name);
    assert.ok(row);
    // No disk has room for this.
    const choice = { quantization: "Q8_0", size: 1e15 };
    const dependencies = { ...falcon, log, recentModels: new RecentModels(storage) };
    await assert.rejects(
      convertAndUse({ row, choice, roles: [] }, dependencies),
      /no number or infinite.+ were converted and deleted by then, and .+ are left in .+ Try again to download what is missing/,
    );
    assert.match(
      asked.join(),
      /There is no room for both: each file of the weights is deleted as soon as it is converted/,
    );
    assert.equal(weights().length, 2);
  });
});

describe("a folder of original weights", () => {
  it("becomes the file that is chosen, beside them, and the model in use", async () => {
    const falcon = await activateFalcon();
    const { roles } = falcon.settings;
    const base = mkdtempSync(path.join(tmpdir(), "falcon-weights-"));
    const folder = path.join(base, "Falcon of mine");
    cpSync(TEST_ORIGINAL, folder, { recursive: true });
    const weights = readdirSync(folder);
    const log = window.createOutputChannel("Conversion of a folder", { log: true });
    const { createQuickPick, showOpenDialog } = window;
    const offered: string[] = [];
    Object.assign(window, {
      showOpenDialog: () => Promise.resolve([Uri.file(folder)]),
      createQuickPick: () => {
        const list = createQuickPick();
        const show = list.show.bind(list);
        list.show = () => {
          offered.push(...list.items.map(({ label }) => label));
          show();
          void commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
        };
        return list;
      },
    });
    try {
      await convertWeights({ ...falcon, log, recentModels: new RecentModels(storage) });
      const file = path.join(folder, "Falcon of mine-Q4_K_M.gguf");
      assert.deepEqual(offered, ["Q4_K_M", "Q8_0", "Q6_K", "Q5_K_M", "Q4_0", "BF16", "F16", "F32"]);
      assert.deepEqual(readdirSync(folder).sort(), [...weights, path.basename(file)].sort());
      await until("it is in use", () => falcon.settings.roles.both === file);
      await until("it is loaded", () => {
        const { status } = falcon.server;
        return status.state === "ready" && !status.unloaded && status.model.path === file;
      });
    } finally {
      Object.assign(window, { createQuickPick, showOpenDialog });
      await falcon.settings.saveRoles(roles);
      log.dispose();
      rmSync(base, { recursive: true, force: true });
    }
  });
});
