// A page in a panel of its own among the editors: one panel, which shows a state and is told of its changes.

import { randomBytes } from "node:crypto";

import * as v from "valibot";
import {
  Uri,
  ViewColumn,
  env,
  window,
  type Disposable,
  type LogOutputChannel,
  type Webview,
  type WebviewPanel,
} from "vscode";

import { isDisconnected, showError } from "../problems.ts";
import type { PageName, ToPage } from "../shared/pages.ts";
import { webviewHtml } from "../webviewHtml.ts";

/** What the panels have in common. */
export interface PanelDependencies {
  readonly extensionUri: Uri;
  readonly log: LogOutputChannel;
}

export interface Page<State, Message> {
  readonly name: PageName;
  readonly title: string;
  /** Words in the user's language. */
  readonly strings: object;
  /** All that the page shows. */
  readonly state: () => State | Promise<State>;
  /** Milliseconds after which the page is shown its state again while it can be seen; never unless given. */
  readonly refreshes?: number;
  /** The page is untrusted: what it says has this shape, or is no message. */
  readonly messages?: v.GenericSchema<unknown, Message>;
  /** Does what the page asks for. The user is told where that fails. */
  readonly receive?: (message: Message) => unknown;
}

const ready = v.strictObject({ type: v.literal("ready") });

export class PagePanel<State, Message = never> implements Disposable {
  readonly #dependencies: PanelDependencies;
  readonly #page: Page<State, Message>;
  #panel: WebviewPanel | undefined;
  /** VS Code makes the page anew whenever the panel comes back into sight, and it says "ready" then. */
  #isReady = false;
  #refreshing: ReturnType<typeof setTimeout> | undefined;

  constructor(dependencies: PanelDependencies, page: Page<State, Message>) {
    this.#dependencies = dependencies;
    this.#page = page;
  }

  /** Whether there is a page that can be seen. */
  get isShown(): boolean {
    return this.#isReady;
  }

  /** What the page shows now, or would. */
  get state(): State | Promise<State> {
    return this.#page.state();
  }

  /** Opens the panel, or brings it into sight. */
  show(): void {
    if (this.#panel) this.#panel.reveal();
    else this.#panel = this.#open();
  }

  /** Shows the state as it is now. A page that is not there, or not in sight, gets it when it comes back. */
  async update(): Promise<void> {
    clearTimeout(this.#refreshing);
    const panel = this.#panel;
    if (!panel || !this.#isReady) return;
    try {
      const message: ToPage<State> = { type: "state", state: await this.state };
      void panel.webview.postMessage(message);
    } catch (error) {
      // A server that ended starts again.
      if (!isDisconnected(error)) {
        void showError(error, this.#dependencies.log);
        return;
      }
    }
    this.#refreshLater();
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  #open(): WebviewPanel {
    const { extensionUri } = this.#dependencies;
    const { name, title, strings } = this.#page;
    const panel = window.createWebviewPanel(`falcon.${name}`, title, ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [Uri.joinPath(extensionUri, "dist")],
    });
    panel.iconPath = Uri.joinPath(extensionUri, "media", "icon.png");
    const listeners: Disposable[] = [
      panel.webview.onDidReceiveMessage((message: unknown) => void this.#receive(message)),
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.#rest();
      }),
    ];
    panel.onDidDispose(() => {
      for (const listener of listeners) listener.dispose();
      this.#rest();
      this.#panel = undefined;
    });
    panel.webview.html = htmlOf(panel.webview, extensionUri, { name, title, strings });
    return panel;
  }

  async #receive(value: unknown): Promise<void> {
    const { name, messages, receive } = this.#page;
    const { log } = this.#dependencies;
    const said = messages && v.safeParse(messages, value);
    if (v.is(ready, value)) {
      this.#isReady = true;
      await this.update();
    } else if (said?.success) {
      try {
        await receive?.(said.output);
      } catch (error) {
        void showError(error, log);
      }
    } else {
      log.warn(`The page "${name}" sent a message that was refused.`);
    }
  }

  #refreshLater(): void {
    const { refreshes } = this.#page;
    clearTimeout(this.#refreshing);
    if (refreshes !== undefined && this.#isReady) this.#refreshing = setTimeout(() => void this.update(), refreshes);
  }

  #rest(): void {
    this.#isReady = false;
    clearTimeout(this.#refreshing);
  }
}

function htmlOf(
  webview: Webview,
  extensionUri: Uri,
  { name, title, strings }: Pick<Page<unknown, unknown>, "name" | "title" | "strings">,
): string {
  const address = (file: string) => webview.asWebviewUri(Uri.joinPath(extensionUri, "dist", file)).toString();
  return webviewHtml({
    cspSource: webview.cspSource,
    nonce: randomBytes(16).toString("base64"),
    script: address("pages.js"),
    style: address("pages.css"),
    language: env.language,
    page: name,
    title,
    strings,
  });
}
