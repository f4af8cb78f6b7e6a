// The only reader and writer of the user's configuration. Bounds and defaults are those that package.json declares.

import {
  ConfigurationTarget,
  Disposable,
  EventEmitter,
  workspace,
  type ConfigurationScope,
  type Event,
  type Uri,
} from "vscode";

import manifest from "../package.json" with { type: "json" };
import { afterRest } from "./afterRest.ts";
import { planGlobalToggle, planLanguageToggle, type SwitchEdit } from "./completion/completionSwitch.ts";
import type { RoleSettings } from "./models/roleSettings.ts";
import { readNetworkSettings } from "./networkSettings.ts";
import { realFile } from "./realFile.ts";
import { settingNumber } from "./settingNumber.ts";
import type { ModelRole } from "./shared/modelRoles.ts";
import type { ModelsSettings } from "./shared/downloads.ts";
import { matchExcludedFiles, secretFiles } from "./shared/excludedFiles.ts";
import type { CandidateSettings } from "./shared/comparison.ts";
import type {
  Adapter,
  ByLanguage,
  InfillOrder,
  RemoteServer,
  ServerSettings,
  Suggestions,
} from "./shared/serverSettings.ts";

const { properties } = manifest.contributes.configuration;
const completionSwitch = "falcon.inlineCompletion.enabled";
const modelPath = "falcon.model.path";
const adapters = "falcon.model.adapters";
const completionModel = "falcon.completion.model";
const chatModel = "falcon.chat.model";
const excludedFiles = "falcon.excludedFiles";

/** Milliseconds without a further change after which a change counts: each digit of a number is one. */
const rest = 1000;

type NumberKey = {
  [Key in keyof typeof properties]: (typeof properties)[Key] extends { minimum: number } ? Key : never;
}[keyof typeof properties];

type ChoiceKey = {
  [Key in keyof typeof properties]: (typeof properties)[Key] extends { enum: string[] } ? Key : never;
}[keyof typeof properties];

/** Absolute paths. */
export interface ExtensionPaths {
  /** The model that is used while the user has chosen none. */
  readonly demonstrationModel: string;
  /** Where the server may save contexts. */
  readonly contextsFolder: string;
  /** File in which it may remember what it measured. */
  readonly measurements: string;
  /** Where downloads go while the user has named no folder. */
  readonly modelsFolder: string;
  /** Where CUDA goes when it is downloaded. */
  readonly cudaFolder: string;
}

/** One of a model's adapters; while it is off it keeps its scale. */
export interface KeptAdapter extends Adapter {
  readonly off?: true;
}

type Adapters = Readonly<Record<string, readonly KeptAdapter[]>>;

