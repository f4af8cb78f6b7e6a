// CUDA inside VS Code: offered by the server for a card that a program on the path lists, and refused from a registry with another.

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";

import { after, before, describe, it } from "mocha";
import { ConfigurationTarget, workspace } from "vscode";

import { readyFalcon, until } from "./falcon.ts";
import type { TestApi } from "../../src/extension.ts";
import { cudaPackageFor } from "../../server/models/cuda/cudaPackage.ts";
import { Registry } from "../support/cudaPackage.ts";

// It is published for these alone.
if (process.platform === "linux" && process.arch === "x64") {
  describe("CUDA", () => {
    const registry = new Registry();
    const folder = mkdtempSync(path.join(tmpdir(), "falcon-cuda-"));
    const own = { ...process.env };
    let falcon: TestApi;
    const set = (key: string, value: string | undefined) =>
      workspace.getConfiguration("falcon").update(key, value, ConfigurationTarget.Global);

    before(async () => {
      await registry.start();
      for (const [name, text] of [
        ["nvidia-smi", "NVIDIA Test Card, 8.9"],
        ["ldconfig", ""],
      ] as const) {
        writeFileSync(path.join(folder, name), `#!/bin/sh\necho "${text}"\n`);
        chmodSync(path.join(folder, name), 0o755);
      }
      for (const name of cudaPackageFor()?.libraries ?? []) writeFileSync(path.join(folder, name), "");
      process.env["PATH"] = `${folder}:${process.env["PATH"] ?? ""}`;
      process.env["LD_LIBRARY_PATH"] = folder;
      falcon = await readyFalcon();
      await set("models.registry", registry.address);
      await until("the setting counts", () => falcon.settings.server.models?.registry === registry.address);
      await falcon.server.restart();
    });
    after(async () => {
      process.env = own;
      await set("models.registry", undefined);
      await set("model.gpu", undefined);
      await registry.stop();
      rmSync(folder, { recursive: true });
      await falcon.server.restart();
    });

    it("is offered for the card, and nothing stays of another package in its place", async () => {
      const offer = await falcon.models.cuda();
      assert.deepEqual([offer?.cards, offer?.obstacle, offer?.taken], [["NVIDIA Test Card"], undefined, 0]);
      registry.content = Buffer.from("another package");
      assert.equal(await falcon.downloads.start(offer?.download ?? { repository: "", files: [] }), undefined);
      assert.equal(registry.asked.length, 1);
      const { cudaFolder = "" } = falcon.settings.server.models ?? {};
      assert.deepEqual(existsSync(cudaFolder) ? readdirSync(cudaFolder) : [], []);
      assert.equal(await falcon.models.removeCuda(), 0);
    });

    it("makes way for others where it is chosen but not there, and the status says so", async () => {
      await set("model.gpu", "cuda");
      await until("the setting counts", () => falcon.settings.server.model.gpu === "cuda");
      await falcon.server.loadModel("completion");
      await until("the status says so", () => {
        const { status } = falcon.server;
        return status.state === "ready" && (status.model.fallback ?? "").startsWith("CUDA: not downloaded");
      });
    });
  });
}
