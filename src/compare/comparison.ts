// "Compare Models on This Repository": what is asked before, the run, and its page.

import { basename } from "node:path";
import { randomUUID } from "node:crypto";
import * as v from "valibot";
import { l10n, window, workspace, type Disposable } from "vscode";

import { gitPath, gitRefusal } from "../chat/context/git.ts";
import { describeSize } from "../models/modelWords.ts";
import { type ModelDependencies, useModel } from "../models/useModel.ts";
import { comparisonStrings } from "../pages/comparisonStrings.ts";
import { PagePanel, type PanelDependencies } from "../pages/pagePanel.ts";
import { problemOf, UserError } from "../problems.ts";
import type { ModelsClient } from "../server/modelsClient.ts";
import {
  type Candidate,
  compareRequest,
  type ComparisonMessage,
  type ComparisonParams,
  comparisonProgress,
  type ComparisonState,
} from "../shared/comparison.ts";
import { chooseSeveral, showList } from "../surfaces.ts";

export interface ComparisonDependencies extends PanelDependencies, ModelDependencies {
  readonly models: Pick<ModelsClient, "stored">;
  readonly demonstrationModel: string;
}

const messages: v.GenericSchema<unknown, ComparisonMessage> = v.variant("type", [
  v.strictObject({ type: v.literal("stop") }),
  v.strictObject({ type: v.literal("again") }),
  v.strictObject({ type: v.literal("use"), candidate: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
]);

type Asked = Omit<ComparisonParams, "partialResultToken">;
type Way = Omit<Candidate, "path">;

export class Comparison implements Disposable {
  readonly #dependencies: ComparisonDependencies;
  readonly #panel: PagePanel<ComparisonState, ComparisonMessage>;
  #asked: Asked | undefined;
  #state: ComparisonState = { folder: "", isRunning: false };
  #stop = new AbortController();

  constructor(dependencies: ComparisonDependencies) {
    this.#dependencies = dependencies;
    this.#panel = new PagePanel(dependencies, {
      name: "comparison",
      title: l10n.t("Compare Models"),
      strings: comparisonStrings(l10n),
      state: () => this.#state,
      messages,
      receive: (message) => this.#receive(message),
    });
  }

  get state(): ComparisonState {
    return this.#state;
  }

  /** Shows the one that runs, or asks what to compare and begins. */
  async open(): Promise<void> {
    if (!this.#state.isRunning) {
      const asked = await ask(this.#dependencies);
      if (!asked) return;
      void this.run(asked);
    }
    this.#panel.show();
  }

  /** Resolves when it has ended, which the page shows, too. */
  async run(asked: Asked): Promise<void> {
    this.#asked = asked;
    this.#stop = new AbortController();
    const folder = basename(asked.folder);
    this.#set({ folder, isRunning: true });
    const params = { ...asked, partialResultToken: randomUUID() };
    try {
      const report = await this.#dependencies.server.stream(
        compareRequest,
        comparisonProgress,
        params,
        (report) => this.#set({ folder, isRunning: true, report }),
        this.#stop.signal,
      );
      this.#set({ folder, isRunning: false, report });
    } catch (error) {
      const { report } = this.#state;
      // A server that ended has told what was measured before.
      const problem = problemOf(error)?.message ?? (error instanceof Error ? error.message : String(error));
      this.#set({ folder, isRunning: false, problem, ...(report && { report }) });
    }
  }

  /** What was measured until then is kept. */
  stop(): void {
    this.#stop.abort();
  }

  dispose(): void {
    this.stop();
    this.#panel.dispose();
  }

  #set(state: ComparisonState): void {
    this.#state = state;
    void this.#panel.update();
  }

  async #receive(message: ComparisonMessage): Promise<void> {
    switch (message.type) {
      case "stop":
        this.stop();
        return;
      case "again":
        return this.open();
      case "use": {
        const candidate = this.#asked?.candidates[message.candidate];
        const { demonstrationModel, settings } = this.#dependencies;
        if (candidate) {
          const { path } = candidate;
          if (candidate.settings) await settings.saveCandidate(candidate.settings);
          await useModel(path === demonstrationModel ? "" : path, ["completion"], this.#dependencies);
        }
      }
    }
  }
}

