// “Fine-Tune on This Workspace” inside VS Code, up to where Python begins, and from an adapter that was trained on.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { after, before, describe, it } from "mocha";
import { Uri, commands, window, workspace } from "vscode";

import { readyFalcon, until } from "./falcon.ts";
import type { TestApi } from "../../src/extension.ts";
import { fineTune } from "../../src/finetune/fineTune.ts";

describe("fine-tuning on the workspace", () => {
  const temporary = mkdtempSync(path.join(tmpdir(), "falcon-finetune-"));
  const { showWarningMessage, showOpenDialog } = window;
  const part = Uri.joinPath(workspace.workspaceFolders?.[0]?.uri ?? Uri.file("/"), "boats");
  let falcon: TestApi;
  let asked: string[];

  before(async () => {
    falcon = await readyFalcon();
    for (let i = 0; i < 12; i++) {
      const words = ["harbour", "boat", "tide", "anchor", "buoy"].map((word) => `${word}${i}`);
      const text = words.map((word) => `export function ${word}Of(berth: number) {\n  return berth * ${i};\n}\n`);
      await workspace.fs.writeFile(Uri.joinPath(part, `part${i}.ts`), new TextEncoder().encode(text.join("\n")));
    }
  });
  after(async () => {
    Object.assign(window, { showWarningMessage, showOpenDialog });
    await workspace.fs.delete(part, { recursive: true });
    await commands.executeCommand("workbench.action.closeAllEditors");
    rmSync(temporary, { recursive: true });
  });

  /** The user's answers to the dialogs, one after the other, and the folder that he chooses. */
  function answer(buttons: readonly (string | undefined)[], folder: string) {
    const left = [...buttons];
    asked = [];
    Object.assign(window, {
      showWarningMessage: (message: string) => {
        asked.push(message);
        return Promise.resolve(left.shift());
      },
      showOpenDialog: () => Promise.resolve([Uri.file(folder)]),
    });
  }

  const run = () => fineTune({ ...falcon, fineTuningFolder: path.join(temporary, "kept") });

  it("says what is read, and shows the files", async () => {
    answer(["Show Files", undefined], temporary);
    await run();
    assert.match(asked[0] ?? "", /^A model learns from \d+ files of this workspace/);
    assert.equal(asked.length, 2);
    const shown = window.activeTextEditor?.document.getText() ?? "";
    const [learned = "", heldOut = ""] = shown.split("Held out:");
    assert.equal((learned + heldOut).match(/boats\/part\d+\.ts/g)?.length, 12);
    assert.ok(heldOut.trim() !== "");
  });

  it("leaves a folder for another machine", async () => {
    answer(["Write a Folder…"], temporary);
    await run();
    const name = readdirSync(temporary).find((each) => each.startsWith("falcon-finetune-"));
    assert.ok(name);
    const folder = path.join(temporary, name);
    for (const file of ["run.py", "finetune.py", "requirements.txt", "README.md", "held-out.jsonl"]) {
      assert.ok(existsSync(path.join(folder, file)), file);
    }
    const [line = ""] = readFileSync(path.join(folder, "train.jsonl"), "utf8").split("\n");
    assert.ok("parts" in (JSON.parse(line) as object));
    assert.equal(path.basename(window.activeTextEditor?.document.uri.fsPath ?? ""), "README.md");
  });

  it("shows in a page how a training goes", async () => {
    await commands.executeCommand("falcon.showFineTuning");
    await until("the page is there", () => falcon.training.isShown);
    assert.deepEqual(await falcon.training.state, { state: "none", learned: [], heldOut: [], fraction: 0 });
  });

  it("says what is wrong with a folder that holds no adapter, and leaves the model's adapters as they were", async () => {
    const { adapters } = falcon.settings;
    answer(["Use a Trained Adapter…", "Choose the Folder…"], temporary);
    await assert.rejects(run(), /adapter_config\.json is missing/);
    assert.deepEqual(falcon.settings.adapters, adapters);
  });
});
