// The chat panel's place in VS Code: makes the page, checks what it says, and tells it what changes.

import { randomBytes } from "node:crypto";

import { Uri, commands, env, l10n, type Disposable, type LogOutputChannel, type Webview } from "vscode";
import type { WebviewView, WebviewViewProvider } from "vscode";

import { refusalOf } from "../problems.ts";
import type { PageNotice, PageRequest, ToWebview } from "../shared/chat.ts";
import { pageStrings } from "./pageStrings.ts";
import { webviewHtml } from "../webviewHtml.ts";
import { type InvalidMessage, parseWebviewMessage } from "./webviewMessages.ts";

export interface ChatViewOptions {
  readonly extensionUri: Uri;
  readonly log: LogOutputChannel;
  /** All that a new page needs to know. */
  readonly state: () => ToWebview;
  /** Takes what the page says without an answer. */
  readonly onNotice: (notice: PageNotice) => void;
  /** Does what the page asks for; rejects where that cannot be done. */
  readonly receive: (request: PageRequest) => Promise<void>;
}

export class ChatView implements WebviewViewProvider {
  readonly #options: ChatViewOptions;
  #webview: Webview | undefined;
  /** VS Code makes the page anew whenever the view comes back into sight, and it says "ready" then. */
  #ready = false;
  #wantsFocus = false;

  constructor(options: ChatViewOptions) {
    this.#options = options;
  }

  /** Whether there is a page that has the state. */
  get isReady(): boolean {
    return this.#ready;
  }

  resolveWebviewView(view: WebviewView): void {
    const { extensionUri } = this.#options;
    const { webview } = view;
    webview.options = {
      enableScripts: true,
      localResourceRoots: [Uri.joinPath(extensionUri, "dist"), Uri.joinPath(extensionUri, "media")],
    };
    const listeners: Disposable[] = [
      webview.onDidReceiveMessage((message: unknown) => this.receive(message)),
      view.onDidChangeVisibility(() => (this.#ready &&= view.visible)),
      view.onDidDispose(() => {
        for (const listener of listeners) listener.dispose();
        // Where the view was moved, another one may have taken its place already.
        if (this.#webview !== webview) return;
        this.#webview = undefined;
        this.#ready = false;
      }),
    ];
    this.#webview = webview;
    webview.html = webviewHtml({
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString("base64"),
      script: webview.asWebviewUri(Uri.joinPath(extensionUri, "dist", "webview.js")).toString(),
      style: webview.asWebviewUri(Uri.joinPath(extensionUri, "dist", "webview.css")).toString(),
      language: env.language,
      strings: pageStrings(),
    });
  }

  /** Brings the panel into sight with the cursor in its composer. */
  async focus(): Promise<void> {
    this.#wantsFocus = true;
    await commands.executeCommand("falcon.chat.focus");
    this.#postFocus();
  }

  /** Tells the page. One that is not there, or not ready, gets the whole state later. */
  post(message: ToWebview): void {
    void this.#webview?.postMessage(message);
  }

  /** A message of any shape, as the page sent it. */
  receive(value: unknown): void {
    const message = parseWebviewMessage(value);
    switch (message.type) {
      case "ready":
        this.#ready = true;
        this.post(this.#options.state());
        this.#postFocus();
        this.#options.onNotice(message);
        break;
      case "draft":
      case "findPlaces":
        this.#options.onNotice(message);
        break;
      case "invalid":
        this.#refuse(message);
        break;
      default:
        void this.#answer(message, message.request);
    }
  }

  /** The page keeps what the user wrote until it has the reply. */
  async #answer(message: PageRequest, request: number): Promise<void> {
    try {
      await this.#options.receive(message);
      this.post({ type: "reply", request });
    } catch (error) {
      this.post({ type: "reply", request, refusal: refusalOf(error, this.#options.log) });
    }
  }

  #refuse({ request, limit }: InvalidMessage): void {
    const refusal =
      limit === undefined
        ? l10n.t("Falcon does not know what the chat asks for. The log has the details.")
        : l10n.t("This is too long: at most {0} characters are taken.", limit);
    this.#options.log.warn(`The chat page sent a message that was refused: ${refusal}`);
    if (request !== undefined) this.post({ type: "reply", request, refusal });
  }

  #postFocus(): void {
    if (!this.#wantsFocus || !this.#ready) return;
    this.#wantsFocus = false;
    this.post({ type: "focus" });
  }
}
