// A page as VS Code shows it: the host's own HTML and its CSP, the built files, a theme, in Chromium.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { env } from "node:process";
import { fileURLToPath } from "node:url";

import esbuild from "esbuild";
import { type Page, chromium } from "playwright-core";

import type { FromWebview } from "../../src/shared/chat.ts";
import { type Theme, type ThemeName, themes } from "./themes.ts";

declare global {
  interface Window {
    posted: FromWebview[];
    /** Why the host refuses what the page asks; it accepts everything where this is null, and is silent where it is undefined. */
    refusal: string | null | undefined;
    /** The number of the page's last request. */
    lastRequest: number | undefined;
    memory: unknown;
    /** How many animation frames the page waits for. */
    framesAsked: number;
  }
}

export interface ShownPage<Told> {
  readonly page: Page;
  /** What the page asked the network for, and what it complained of: errors and breaches of the CSP. */
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
  /** Says something to the page and waits until it is shown. */
  readonly tell: (...messages: readonly Told[]) => Promise<void>;
  readonly screenshot: (name: string) => Promise<void>;
}

export interface PageOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  /** What the page remembers from before. */
  readonly memory?: { readonly draft: string; readonly place?: { readonly message: string; readonly offset: number } };
}

const fonts = {
  "--vscode-font-family": "system-ui, Ubuntu, sans-serif",
  "--vscode-font-size": "13px",
  "--vscode-editor-font-family": "monospace",
  "--vscode-editor-font-size": "13px",
};

export interface Browser<Told> {
  /** Opens a page in the place of the last. */
  readonly open: (options?: PageOptions) => Promise<ShownPage<Told>>;
  readonly close: () => Promise<void>;
}

/**
 * @param entryPoints the bundles of the page, by their names
 * @param html makes the page's HTML of the address that its files have
 */
export async function launchBrowser<Told>(
  entryPoints: Readonly<Record<string, string>>,
  html: (origin: string) => string,
): Promise<Browser<Told>> {
  const files = await buildFiles(entryPoints);
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? "/", "http://page").pathname.slice(1);
    const file = name === "" ? html(origin) : files.get(name);
    const types: Record<string, string> = { js: "text/javascript", css: "text/css", ttf: "font/ttf" };
    response.writeHead(file === undefined ? 404 : 200, {
      "content-type": types[name.split(".").pop() ?? ""] ?? "text/html",
    });
    response.end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await chromium.launch({
    executablePath: env["FALCON_CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
  const context = await browser.newContext();
  return {
    open: async (options) => {
      // One page at a time: pages in the background would take their share of the processor.
      for (const page of context.pages()) await page.close();
      return openPage(await context.newPage(), origin, options);
    },
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}

/** The page's files by name, built as esbuild.mjs builds them. */
async function buildFiles(entryPoints: Readonly<Record<string, string>>): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
    entryPoints: { ...entryPoints },
    outdir: "dist",
    write: false,
    bundle: true,
    platform: "browser",
    target: "chrome138",
    format: "iife",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
    minify: true,
  });
  return new Map(outputFiles.map((file) => [basename(file.path), file.contents]));
}

async function openPage<Told>(page: Page, origin: string, options: PageOptions = {}): Promise<ShownPage<Told>> {
  const { theme = "dark", width = 380, height = 720, memory } = options;
  await page.setViewportSize({ width, height });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => requests.push(request.url().replace(origin, "")));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  const { bodyClass, variables } = themes[theme];
  await page.addInitScript(pretendVsCode, { bodyClass, variables: { ...variables, ...fonts }, memory });
  await page.goto(origin);
  return {
    page,
    requests,
    complaints,
    tell: async (...messages) => {
      await page.evaluate(async (told) => {
        for (const message of told) window.postMessage(message);
        await new Promise((resolve) => setTimeout(resolve));
        // The page shows it in the next frame or, after slow work, in a later one; scrolling follows in one more.
        for (let idle = 0; idle < 2; idle = window.framesAsked === 0 ? idle + 1 : 0) {
          await new Promise((resolve) => setTimeout(resolve, 16));
        }
      }, messages);
    },
    screenshot: async (name) => {
      // Hiding the caret would add a style that the CSP forbids.
      await page.screenshot({ path: `out/screenshots/webview/${name}.png`, caret: "initial" });
    },
  };
}

/** Runs in the page before its script: what VS Code adds to a webview. */
function pretendVsCode({ bodyClass, variables, memory }: Theme & { memory: unknown }): void {
  window.posted = [];
  window.refusal = null;
  window.memory = memory;
  window.framesAsked = 0;
  const requestFrame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (work) => {
    window.framesAsked++;
    return requestFrame((now) => {
      window.framesAsked--;
      work(now);
    });
  };
  let given = false;
  Object.assign(window, {
    acquireVsCodeApi: () => {
      if (given) throw new Error("The API has been given away already.");
      given = true;
      applyTheme();
      return {
        postMessage: (message: FromWebview) => {
          window.posted.push(structuredClone(message));
          if (!("request" in message)) return;
          const { request } = message;
          window.lastRequest = request;
          if (window.refusal === undefined) return;
          const refusal = window.refusal ?? undefined;
          window.postMessage({ type: "reply", request, ...(refusal && { refusal }) });
        },
        getState: () => window.memory,
        setState: (state: unknown) => (window.memory = structuredClone(state)),
      };
    },
  });

  function applyTheme(): void {
    const root = document.documentElement;
    for (const [name, value] of Object.entries(variables)) root.style.setProperty(name, value);
    document.body.classList.add(bodyClass);
    document.body.dataset["vscodeThemeKind"] = bodyClass;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`@layer vscode-default {
      html { background: var(--vscode-sideBar-background); }
      body { padding: 0 20px; color: var(--vscode-editor-foreground); }
      code {
        padding: 1px 3px;
        color: var(--vscode-textPreformat-foreground);
        background: var(--vscode-textPreformat-background);
      }
      ::-webkit-scrollbar { width: 10px; height: 10px; }
      ::-webkit-scrollbar-thumb { background: var(--vscode-scrollbarSlider-background); }
    }`);
    document.adoptedStyleSheets.push(sheet);
  }
}
