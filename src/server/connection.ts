// One connection to one language server process, set up so that it neither shows messages nor restarts by itself.

import { once } from "node:events";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { l10n, type LogOutputChannel } from "vscode";
import { CloseAction, ErrorAction, LanguageClient, State, TransportKind } from "vscode-languageclient/node";
import type { Middleware } from "vscode-languageclient/node";

import { documentSync, everyDocument } from "./documentSync.ts";
import type { InitializationOptions } from "../shared/serverSettings.ts";

export interface ConnectionOptions {
  /** Absolute path of the server's bundle. */
  readonly module: string;
  readonly log: LogOutputChannel;
  readonly middleware: Middleware;
  /** Adds what else listens to a server, before it is started. */
  readonly listen: (client: LanguageClient) => void;
}

/** `onClosed` is called as soon as the connection is lost, some time before the client's state is `Stopped`. */
export function createLanguageClient(
  options: ConnectionOptions,
  given: Omit<InitializationOptions, "messages">,
  onClosed: () => void,
): QuietLanguageClient {
  const { module, log, middleware } = options;
  const initializationOptions: InitializationOptions = { ...given, ...(l10n.bundle && { messages: l10n.bundle }) };
  return new QuietLanguageClient(
    "falcon",
    "Falcon",
    { module, transport: TransportKind.ipc, options: { cwd: dirname(module) } },
    {
      documentSelector: everyDocument,
      outputChannel: log,
      initializationOptions,
      initializationFailedHandler: () => false,
      middleware: { ...documentSync, ...middleware },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: async () => {
          onClosed();
          // Answered at once, the library would lose the promise of a start that fails, and `start` would resolve.
          await pause(0);
          return { action: CloseAction.DoNotRestart, handled: true, message: "The language server ended." };
        },
      },
    },
  );
}

export class QuietLanguageClient extends LanguageClient {
  #stopping: Promise<void> | undefined;

  /** The library shows a message for each failed request and start; here they are only logged. */
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  /** Ends the server in whatever state it is, and resolves when its process is gone. Never rejects. */
  override stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const process = this.serverProcess;
    try {
      if (this.state === State.Running) await super.stop();
      else process?.kill();
    } catch (error) {
      this.error("The language server did not stop when asked to.", error);
    }
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    await Promise.race([once(process, "exit"), pause(1000)]);
    process.kill("SIGKILL");
  }
}
