// “Evaluate Model”: from the command through its lists to a result, paused and continued on the way.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { after, before, describe, it } from "mocha";
import {
  ConfigurationTarget,
  EventEmitter,
  Uri,
  commands,
  extensions,
  window,
  workspace,
  type CancellationToken,
  type Progress,
} from "vscode";

import type { TestApi } from "../../src/extension.ts";
import { extensionId, readyFalcon, until } from "./falcon.ts";

interface Report {
  readonly message: string;
}

describe("evaluating a model", () => {
  const { createQuickPick, showErrorMessage, showInformationMessage, showOpenDialog, withProgress } = window;
  const temporary = mkdtempSync(path.join(tmpdir(), "falcon-evaluation-"));
  const folder = path.join(temporary, "tests");
  const count = 400;
  let falcon: TestApi;
  let original: string;
  let model: string;
  let answers: RegExp[] = [];
  let reports: string[] = [];
  let messages: string[] = [];
  /** Presses Cancel at a report. */
  let pauseAt = /^$/;

  before(async () => {
    falcon = await readyFalcon();
    original = falcon.settings.server.model.path;
    mkdirSync(folder);
    const fixtures = path.join(extensions.getExtension(extensionId)?.extensionPath ?? "", "test/fixtures");
    model = path.join(fixtures, "parity/falcon7b.gguf");
    await useModel(model);
    // So many questions that it takes a busy machine seconds to answer those that are left when Cancel is pressed.
    const questions = readFileSync(path.join(fixtures, "evaluation/truthfulqa_mc2/validation.jsonl"), "utf8");
    writeFileSync(path.join(folder, "validation.jsonl"), questions.repeat(count / 5));
    // What VS Code shows is seen and answered: each list with the row that is wanted of it, once it offers that.
    Object.assign(window, {
      createQuickPick: () => {
        const list = createQuickPick();
        const show = list.show.bind(list);
        list.show = () => {
          const wanted = answers.shift();
          assert.ok(wanted, `a list is expected: ${list.placeholder}`);
          show();
          void (async () => {
            const rows = () =>
              list.items.filter(({ label, description = "" }) => wanted.test(`${label} ${description}`));
            await until(`a list offers ${wanted}`, () => rows().length > 0);
            list.activeItems = rows().slice(0, 1);
            // Which row it is goes to VS Code before the key that takes it.
            show();
            await commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
          })();
        };
        return list;
      },
      showOpenDialog: () => Promise.resolve([Uri.file(folder)]),
      showInformationMessage: (message: string, ...buttons: string[]) => {
        messages.push(message);
        return Promise.resolve(buttons[0]);
      },
      showErrorMessage: (message: string) => {
        messages.push(message);
        return Promise.resolve(undefined);
      },
      withProgress: (
        options: Parameters<typeof withProgress>[0],
        task: (progress: Progress<Report>, token: CancellationToken) => Thenable<unknown>,
      ) =>
        withProgress(options, (progress) => {
          const cancelled = new EventEmitter<unknown>();
          const token = { isCancellationRequested: false, onCancellationRequested: cancelled.event };
          const report = (shown: Report) => {
            reports.push(shown.message);
            progress.report(shown);
            if (pauseAt.test(shown.message)) cancelled.fire(undefined);
          };
          return task({ report }, token);
        }),
    });
  });

  after(async () => {
    Object.assign(window, { createQuickPick, showErrorMessage, showInformationMessage, showOpenDialog, withProgress });
    for (const run of await falcon.evaluationRuns.list()) await falcon.evaluationRuns.delete(run);
    rmSync(falcon.evaluationRuns.answersFolder, { recursive: true, force: true });
    await commands.executeCommand("workbench.action.closeAllEditors");
    rmSync(temporary, { recursive: true });
    await useModel(original);
  });

  async function useModel(file: string) {
    await workspace.getConfiguration().update("falcon.model.path", file, ConfigurationTarget.Global);
    await until("the model counts", () => falcon.settings.server.model.path === file);
  }

  async function run(...wanted: readonly RegExp[]) {
    [answers, reports, messages] = [[...wanted], [], []];
    await commands.executeCommand("falcon.evaluateModel");
    assert.deepEqual(answers, [], "every list was shown");
  }

  it("pauses when it is cancelled, and keeps what was answered", async () => {
    pauseAt = /: [1-9]\d* of/;
    await run(/ in use$/, /^TruthfulQA/, /^All/);
    assert.match(messages[0] ?? "", /is paused/);
    const [paused, ...others] = await falcon.evaluationRuns.list();
    assert.ok(paused);
    assert.deepEqual(others, []);
    assert.deepEqual(paused.results, []);
    assert.ok((paused.stopped?.answered ?? 0) >= 1, JSON.stringify(paused.stopped));
    assert.equal(paused.stopped?.all, count);
  });

  it("goes on where it was, and shows the result in its page", async () => {
    pauseAt = /^$/;
    await run(/^Continue: .* TruthfulQA: [1-9]\d* of 400$/);
    const counts = reports.filter((report) => report.includes(" of 400"));
    assert.match(counts[0] ?? "", /^TruthfulQA: [1-9]/);
    assert.match(counts.at(-1) ?? "", /^TruthfulQA: 400 of 400/);
    assert.match(messages[0] ?? "", /was evaluated/);
    const [done, ...others] = await falcon.evaluationRuns.list();
    assert.deepEqual(others, []);
    assert.equal(done?.results.length, 1);
    assert.equal(done.model.path, model);
    assert.equal(done.results[0]?.questions, count);
    assert.ok(done.results[0].score > 0 && done.results[0].score < 1);
    await until("its page is there", () => falcon.evaluation.isShown);
    const state = await falcon.evaluation.state;
    assert.deepEqual(state.runs, [done]);
  });

  it("offers the results once none is left to go on with", async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
    await until("the page is closed", () => !falcon.evaluation.isShown);
    await run(/^Show results/);
    await until("the page is there again", () => falcon.evaluation.isShown);
  });
});
