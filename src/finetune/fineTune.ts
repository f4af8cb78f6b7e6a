// “Fine-Tune on This Workspace”: says what is read, trains in a terminal or leaves a folder for another machine, and puts the
// adapter that comes of it to use, measured on what was held out.

import { existsSync, readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";

import { l10n, Uri, window, workspace } from "vscode";

import { showProblem } from "../problems.ts";
import type { ServerClient } from "../server/client.ts";
import type { Settings } from "../settings.ts";
import {
  convertAdapterRequest,
  describeFineTuningRequest,
  measureKeptRequest,
  prepareFineTuningRequest,
  type FineTuningData,
  type KeptText,
} from "../shared/finetuning.ts";
import { askButton, askChoice, runProgram, showErrorMessage, showProgress } from "../surfaces.ts";
import { modelOf } from "../models/roleSettings.ts";
import type { PagePanel } from "../pages/pagePanel.ts";
import { choosePath } from "../models/useModel.ts";
import { findPython } from "./findPython.ts";
import { deleteData, keepHeldOut, readHeldOut } from "./keptData.ts";
import { endProgress, forgetProgress } from "./readProgress.ts";
import { replaceAdapter } from "./replaceAdapter.ts";
import { workspaceFolder } from "./workspaceFolder.ts";

export interface FineTuneDependencies {
  readonly server: ServerClient;
  readonly settings: Settings;
  /** Where the data, the libraries and the adapters are kept. */
  readonly fineTuningFolder: string;
  /** Draws how a training goes. */
  readonly training: Pick<PagePanel<unknown>, "show">;
}

export async function fineTune(dependencies: FineTuneDependencies): Promise<void> {
  const { server, settings } = dependencies;
  const folders = workspace.workspaceFolders ?? [];
  if (!workspace.isTrusted || folders.length === 0) {
    await showErrorMessage(l10n.t("Fine-tuning reads the files of a folder that you trust. Open one, and trust it."));
    return;
  }
  const elsewhere = settings.serverOf("completion");
  if (elsewhere !== undefined) {
    await showErrorMessage(
      l10n.t(
        "Ghost text runs on the server {0}. Only a model on this machine can be fine-tuned: choose one.",
        elsewhere,
      ),
    );
    return;
  }
  if (modelOf(settings.roles, "completion") === "") {
    const message = l10n.t("The demonstration model cannot be fine-tuned. Choose a real Falcon, then try again.");
    await showProblem({ message, action: "selectModel" });
    return;
  }
  const uris = folders.map(({ uri }) => uri.toString());
  const folder = workspaceFolder(dependencies.fineTuningFolder, uris);
  const data = await showProgress(l10n.t("Reading the workspace"), (_, signal) =>
    server.ask(describeFineTuningRequest, undefined, signal),
  );
  await chooseWhere(data, folder, dependencies);
}

async function chooseWhere(data: FineTuningData, folder: string, dependencies: FineTuneDependencies): Promise<void> {
  const here = l10n.t("Train Here");
  const elsewhere = l10n.t("Write a Folder…");
  const use = l10n.t("Use a Trained Adapter…");
  const show = l10n.t("Show Files");
  const { training, heldOut } = data;
  const chosen = await askChoice(
    l10n.t(
      "A model learns from {0} files of this workspace ({1} tokens), and is measured on {2} others.",
      ...[training.files.length, training.tokens, heldOut.files.length],
    ),
    l10n.t(
      "Nothing leaves this machine but the download of the libraries, which is asked for. Two steps are tried first, and the terminal tells what time and memory the run takes. A folder with the data and the scripts is for a machine with a GPU.",
    ),
    ...[here, elsewhere, use, show],
  );
  if (chosen === here) await trainHere(folder, dependencies);
  if (chosen === elsewhere) await writeFolder(folder, dependencies);
  if (chosen === use) await useTrained(folder, dependencies);
  if (chosen === show) {
    const content = [...training.files, "", l10n.t("Held out:"), ...heldOut.files].join("\n");
    await window.showTextDocument(await workspace.openTextDocument({ content }));
    await chooseWhere(data, folder, dependencies);
  }
}

async function writeFolder(folder: string, { server }: FineTuneDependencies): Promise<void> {
  const chosen = await choosePath({
    folder: homedir(),
    title: l10n.t("Where the Folder Is Written"),
    label: l10n.t("Write It Here"),
  });
  if (chosen === undefined) return;
  const target = join(chosen, `falcon-finetune-${basename(folder)}`);
  await writeData(target, folder, server);
  const readme = Uri.file(join(target, "README.md"));
  await window.showTextDocument(readme);
}

/**
 * Writes the data with the scripts that train on it.
 * @param folder where it is remembered what is held out
 */
async function writeData(target: string, folder: string, server: ServerClient): Promise<void> {
  const { heldOut } = await showProgress(l10n.t("Reading the workspace"), (_, signal) =>
    server.ask(prepareFineTuningRequest, { folder: target }, signal),
  );
  await keepHeldOut(folder, heldOut.files);
}

async function trainHere(folder: string, dependencies: FineTuneDependencies): Promise<void> {
  const base = await findBase(modelOf(dependencies.settings.roles, "completion"));
  if (base === undefined) return;
  // Python runs there, where nobody else's modules are.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const python = await findPython(folder);
  if (!python) {
    await showErrorMessage(
      l10n.t(
        "There is no Python of version 3.10 or later here. Install one from python.org, and run the command again.",
      ),
    );
    return;
  }
  const { program, args } = python;
  const environment = join(dependencies.fineTuningFolder, ".environment");
  const words = [...args, "-I", join(folder, "run.py"), "--base", base, "--environment", environment];
  await forgetProgress(folder);
  const code = await writeData(folder, folder, dependencies.server)
    .then(() => {
      dependencies.training.show();
      return runProgram(l10n.t("Falcon: Fine-Tuning"), { program, args: words, cwd: folder });
    })
    .finally(() => Promise.all([deleteData(folder), endProgress(folder)]));
  const adapter = join(folder, "out/best");
  if (code !== 0 || !existsSync(adapter)) return;
  await useAdapter({ folder: adapter, base }, folder, dependencies);
}

/** An adapter that comes back from another machine. */
async function useTrained(folder: string, dependencies: FineTuneDependencies): Promise<void> {
  const adapter = await choosePath({
    folder: homedir(),
    title: l10n.t("The Folder with adapter_config.json"),
    label: l10n.t("Use This Adapter"),
  });
  const base = adapter === undefined ? undefined : await findBase(modelOf(dependencies.settings.roles, "completion"));
  if (adapter === undefined || base === undefined) return;
  await useAdapter({ folder: adapter, base }, folder, dependencies);
}

/** The folder of the original weights: that of the model file where they lie there, else one that the user chooses. */
async function findBase(model: string): Promise<string | undefined> {
  if (hasOriginalWeights(dirname(model))) return dirname(model);
  const choose = l10n.t("Choose the Folder…");
  const chosen = await askChoice(
    l10n.t("Training takes the model's original weights, as Hugging Face has them."),
    l10n.t(
      "They are config.json, tokenizer.json and *.safetensors of the model's repository, such as tiiuae/Falcon-H1-Tiny-Coder-90M. Download them there into one folder.",
    ),
    choose,
  );
  if (chosen !== choose) return undefined;
  return choosePath({
    folder: dirname(model),
    title: l10n.t("Original Weights"),
    label: l10n.t("Train on These"),
  });
}

function hasOriginalWeights(folder: string): boolean {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.includes("config.json") && names.some((name) => name.endsWith(".safetensors"));
}

/** Converts an adapter, which then takes the place of an earlier one of this workspace, and says what it is worth. */
async function useAdapter(
  trained: { readonly folder: string; readonly base: string },
  folder: string,
  { server, settings }: FineTuneDependencies,
): Promise<void> {
  const model = modelOf(settings.roles, "completion");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${basename(folder)}-${new Date().toISOString().replaceAll(/[^0-9]/g, "")}.gguf`);
  const { before, after, switchOff } = await showProgress(l10n.t("Measuring the adapter"), async (_, signal) => {
    await server.ask(convertAdapterRequest, { ...trained, file: path }, signal);
    const list = settings.adapters[model] ?? [];
    const heldOut = await readHeldOut(folder);
    return replaceAdapter(path, { list, save: (adapters) => settings.saveAdapters(model, adapters) }, () =>
      server.ask(measureKeptRequest, { ...(heldOut && { heldOut }) }, signal),
    );
  });
  const result = l10n.t(
    "Of {0} held-out lines the model kept {1} % of the characters before, and keeps {2} % with the adapter.",
    ...[after.places, percent(before), percent(after)],
  );
  const isWorse = after.characters < before.characters;
  const off = l10n.t("Switch Off");
  const words = isWorse ? `${result} ${l10n.t("It is worse: switch it off.")}` : result;
  if ((await askButton(words, off)) === off) await switchOff();
}

function percent({ characters }: KeptText): string {
  return (100 * characters).toFixed(1);
}
