// The product under measurement: the built language server as the extension starts it when the user has set nothing.

import fs from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import process from "node:process";

import manifest from "../package.json" with { type: "json" };
import { steps } from "../server/completion/ablation.ts";
import type { InfillOrder, ServerSettings } from "../src/shared/serverSettings.ts";
import type { ModelInfo } from "../src/shared/status.ts";
import { LspClient } from "../test/support/lspClient.ts";
import { descendantsOf } from "../test/support/processes.ts";
import { processorSeconds } from "./machine.ts";

export const exported = path.join(homedir(), ".cache/falcon-training/export");
const shipped = path.join(import.meta.dirname, "../media/models/falcon-tiny-demo.gguf");
/** The model that comes with the extension, or the one that the training has just made. */
export const bundledModel = fs.existsSync(shipped) ? shipped : path.join(exported, "falcon-tiny-demo-Q8_0.gguf");

export interface Product {
  readonly client: LspClient;
  readonly settings: ServerSettings;
  readonly model: ModelInfo;
  /** Of all processors, in the server, the service and the model process so far; NaN elsewhere than on Linux. */
  readonly cpuSeconds: () => number;
}

export interface ProductOptions {
  readonly model: string;
  /** Folders of the workspace, as URIs. */
  readonly folders: readonly string[];
  /** Names of the steps of ghost text that it leaves out, with commas. */
  readonly without: string;
  /** Tokens of a prompt in a second that its prompts are made for, with no limits of time; what it measures unless given. */
  readonly promptRate?: string | undefined;
  /** On the CPU; as many as the product chooses unless given. */
  readonly threads?: number;
  /** The order of the prompt's parts; the one that the model was trained in unless given. */
  readonly infill?: string;
}

/** Starts it, and waits until its model is loaded. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const { model, folders, without, promptRate } = options;
  if (!fs.existsSync(model)) throw new Error(`There is no ${model}: training/README.md says how it is made.`);
  leaveOut(without);
  setPromptRate(promptRate);
  const settings = defaultSettings(options);
  const client = await LspClient.start(settings, undefined, folders);
  const status = await client.statusWhere(({ state }) => state === "ready" || state === "failed");
  if (status.state !== "ready") {
    await client.stop();
    throw new Error(status.state === "failed" ? status.problem.message : status.state);
  }
  const pids = [client.child.pid ?? 0, ...descendantsOf(client.child.pid)];
  return {
    client,
    settings,
    model: status.model,
    cpuSeconds: () => pids.reduce((sum, pid) => sum + (processorSeconds(pid) ?? NaN), 0),
  };
}

/** The server takes them from its environment. */
function leaveOut(names: string): void {
  const unknown = names.split(",").find((name) => name !== "" && !(steps as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`There is no step ${unknown}: ${steps.join(", ")} can be left out.`);
  process.env["FALCON_WITHOUT"] = names;
}

function setPromptRate(rate: string | undefined): void {
  if (rate === undefined) return;
  if (!(Number(rate) > 0)) throw new Error(`--prompt-rate ${rate}: tokens in a second, such as 4096.`);
  process.env["FALCON_PROMPT_RATE"] = rate;
}

/** What the extension sends when the user has set nothing. No contexts are saved: each case is asked once. */
function defaultSettings({ model, threads, infill = "auto" }: ProductOptions): ServerSettings {
  const { properties } = manifest.contributes.configuration;
  const { enum: orders } = properties["falcon.inlineCompletion.infill"];
  if (!orders.includes(infill)) throw new Error(`--infill ${infill}: it is one of ${orders.join(", ")}.`);
  return {
    model: {
      path: path.resolve(model),
      contextSize: properties["falcon.model.contextSize"].default,
      gpu: properties["falcon.model.gpu"].default as ServerSettings["model"]["gpu"],
      threads: threads ?? properties["falcon.model.threads"].default,
      shared: properties["falcon.model.shared"].default,
    },
    inlineCompletion: {
      debounce: properties["falcon.inlineCompletion.debounce"].default,
      maxTokens: properties["falcon.inlineCompletion.maxTokens"].default,
      timeLimit: properties["falcon.inlineCompletion.timeLimit"].default,
      infill: infill as InfillOrder,
    },
    chat: {
      maxTokens: properties["falcon.chat.maxTokens"].default,
      temperature: properties["falcon.chat.temperature"].default,
    },
    excludedFiles: properties["falcon.excludedFiles"].default,
  };
}
