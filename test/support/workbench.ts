// The workbench of a real VS Code as its user sees it, driven through Chromium.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type Browser, type FrameLocator, type Locator, type Page, chromium } from "playwright-core";

import { findChromium } from "../../scripts/chromium.ts";
import type { Editor } from "../../scripts/codeServer.ts";

/** Settings that keep a run deterministic: nothing asks, nothing else completes, nothing calls home. */
export const quietSettings = {
  "falcon.inlineCompletion.suggestions": "eager",
  // Slow machines write several lines, too.
  "falcon.inlineCompletion.timeLimit": 60_000,
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.editor.languageDetection": false,
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.suggestOnTriggerCharacters": false,
  "editor.autoClosingBrackets": "never",
  // A language's rules of indentation come some time after its file was opened.
  "editor.autoIndent": "none",
  "editor.minimap.enabled": false,
  "files.autoSave": "off",
  "files.hotExit": "off",
  "git.enabled": false,
  "chat.disableAIFeatures": true,
  // TypeScript's server would fetch type definitions.
  "typescript.disableAutomaticTypeAcquisition": true,
  "typescript.tsserver.useSyntaxServer": "never",
} as const;

export type Theme = "Dark Modern" | "Light Modern" | "Default High Contrast" | "Default High Contrast Light";

/** What is read of a line's element; it runs in the page. */
interface DrawnLine {
  readonly textContent: string;
  getAttribute(name: string): string | null;
}

/** One window on an editor. */
export class Workbench {
  readonly page: Page;
  /** Addresses beyond the loopback that the page asked for. */
  readonly foreignRequests: string[];
  readonly editor: Editor;
  readonly #browser: Browser;

  private constructor(editor: Editor, browser: Browser, page: Page, foreignRequests: string[]) {
    this.editor = editor;
    this.#browser = browser;
    this.page = page;
    this.foreignRequests = foreignRequests;
    page.setDefaultTimeout(60_000);
  }

  /** Opens a window on the editor's workspace. `prepare` gets the page before it loads, `query` adds to its address. */
  static async open(
    editor: Editor,
    { prepare, query = "" }: { prepare?: (page: Page) => Promise<void>; query?: string } = {},
  ): Promise<Workbench> {
    const browser = await chromium.launch({
      executablePath: await findChromium(),
      // No name resolves, so that what the page asks of others is seen and goes nowhere.
      args: [
        "--disable-quic",
        "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      ],
    });
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      permissions: ["clipboard-read", "clipboard-write"],
      // Packing what goes over the loopback takes a second of a processor for each window.
      extraHTTPHeaders: { "Accept-Encoding": "identity" },
    });
    const foreignRequests: string[] = [];
    // Watched, not intercepted: an interceptor of WebSockets delivers their messages out of order.
    const watch = (subject: { url: () => string }) => {
      const { protocol, hostname, href } = new URL(subject.url());
      // Under the second name a webview asks its own service worker for the extension's files.
      const isLocal = hostname === "127.0.0.1" || hostname.endsWith(".vscode-resource.vscode-cdn.net");
      if (/^(http|ws)s?:$/.test(protocol) && !isLocal) foreignRequests.push(href);
    };
    context.on("request", watch);
    context.on("page", (page) => page.on("websocket", watch));
    await context.request.post(`${editor.url}/login`, { form: { password: editor.password } });
    const page = await context.newPage();
    const workbench = new Workbench(editor, browser, page, foreignRequests);
    try {
      await prepare?.(page);
      await page.goto(`${editor.url}/?folder=${encodeURIComponent(editor.workspace)}${query}`);
      await workbench.#whenOpen();
      return workbench;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** Opens another window on the same workspace, in a further tab of the same browser. */
  async openBeside(): Promise<Workbench> {
    const page = await this.page.context().newPage();
    const workbench = new Workbench(this.editor, this.#browser, page, this.foreignRequests);
    await page.goto(this.page.url());
    await workbench.#whenOpen();
    return workbench;
  }

  /** Closes this window alone, as its user does. */
  async closeWindow(): Promise<void> {
    const closed = this.page.waitForEvent("close");
    await this.page.close({ runBeforeUnload: true });
    await closed;
  }

  async #whenOpen(): Promise<void> {
    await this.page.locator(".part.statusbar .statusbar-item").first().waitFor();
  }

  /** Loads the page anew, which starts a new extension host. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#whenOpen();
  }

  async dispose(): Promise<void> {
    await this.#browser.close();
  }

  /** Waits until Falcon is ready to complete and to chat. On a busy machine an editor takes minutes to start. */
  async whenReady(): Promise<void> {
    await this.statusLabel("tokens of context").waitFor({ timeout: 240_000 });
  }

  /** Opens a file of the workspace, with the cursor in it. */
  async openFile(file: string): Promise<void> {
    const name = path.basename(file);
    await this.#openQuickInput("Control+p");
    // By its whole path, since the search for names does not see a new file at once.
    await this.quickInput.fill(path.join(this.editor.workspace, file));
    // Enter takes the row in focus, which is another one until what was written has been searched for.
    const chosen = this.page.locator(".quick-input-list .monaco-list-row.focused");
    await chosen.filter({ has: this.page.getByText(name, { exact: true }) }).waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    // The tab is there before the text: until then the editor that has the focus shows the file before.
    await this.page
      .locator(`.editor-instance .monaco-editor.focused[data-uri$="/${name}"] .view-line`)
      .first()
      .waitFor();
    // VS Code makes what asks for ghost text when the page is idle, and no later than five seconds after the editor: a key
    // before that asks for none. Idle work is done in the order in which it was wanted.
    await this.page.evaluate("new Promise((resolve) => requestIdleCallback(resolve, { timeout: 10_000 }))");
  }

  /** Runs a command through the palette, as in `Falcon: Open Chat`. */
  async runCommand(title: string): Promise<void> {
    await this.#openQuickInput("F1");
    await this.quickInput.fill(`>${title}`);
    await this.quickRow(title).click();
  }

  /** Opens the list of models with the rows of one. Until it is there, what is written goes to the list of commands. */
  async listModels(name: string): Promise<void> {
    await this.runCommand("Falcon: Choose Model…");
    const placeholder = this.page.locator('[placeholder^="Choose the model that writes ghost text"]');
    await this.quickInput.and(placeholder).waitFor();
    await this.whenModelsListed();
    await this.quickInput.fill(name);
  }

  /** The list of models shows what it has at once. The catalogue, which comes last, moves its rows away from a click. */
  async whenModelsListed(): Promise<void> {
    await this.quickRow("Best for").waitFor();
  }

  /** One that still closes would take what is written for the new one. */
  async #openQuickInput(key: string): Promise<void> {
    await this.quickInput.waitFor({ state: "detached" });
    await this.page.keyboard.press(key);
    await this.quickInput.waitFor();
  }

