// “Compare Models on This Repository”: two models on the history of the workspace, from the command to what is recommended.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import { after, before, describe, it } from "mocha";
import { ConfigurationTarget, Uri, commands, window, workspace, type QuickPickItem } from "vscode";

import type { TestApi } from "../../src/extension.ts";
import { openRepository, readyFalcon, until } from "./falcon.ts";

interface OfferedRow extends QuickPickItem {
  readonly item: { readonly path: string } | { readonly way: { readonly label?: string } };
}

describe("comparing models", () => {
  const { showQuickPick, createQuickPick } = window;
  let falcon: TestApi;
  let root: Uri;
  let file: Uri;
  let offered: readonly OfferedRow[] = [];
  let ways: readonly OfferedRow[] = [];

  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@b", ...args], { cwd: root.fsPath });

  before(async () => {
    falcon = await readyFalcon();
    const folder = workspace.workspaceFolders?.[0]?.uri;
    assert.ok(folder, "there is a workspace");
    root = folder;
    file = Uri.joinPath(root, "src/ledger.ts");
    git("init", "-q");
    let text = "export const entries = [];\n";
    for (const name of ["", "fee", "berth", "crane", "toll", "light", "pilot", "tug"]) {
      if (name)
        text += `\nexport function ${name}Of(ship) {\n  const ${name} = ship.${name};\n  entries.push(${name});\n}\n`;
      await workspace.fs.writeFile(file, Buffer.from(text));
      git("add", "-A");
      git("commit", "-q", "-m", "A change");
    }
    await openRepository(root);
    // All models that are offered are chosen, and how they are asked as it is suggested; the other lists are VS Code's own.
    Object.assign(window, {
      showQuickPick: (rows: readonly OfferedRow[]) => {
        if (offered.length === 0) offered = rows;
        else ways = rows;
        return Promise.resolve(rows === offered ? rows : rows.filter(({ picked }) => picked));
      },
      createQuickPick: () => {
        const list = createQuickPick();
        const show = list.show.bind(list);
        list.show = () => {
          show();
          void commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
        };
        return list;
      },
    });
  });

  after(async () => {
    Object.assign(window, { showQuickPick, createQuickPick });
    falcon.comparison.stop();
    await until("no comparison runs", () => !falcon.comparison.state.isRunning);
    await commands.executeCommand("workbench.action.closeAllEditors");
    await workspace.getConfiguration().update("git.enabled", false, ConfigurationTarget.Global);
    await workspace.fs.delete(file);
    await workspace.fs.delete(Uri.joinPath(root, ".git"), { recursive: true });
  });

  it("shows in its page how the models do on the same places, until it is stopped, and what is recommended", async () => {
    void commands.executeCommand("falcon.compareModels");
    await until("the comparison runs", () => falcon.comparison.state.isRunning);
    assert.equal(offered.length, 2);
    assert.equal(offered.filter(({ picked }) => picked).length, 1);
    assert.deepEqual(
      ways.map(({ label }) => label).filter((label) => /^(As|Context of 4,?096)/.test(label)),
      ["As the settings are now", "Context of 4096 tokens"],
    );
    const page = () => window.tabGroups.all.flatMap(({ tabs }) => tabs).find(({ label }) => label === "Compare Models");
    await until("its page is open", () => page() !== undefined);
    const places = () => {
      const { report } = falcon.comparison.state;
      return (report?.lines ?? 0) + (report?.blocks ?? 0);
    };
    await until("places were completed", () => places() >= 4 || !falcon.comparison.state.isRunning);
    falcon.comparison.stop();
    await until("it has ended", () => !falcon.comparison.state.isRunning);
    const { report, problem } = falcon.comparison.state;
    assert.equal(problem, undefined);
    assert.ok(report && places() >= 4, JSON.stringify(report));
    for (const { figures, problem: fault } of report.candidates) {
      assert.equal(fault, undefined);
      assert.ok((figures?.p50 ?? 0) > 0);
    }
    assert.match(report.recommendation ?? "", /show no difference|too few to tell|^Use /);
  });
});