async function ask(dependencies: ComparisonDependencies): Promise<Asked | undefined> {
  const git = await gitPath();
  if (git === undefined) throw await gitRefusal();
  const folder = await chooseFolder();
  const models = folder === undefined ? undefined : await chooseModels(dependencies);
  const ways = models && (await chooseSettings());
  const candidates = ways && models.flatMap((path) => ways.map((way) => ({ path, ...way })));
  const minutes = candidates && (await chooseMinutes());
  return folder !== undefined && candidates && minutes !== undefined ? { folder, git, candidates, minutes } : undefined;
}

async function chooseFolder(): Promise<string | undefined> {
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  if (folders.length === 0) {
    throw new UserError(
      l10n.t("Models are compared on the history of a folder. Open one that is in a Git repository."),
    );
  }
  if (folders.length === 1) return folders[0]?.uri.fsPath;
  return (await window.showWorkspaceFolderPick())?.uri.fsPath;
}

async function chooseModels({ models, settings, demonstrationModel }: ComparisonDependencies) {
  const inUse = settings.server.inlineCompletion.model || settings.server.model.path;
  const stored = (await models.stored()).map(({ path, name, quantization, size }) => ({
    path,
    label: name,
    description: [quantization, describeSize(size, l10n)].join(" · "),
    detail: path,
    isChosen: path === inUse,
  }));
  const demonstration = {
    path: demonstrationModel,
    label: l10n.t("Demonstration model"),
    description: "",
    isChosen: inUse === demonstrationModel,
  };
  const known = [...stored, demonstration];
  const other = { path: inUse, label: basename(inUse), description: l10n.t("in use"), isChosen: true };
  const chosen = await chooseSeveral(
    l10n.t("Compare Models on This Repository"),
    l10n.t("Choose models on this machine; one is enough to compare settings"),
    known.some(({ path }) => path === inUse) ? known : [other, ...known],
  );
  return chosen && chosen.length > 0 ? chosen.map(({ path }) => path) : undefined;
}

/** Ways in which each of the models is asked. */
async function chooseSettings(): Promise<readonly Way[] | undefined> {
  const ways: readonly Required<Way>[] = [
    ...[1024, 2048, 4096, 8192].map((contextSize) => ({
      label: l10n.t("Context of {0} tokens", contextSize),
      settings: { contextSize },
    })),
    ...[0, 2, 4].map((snippets) => ({ label: l10n.t("Pieces of other files: {0}", snippets), settings: { snippets } })),
    { label: l10n.t("Text before the cursor first"), settings: { infill: "prefixFirst" } },
    { label: l10n.t("Text after the cursor first"), settings: { infill: "suffixFirst" } },
    { label: l10n.t("Without the text after the cursor"), settings: { infill: "none" } },
  ];
  const asNow = { way: {}, label: l10n.t("As the settings are now"), isChosen: true };
  const chosen = await chooseSeveral(
    l10n.t("Compare Models on This Repository"),
    l10n.t("Choose how each model is asked"),
    [asNow, ...ways.map((way) => ({ way, label: way.label, isChosen: false }))],
  );
  return chosen && chosen.length > 0 ? chosen.map(({ way }) => way) : undefined;
}

async function chooseMinutes(): Promise<number | undefined> {
  const chosen = await showList({
    title: l10n.t("Compare Models on This Repository"),
    placeholder: l10n.t("Choose how long it may take; you can work on meanwhile, and stop it at any time"),
    items: () => [
      { minutes: 1, label: l10n.t("1 minute") },
      { minutes: 5, label: l10n.t("{0} minutes", 5) },
      { minutes: 15, label: l10n.t("{0} minutes", 15) },
    ],
  });
  return chosen?.minutes;
}