  /** Chooses a file in the dialog that is opening. */
  async chooseFile(file: string): Promise<void> {
    // The list before it takes what is written until the dialog shows a folder, and the dialog then forgets it.
    await this.quickRows.getByText("..", { exact: true }).waitFor();
    await this.quickInput.fill(file);
    await this.quickRow(path.basename(file)).click();
  }

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:not([style*="display: none"]) .quick-input-box input');
  }

  /** The rows of a list are shown before it has the focus; until then Escape goes elsewhere, and the list stays. */
  async leaveQuickInput(): Promise<void> {
    await this.quickInput.and(this.page.locator(":focus")).waitFor();
    await this.page.keyboard.press("Escape");
  }

  get quickRows(): Locator {
    return this.page.locator(".quick-input-list .monaco-list-row");
  }

  quickRow(text: string): Locator {
    return this.quickRows.filter({ hasText: text }).first();
  }

  /** Puts the cursor at a place of the active editor; both count from 1. */
  async goTo(line: number, column = 1): Promise<void> {
    await this.#openQuickInput("Control+g");
    await this.quickInput.fill(`:${line}:${column}`);
    await this.page.keyboard.press("Enter");
    await this.quickInput.waitFor({ state: "detached" });
    // Where the focus is elsewhere, what is typed goes there.
    await this.page.locator(".editor-instance .monaco-editor.focused").waitFor();
    await this.status(`Ln ${line}, Col `).waitFor();
  }

  /** Selects whole lines of the active editor; both count from 1. */
  async selectLines(first: number, last: number): Promise<void> {
    await this.goTo(first);
    for (let line = first; line <= last; line++) await this.page.keyboard.press("Shift+ArrowDown");
    await this.status(`Ln ${last + 1}, Col 1 (`).waitFor();
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 25 });
  }

  /** Saves the active editor, in which something was changed, and returns what its file then holds. */
  async save(name: string): Promise<string> {
    // Else its end could be seen before its beginning.
    await this.page.locator(".tab.active.dirty").waitFor();
    await this.page.keyboard.press("Control+s");
    await this.page.locator(".tab.active.dirty").waitFor({ state: "detached" });
    return fs.readFileSync(path.join(this.editor.workspace, name), "utf8");
  }

  get ghost(): Locator {
    return this.page.locator(".editor-instance .ghost-text-decoration");
  }

  get #ghostLines(): Locator {
    return this.page.locator(".editor-instance .suggest-preview-text .view-line");
  }

  /** The ghost text on the screen, once there is any: the rest of the cursor's line and the lines below. */
  async ghostText(): Promise<string> {
    await this.ghost.or(this.#ghostLines).first().waitFor({ state: "attached" });
    return this.#readGhost();
  }

  /** Whether there is ghost text on the screen within so many milliseconds. */
  async hasGhost(timeout: number): Promise<boolean> {
    const shown = this.ghost.or(this.#ghostLines).first().waitFor({ state: "attached", timeout });
    return shown.then(
      () => true,
      () => false,
    );
  }

  async #readGhost(): Promise<string> {
    const inLine = await this.ghost.allTextContents();
    return plainSpaces([inLine.join(""), ...(await this.#ghostLines.allTextContents())].join("\n"));
  }

  /** Waits until the ghost text is this one; fails with the one that is there. */
  async whenGhostIs(expected: string): Promise<void> {
    const end = Date.now() + 60_000;
    for (;;) {
      const shown = await this.ghostText();
      if (shown === expected) return;
      if (Date.now() > end) assert.equal(shown, expected);
      await sleep(50);
    }
  }

  async whenNoGhost(): Promise<void> {
    await this.ghost.or(this.#ghostLines).first().waitFor({ state: "detached" });
  }

  /** The lines of the active editor that are on the screen. */
  async lines(): Promise<string[]> {
    const lines = await this.page
      .locator(".editor-instance .monaco-editor .view-lines .view-line")
      .evaluateAll((elements: readonly DrawnLine[]) =>
        elements.map((element) => ({
          top: Number(/top: *(\d+)/.exec(element.getAttribute("style") ?? "")?.[1]),
          text: element.textContent,
        })),
      );
    return lines.sort((a, b) => a.top - b.top).map((line) => plainSpaces(line.text));
  }

  /** What is on the screen, in words: what has the focus, the active editor, its ghost text, Falcon's status, notifications. */
  async describe(): Promise<string> {
    const focused = await this.page
      .locator("*:focus")
      .evaluateAll((all: readonly { readonly className: string }[]) => all.map(({ className }) => className));
    const items = this.page.locator('.statusbar-item[aria-label*="Falcon"]');
    const labels = await items.evaluateAll((all: readonly { readonly ariaLabel: string }[]) =>
      all.map(({ ariaLabel }) => ariaLabel),
    );
    return [
      `focus: ${focused.join(", ")}`,
      `status: ${labels.join(" | ")}`,
      `notifications: ${(await this.toast("").allTextContents()).join(" | ")}`,
      `ghost text: ${JSON.stringify(await this.#readGhost())}`,
      "editor:",
      ...(await this.lines()),
    ].join("\n");
  }

  /** Status bar items with this text. */
  status(text: string): Locator {
    return this.page.locator(".statusbar-item", { hasText: text });
  }

  /** Falcon's status bar item, when its description holds this text. */
  statusLabel(text: string): Locator {
    return this.page.locator(`.statusbar-item[aria-label*="Falcon"][aria-label*="${text}"]`);
  }

  /** Notifications on the screen with this text. */
  toast(text: string): Locator {
    return this.page.locator(".notification-toast", { hasText: text });
  }

  /** Lines of the output panel that are on the screen. */
  output(text: string): Locator {
    return this.page.locator(".part.panel .view-line", { hasText: text });
  }

  /** The page of the webview that is on the screen. */
  get webview(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  async setTheme(theme: Theme): Promise<void> {
    const kind = {
      "Dark Modern": "vs-dark",
      "Light Modern": "vs",
      "Default High Contrast": "hc-black",
      "Default High Contrast Light": "hc-light",
    }[theme];
    this.editor.changeSettings({ "workbench.colorTheme": theme });
    await this.page.locator(`.monaco-workbench.${kind}`).waitFor();
  }

  /** Drags the side bar's edge as far in as VS Code lets it. */
  async narrowSideBar(): Promise<void> {
    const box = await this.page.locator(".part.sidebar").boundingBox();
    if (!box) throw new Error("There is no side bar.");
    const edge = { x: box.x + box.width, y: box.y + box.height / 2 };
    await this.page.mouse.move(edge.x, edge.y);
    await this.page.mouse.down();
    await this.page.mouse.move(edge.x - (box.width - 180), edge.y, { steps: 10 });
    await this.page.mouse.up();
  }

  async screenshot(file: string): Promise<void> {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
  }
}

/** Monaco draws spaces as no-break spaces. */
function plainSpaces(text: string): string {
  return text.replaceAll("\u00a0", " ");
}
