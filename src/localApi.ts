// “Start Local API”: the models for other programs of this machine, over HTTP, with a token that VS Code keeps as a secret.

import { randomBytes } from "node:crypto";
import { env, l10n, type SecretStorage, Uri } from "vscode";
import { type LanguageClient, State } from "vscode-languageclient/node";

import type { ServerClient } from "./server/client.ts";
import type { Settings } from "./settings.ts";
import { pageCodeRequest, startApiRequest, stopApiRequest } from "./shared/methods.ts";
import { askButton } from "./surfaces.ts";

const key = "falcon.localApiToken";

export class LocalApi {
  readonly #secrets: SecretStorage;
  readonly #server: () => ServerClient;
  readonly #settings: Settings;
  readonly #onFailure: (error: unknown) => void;
  #address: string | undefined;

  /** @param onFailure is told why it does not run any more after the server was started again */
  constructor(
    secrets: SecretStorage,
    server: () => ServerClient,
    settings: Settings,
    onFailure: (error: unknown) => void,
  ) {
    this.#secrets = secrets;
    this.#server = server;
    this.#settings = settings;
    this.#onFailure = onFailure;
  }

  /** Where it runs, without a slash at its end; undefined while it does not. */
  get address(): string | undefined {
    return this.#address;
  }

  async token(): Promise<string> {
    const kept = await this.#secrets.get(key);
    if (kept !== undefined) return kept;
    const token = randomBytes(24).toString("base64url");
    await this.#secrets.store(key, token);
    return token;
  }

  async start(): Promise<void> {
    const params = { port: this.#settings.localApiPort, token: await this.token() };
    this.#address = (await this.#server().ask(startApiRequest, params)).address;
  }

  async stop(): Promise<void> {
    this.#address = undefined;
    await this.#server().ask(stopApiRequest);
  }

  /** Opens its page in the browser, with a code behind the “#” that is good for the token once: other users see how a browser is started. */
  async openPlayground(): Promise<void> {
    if (this.#address === undefined) await this.start();
    if (this.#address === undefined) return;
    const code = await this.#server().ask(pageCodeRequest);
    const page = Uri.parse(this.#address).with({ path: "/", ...(code !== null && { fragment: `code=${code}` }) });
    await env.openExternal(page);
  }

  /** Says where it runs, with what is done with that. */
  async show(): Promise<void> {
    if (this.#address === undefined) return;
    const [copyToken, copyAddress, stop] = [l10n.t("Copy Token"), l10n.t("Copy Address"), l10n.t("Stop")];
    const playground = l10n.t("Open Playground");
    const message = l10n.t("The local API runs at {0}, for programs that know its token.", this.#address);
    const chosen = await askButton(message, copyToken, copyAddress, playground, stop);
    if (chosen === copyToken) await env.clipboard.writeText(await this.token());
    if (chosen === copyAddress) await env.clipboard.writeText(`${this.#address}/v1`);
    if (chosen === playground) await this.openPlayground();
    if (chosen === stop) await this.stop();
  }

  /** A server that was started again serves it again. */
  listen(client: LanguageClient): void {
    client.onDidChangeState(({ newState }) => {
      if (newState !== State.Running || this.#address === undefined) return;
      this.start().catch((error: unknown) => {
        this.#address = undefined;
        this.#onFailure(error);
      });
    });
  }
}
