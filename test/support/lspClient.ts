// Drives the built language server as any LSP client would: spawned as a process, over its IPC channel.

import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  CancellationToken,
  createProtocolConnection,
  type InlineCompletionItem,
  type InlineCompletionParams,
  InlineCompletionTriggerKind,
  IPCMessageReader,
  IPCMessageWriter,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type TextDocumentContentChangeEvent,
} from "vscode-languageserver-protocol/node";

import { useOwnServices } from "../../scripts/ownServices.ts";
import { secretFiles } from "../../src/shared/excludedFiles.ts";
import { modelRoles } from "../../src/shared/modelRoles.ts";
import { statusChanged } from "../../src/shared/methods.ts";
import type { InitializationOptions, ServerSettings } from "../../src/shared/serverSettings.ts";
import type { ServerStatus } from "../../src/shared/status.ts";

// Servers share their models unless they are told not to, and with nobody else than each other.
useOwnServices();

/** With a model process of its own, which tests measure and kill. */
export const quickSettings: ServerSettings = {
  model: { path: "", contextSize: 2048, gpu: "off", threads: 1, shared: false },
  inlineCompletion: { debounce: 0, maxTokens: 48, timeLimit: 60_000, suggestions: "eager" },
  chat: { maxTokens: 200, temperature: 0 },
  excludedFiles: secretFiles,
};

/**
 * Left out unless a test asks for them. What is written ahead would count beside what is asked for. How much of other documents stands in a prompt depends on how fast the machine is, and
 * a model of random weights writes something else after each.
 */
const leftOut = "prefetch,visited,imports,counterparts,index";

/** The built server. */
export const serverModule = fileURLToPath(new URL("../../dist/server.cjs", import.meta.url));

export interface SpawnOptions {
  /** The built server unless given. */
  readonly module?: string;
  readonly transport?: "ipc" | "stdio";
  /** What is set in its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Program and arguments that start it, over standard streams. */
  readonly under?: readonly string[];
}

/** Milliseconds to wait for a status. The machine may be busy: only what never comes takes so long. */
const patience = 180_000;

/** An inline completion as our server gives it: plain text, never a snippet. */
export type TextCompletion = InlineCompletionItem & { readonly insertText: string };

export class LspClient {
  readonly connection: ProtocolConnection;
  readonly child: ChildProcess;
  readonly statuses: ServerStatus[] = [];
  readonly logs: string[] = [];
  #waiting: { holds: (status: ServerStatus) => boolean; resolve: (status: ServerStatus) => void }[] = [];

  /** What the server wrote to its standard error. */
  errors = "";

  private constructor({ module = serverModule, transport = "ipc", env = {}, under = [] }: SpawnOptions) {
    const options = { env: { FALCON_WITHOUT: leftOut, ...process.env, ...env } };
    if (transport === "ipc") {
      this.child = fork(module, ["--node-ipc"], { ...options, stdio: ["ignore", "pipe", "pipe", "ipc"] });
      this.connection = createProtocolConnection(new IPCMessageReader(this.child), new IPCMessageWriter(this.child));
    } else {
      const [program, ...args] = [...under, process.execPath, module, "--stdio"] as const;
      const child = spawn(program, args, { ...options, stdio: "pipe" });
      this.child = child;
      const [reader, writer] = [new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin)];
      this.connection = createProtocolConnection(reader, writer);
    }
    this.child.stderr?.on("data", (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.connection.onNotification("window/logMessage", ({ message }: { message: string }) => {
      this.logs.push(message);
    });
    this.connection.onNotification(statusChanged, (status) => {
      this.statuses.push(status);
      this.#waiting = this.#waiting.filter(({ holds, resolve }) => {
        if (holds(status)) resolve(status);
        return !holds(status);
      });
    });
    this.connection.listen();
  }

  /** Starts a server to which nothing is said yet. */
  static spawn(options: SpawnOptions = {}): LspClient {
    return new LspClient(options);
  }

  /** `folders`: URIs of the workspace folders. `load`: whose models are loaded before anything is asked of them. */
  static async start(
    settings: ServerSettings = quickSettings,
    messages?: Record<string, string>,
    folders: readonly string[] = [],
    load = modelRoles,
  ): Promise<LspClient> {
    const client = LspClient.spawn();
    const initializationOptions = { settings, load, ...(messages && { messages }) } satisfies InitializationOptions;
    await client.connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
      workspaceFolders: folders.map((uri) => ({ uri, name: uri })),
      initializationOptions,
    });
    await client.connection.sendNotification("initialized", {});
    return client;
  }

  /** Starts a server with a model and waits until it is ready. */
  static async withModel(path: string, settings: ServerSettings = quickSettings): Promise<LspClient> {
    const client = await LspClient.start({ ...settings, model: { ...settings.model, path } });
    await client.statusWhere(({ state }) => state === "ready" || state === "failed");
    return client;
  }

  /** The first status from now on, the last one included, of which the condition holds. */
  async statusWhere(holds: (status: ServerStatus) => boolean): Promise<ServerStatus> {
    const last = this.statuses.at(-1);
    return last && holds(last) ? last : this.statusAfter(holds);
  }

  /** The next status of which the condition holds. */
  statusAfter(holds: (status: ServerStatus) => boolean): Promise<ServerStatus> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`waited in vain for a status; the last one is ${JSON.stringify(this.statuses.at(-1))}`));
      }, patience).unref();
      this.#waiting.push({
        holds,
        resolve: (status) => {
          clearTimeout(timer);
          resolve(status);
        },
      });
    });
  }

  async open(uri: string, text: string, languageId = "typescript"): Promise<void> {
    await this.connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId, version: 1, text },
    });
  }

  /** Changes an open document. */
  async change(uri: string, version: number, change: TextDocumentContentChangeEvent): Promise<void> {
    const textDocument = { uri, version };
    await this.connection.sendNotification("textDocument/didChange", { textDocument, contentChanges: [change] });
  }

  async complete(
    uri: string,
    line: number,
    character: number,
    context: Partial<InlineCompletionParams["context"]> = {},
    token = CancellationToken.None,
  ): Promise<TextCompletion[]> {
    const params: InlineCompletionParams = {
      textDocument: { uri },
      position: { line, character },
      context: { triggerKind: InlineCompletionTriggerKind.Automatic, ...context },
    };
    return this.connection.sendRequest("textDocument/inlineCompletion", params, token);
  }

  async stop(): Promise<void> {
    const gone = once(this.child, "exit");
    await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    await gone;
    this.connection.dispose();
  }
}
