// The only reader and writer of the user's configuration. Bounds and defaults are those that package.json declares.

import { ConfigurationTarget, Disposable, EventEmitter, workspace, type ConfigurationScope, type Event } from "vscode";

import manifest from "../package.json" with { type: "json" };
import { planGlobalToggle, planLanguageToggle, type SwitchEdit } from "./completionSwitch.ts";
import { settingNumber } from "./settingNumber.ts";
import type { ServerSettings } from "./shared/protocol.ts";

const { properties } = manifest.contributes.configuration;
const completionSwitch = "falcon.inlineCompletion.enabled";
const modelPath = "falcon.model.path";

type NumberKey = {
  [Key in keyof typeof properties]: (typeof properties)[Key] extends { minimum: number } ? Key : never;
}[keyof typeof properties];

export class Settings implements Disposable {
  #server = readServerSettings();
  readonly #changeServer = new EventEmitter<ServerSettings>();
  readonly #changeCompletions = new EventEmitter<void>();
  readonly #listener = workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration(completionSwitch)) this.#changeCompletions.fire();
    if (["model", "inlineCompletion", "chat"].some((part) => change.affectsConfiguration(`falcon.${part}`))) {
      this.#refreshServerSettings();
    }
  });

  /** Fires when what the server needs to know has changed. */
  readonly onDidChangeServerSettings: Event<ServerSettings> = this.#changeServer.event;
  /** Fires when completions were switched on or off, for any language. */
  readonly onDidChangeCompletions: Event<void> = this.#changeCompletions.event;

  get server(): ServerSettings {
    return this.#server;
  }

  completionsEnabled(scope?: ConfigurationScope): boolean {
    return workspace.getConfiguration(undefined, scope).get<unknown>(completionSwitch) !== false;
  }

  async toggleCompletions(): Promise<void> {
    await writeSwitch(undefined, planGlobalToggle(inspectSwitch()));
  }

  async toggleCompletionsFor(languageId: string): Promise<void> {
    await writeSwitch({ languageId }, planLanguageToggle(inspectSwitch({ languageId })));
  }

  async saveModelPath(path: string): Promise<void> {
    await workspace.getConfiguration().update(modelPath, path, true);
  }

  dispose(): void {
    Disposable.from(this.#listener, this.#changeServer, this.#changeCompletions).dispose();
  }

  #refreshServerSettings(): void {
    const settings = readServerSettings();
    if (JSON.stringify(settings) === JSON.stringify(this.#server)) return;
    this.#server = settings;
    this.#changeServer.fire(settings);
  }
}

function readServerSettings(): ServerSettings {
  const { enum: backends, default: backend } = properties["falcon.model.gpu"];
  const path = readSetting(modelPath);
  const gpu = readSetting("falcon.model.gpu");
  return {
    model: {
      path: typeof path === "string" ? path.trim() : "",
      contextSize: readNumber("falcon.model.contextSize"),
      gpu: (backends.find((name) => name === gpu) ?? backend) as ServerSettings["model"]["gpu"],
      threads: readNumber("falcon.model.threads"),
    },
    inlineCompletion: {
      debounce: readNumber("falcon.inlineCompletion.debounce"),
      maxTokens: readNumber("falcon.inlineCompletion.maxTokens"),
    },
    chat: {
      maxTokens: readNumber("falcon.chat.maxTokens"),
      temperature: readNumber("falcon.chat.temperature"),
    },
  };
}

function readSetting(key: keyof typeof properties): unknown {
  return workspace.getConfiguration().get(key);
}

function readNumber(key: NumberKey): number {
  return settingNumber(readSetting(key), properties[key]);
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
