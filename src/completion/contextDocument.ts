// The read-only document that says what went into the prompt of the last completion.

import { EventEmitter, Uri, ViewColumn, l10n, window, workspace, type Disposable } from "vscode";

import type { ServerClient } from "../server/client.ts";
import { describeContext } from "./contextView.ts";

export const contextScheme = "falcon-context";

export class ContextDocument implements Disposable {
  readonly #server: ServerClient;
  readonly #change = new EventEmitter<Uri>();
  readonly #registration: Disposable;

  constructor(server: ServerClient) {
    this.#server = server;
    this.#registration = workspace.registerTextDocumentContentProvider(contextScheme, {
      onDidChange: this.#change.event,
      provideTextDocumentContent: async () => describeContext(await this.#server.completionContext(), l10n),
    });
  }

  /** Opens it beside the editor, or brings it up to date where it is open. */
  async show(): Promise<void> {
    const uri = Uri.from({ scheme: contextScheme, path: `/${l10n.t("Completion Context")}.md` });
    this.#change.fire(uri);
    await window.showTextDocument(await workspace.openTextDocument(uri), {
      preview: true,
      viewColumn: ViewColumn.Beside,
    });
  }

  dispose(): void {
    this.#registration.dispose();
    this.#change.dispose();
  }
}