export class Settings implements Disposable {
  readonly #paths: ExtensionPaths;
  #server: ServerSettings;
  #isExcluded: (uri: string) => boolean;
  readonly #refresh = afterRest(rest, () => this.#refreshServerSettings());
  readonly #changeServer = new EventEmitter<ServerSettings>();
  readonly #changeCompletions = new EventEmitter<void>();
  readonly #trustListener = workspace.onDidGrantWorkspaceTrust(() => this.#refresh.soon());
  readonly #listener = workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration("http")) this.#refresh.soon();
    if (!change.affectsConfiguration("falcon")) return;
    if (change.affectsConfiguration(excludedFiles)) this.#isExcluded = matchExcludedFiles(readExcludedFiles());
    if ([completionSwitch, excludedFiles].some((key) => change.affectsConfiguration(key)))
      this.#changeCompletions.fire();
    this.#refresh.soon();
  });

  /** Fires when what the server needs to know has changed and the user has come to rest. */
  readonly onDidChangeServerSettings: Event<ServerSettings> = this.#changeServer.event;
  /** Fires when completions were switched on or off, for any language or file. */
  readonly onDidChangeCompletions: Event<void> = this.#changeCompletions.event;

  constructor(paths: ExtensionPaths) {
    this.#paths = paths;
    this.#server = readServerSettings(paths);
    this.#isExcluded = matchExcludedFiles(readExcludedFiles());
  }

  get server(): ServerSettings {
    return this.#server;
  }

  /** The name of the server that the chat's model runs on; undefined where that is this machine. */
  get chatServer(): string | undefined {
    return this.serverOf("chat");
  }

  /** The name of the server that a role's model runs on; undefined where that is this machine. */
  serverOf(role: ModelRole): string | undefined {
    const { inlineCompletion, chat, backend } = this.#server;
    const name = (role === "chat" ? chat : inlineCompletion).backend || backend || "local";
    return name === "local" ? undefined : name;
  }

  completionsEnabled(scope?: ConfigurationScope): boolean {
    return workspace.getConfiguration(undefined, scope).get<unknown>(completionSwitch) !== false;
  }

  /** Whether the model may read the file only when the user says so: it is named by the setting, or a link leads to one that is. */
  isExcluded(uri: Uri): boolean {
    return this.#isExcluded(uri.toString()) || this.#isExcluded(realFile(uri).toString());
  }

  async toggleCompletions(): Promise<void> {
    await writeSwitch(undefined, planGlobalToggle(inspectSwitch()));
  }

  async toggleCompletionsFor(languageId: string): Promise<void> {
    await writeSwitch({ languageId }, planLanguageToggle(inspectSwitch({ languageId })));
  }

  /** Which model files the roles have. */
  get roles(): RoleSettings {
    return { both: readPath(modelPath), completion: readPath(completionModel), chat: readPath(chatModel) };
  }

  /** Counts at once. */
  async saveRoles(roles: RoleSettings): Promise<void> {
    const before = this.roles;
    const configuration = workspace.getConfiguration();
    for (const [key, role] of [
      [modelPath, "both"],
      [completionModel, "completion"],
      [chatModel, "chat"],
    ] as const) {
      if (roles[role] !== before[role]) await configuration.update(key, roles[role] || undefined, true);
    }
    this.#refresh.now();
  }

  /** The port of the local API; 0 is any that is free. */
  get localApiPort(): number {
    return readNumber("falcon.localApi.port");
  }

  /** The adapters of each model, by its path. */
  get adapters(): Adapters {
    return readAdapters();
  }

  /** Counts at once. */
  async saveAdapters(model: string, list: readonly KeptAdapter[]): Promise<void> {
    const others = Object.entries(readAdapters()).filter(([path]) => path !== model);
    const all = [...others, ...(list.length === 0 ? [] : [[model, list] as const])];
    const value = all.length === 0 ? undefined : Object.fromEntries(all);
    await workspace.getConfiguration().update(adapters, value, true);
    this.#refresh.now();
  }

  /** Where models are kept, as the user has named it. */
  async saveModelsFolder(folder: string): Promise<void> {
    await workspace.getConfiguration().update("falcon.models.folder", folder, true);
    this.#refresh.now();
  }

  /** What a comparison has found good. Counts at once. */
  async saveCandidate({ contextSize, infill, snippets }: CandidateSettings): Promise<void> {
    const configuration = workspace.getConfiguration();
    if (contextSize !== undefined) await configuration.update("falcon.model.contextSize", contextSize, true);
    if (infill !== undefined) await configuration.update("falcon.inlineCompletion.infill", infill, true);
    if (snippets !== undefined) await configuration.update("falcon.inlineCompletion.snippets", snippets, true);
    this.#refresh.now();
  }

  /** What the model runs on. Counts at once; undefined is what is set by default. */
  async saveGpu(gpu: ServerSettings["model"]["gpu"] | undefined): Promise<void> {
    await workspace.getConfiguration().update("falcon.model.gpu", gpu, true);
    this.#refresh.now();
  }

  dispose(): void {
    this.#refresh.cancel();
    Disposable.from(this.#listener, this.#changeServer, this.#changeCompletions).dispose();
  }

  #refreshServerSettings(): void {
    const settings = readServerSettings(this.#paths);
    if (JSON.stringify(settings) === JSON.stringify(this.#server)) return;
    this.#server = settings;
    this.#changeServer.fire(settings);
  }
}

function readServerSettings(paths: ExtensionPaths): ServerSettings {
  const { demonstrationModel, contextsFolder, measurements } = paths;
  const path = readPath(modelPath);
  const gpuLayers = readNumber("falcon.model.gpuLayers");
  const endpoint = readPath("falcon.openTelemetry.endpoint");
  const [forCompletion, forChat] = [readPath(completionModel), readPath(chatModel)];
  const [completionBackend, chatBackend] = [readPath("falcon.completion.backend"), readPath("falcon.chat.backend")];
  return {
    model: {
      path: path || demonstrationModel,
      contextSize: readNumber("falcon.model.contextSize"),
      gpu: readChoice("falcon.model.gpu") as ServerSettings["model"]["gpu"],
      ...(gpuLayers >= 0 && { gpuLayers }),
      kvCache: readChoice("falcon.model.kvCache") as NonNullable<ServerSettings["model"]["kvCache"]>,
      adapters: adaptersInUse(),
      threads: readNumber("falcon.model.threads"),
      shared: readSetting("falcon.model.shared") === true,
      idleUnloadMinutes: readNumber("falcon.model.idleUnloadMinutes"),
      measurements,
      promptCache: { folder: contextsFolder, keep: readSetting("falcon.model.keepContexts") === true },
    },
    inlineCompletion: {
      debounce: readNumber("falcon.inlineCompletion.debounce"),
      maxTokens: readNumber("falcon.inlineCompletion.maxTokens"),
      timeLimit: readNumber("falcon.inlineCompletion.timeLimit"),
      suggestions: readChoice("falcon.inlineCompletion.suggestions") as Suggestions,
      comments: readByLanguage("falcon.inlineCompletion.comments"),
      strings: readByLanguage("falcon.inlineCompletion.strings"),
      onBattery: readSetting("falcon.inlineCompletion.onBattery") === true,
      infill: readChoice("falcon.inlineCompletion.infill") as InfillOrder,
      snippets: readNumber("falcon.inlineCompletion.snippets"),
      ...(forCompletion !== "" && { model: forCompletion }),
      ...(completionBackend !== "" && { backend: completionBackend }),
    },
    chat: {
      maxTokens: readNumber("falcon.chat.maxTokens"),
      temperature: readNumber("falcon.chat.temperature"),
      ...(forChat !== "" && { model: forChat }),
      ...(chatBackend !== "" && { backend: chatBackend }),
    },
    ...readBackends(),
    excludedFiles: readExcludedFiles(),
    readWorkspace: workspace.isTrusted,
    models: readModelsSettings(paths),
    ...(endpoint !== "" && { openTelemetry: { endpoint } }),
    network: readNetworkSettings(),
  };
}

/** Where models run. The language server says what is wrong with a server. */
function readBackends(): Pick<ServerSettings, "backend" | "servers"> {
  const servers = readServers();
  return { backend: readPath("falcon.backend") || "local", ...(servers.length > 0 && { servers }) };
}

/** What has no name is left out. */
function readServers(): readonly RemoteServer[] {
  const given = readSetting("falcon.servers");
  const isServer = (each: unknown): each is RemoteServer =>
    typeof each === "object" && each !== null && "name" in each && typeof each.name === "string";
  return Array.isArray(given) ? (given as unknown[]).filter(isServer) : [];
}

function readModelsSettings({ modelsFolder, cudaFolder }: ExtensionPaths): ModelsSettings {
  const folder = readPath("falcon.models.folder");
  const hub = readPath("falcon.models.hub");
  const registry = readPath("falcon.models.registry");
  return {
    ...(folder === "" ? { folder: modelsFolder, createFolder: true } : { folder }),
    ...(hub !== "" && { hub }),
    cudaFolder,
    ...(registry !== "" && { registry }),
  };
}

/** What is no adapter is left out. */
function readAdapters(): Adapters {
  const given = readSetting(adapters);
  if (typeof given !== "object" || given === null) return {};
  const isAdapter = (each: unknown): each is Adapter & { readonly off?: unknown } =>
    typeof each === "object" && each !== null && "path" in each && typeof each.path === "string";
  return Object.fromEntries(
    Object.entries(given).map(([model, list]: [string, unknown]) => [
      model,
      (Array.isArray(list) ? list : []).filter(isAdapter).map(({ path, scale, off }) => ({
        path,
        scale: typeof scale === "number" && Number.isFinite(scale) ? scale : 1,
        ...(off === true && { off }),
      })),
    ]),
  );
}

function adaptersInUse(): Readonly<Record<string, readonly Adapter[]>> {
  const inUse = (list: readonly KeptAdapter[]) =>
    list.filter(({ off }) => !off).map(({ path, scale }) => ({ path, scale }));
  return Object.fromEntries(Object.entries(readAdapters()).map(([model, list]) => [model, inUse(list)]));
}

function readSetting(key: keyof typeof properties): unknown {
  return workspace.getConfiguration().get(key);
}

type TextKey =
  | typeof modelPath
  | typeof completionModel
  | typeof chatModel
  | "falcon.backend"
  | "falcon.completion.backend"
  | "falcon.chat.backend"
  | "falcon.models.folder"
  | "falcon.models.hub"
  | "falcon.models.registry"
  | "falcon.openTelemetry.endpoint";

function readPath(key: TextKey): string {
  const path = readSetting(key);
  return typeof path === "string" ? path.trim() : "";
}

/** A workspace adds to the user's list and takes nothing from it: its settings file may be anybody's. What is no glob is left out. */
function readExcludedFiles(): readonly string[] {
  const { globalValue, workspaceValue, workspaceFolderValue } =
    workspace.getConfiguration().inspect<unknown>(excludedFiles) ?? {};
  const lists: unknown[][] = [globalValue, workspaceValue, workspaceFolderValue].filter((value) =>
    Array.isArray(value),
  );
  const users = Array.isArray(globalValue) ? [] : secretFiles;
  return [...users, ...lists.flat()].filter((glob) => typeof glob === "string" && glob !== "") as string[];
}

function readNumber(key: NumberKey): number {
  return settingNumber(readSetting(key), properties[key]);
}

/** What the settings file holds if it is one of those declared, else the default. */
function readChoice(key: ChoiceKey): string {
  const value = readSetting(key);
  const { enum: choices, default: standard } = properties[key];
  return choices.find((choice) => choice === value) ?? standard;
}

/** A switch for all languages, and for those that the user names. */
function readByLanguage(key: keyof typeof properties): ByLanguage {
  const languageIds = workspace.getConfiguration().inspect(key)?.languageIds ?? [];
  const isOn = (scope?: ConfigurationScope) => workspace.getConfiguration(undefined, scope).get<unknown>(key) !== false;
  return { "*": isOn(), ...Object.fromEntries(languageIds.map((languageId) => [languageId, isOn({ languageId })])) };
}

function inspectSwitch(scope?: ConfigurationScope) {
  return workspace.getConfiguration(undefined, scope).inspect<boolean>(completionSwitch) ?? {};
}

async function writeSwitch(scope: ConfigurationScope | undefined, edit: SwitchEdit): Promise<void> {
  const target = {
    global: ConfigurationTarget.Global,
    workspace: ConfigurationTarget.Workspace,
    workspaceFolder: ConfigurationTarget.WorkspaceFolder,
  }[edit.target];
  await workspace.getConfiguration(undefined, scope).update(completionSwitch, edit.value, target, scope !== undefined);
}
