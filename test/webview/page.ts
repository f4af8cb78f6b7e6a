// The chat page as VS Code shows it: the host's own HTML and its CSP, the built files, a theme, in Chromium.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { env } from "node:process";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

import esbuild from "esbuild";
import { type Page, chromium } from "playwright-core";

import { webviewHtml } from "../../src/chat/webviewHtml.ts";
import type {
  AnswerMessage,
  AnswerState,
  Attachment,
  FromWebview,
  Message,
  PageRequest,
  Problem,
  ModelStatus,
  ToWebview,
  UserMessage,
} from "../../src/shared/protocol.ts";
import { type Theme, type ThemeName, themes } from "./themes.ts";
import { pageStrings } from "./strings.ts";

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

export interface ChatPage {
  readonly page: Page;
  /** What the page asked the network for, and what it complained of: errors and breaches of the CSP. */
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
  /** Says something to the page and waits until it is shown. */
  readonly tell: (...messages: readonly ToWebview[]) => Promise<void>;
  /** What the page has said since the last call, but for what needs no reply. */
  readonly said: () => Promise<PageRequest[]>;
  readonly screenshot: (name: string) => Promise<void>;
}

export interface PageOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  /** What the page remembers from before. */
  readonly memory?: { readonly draft: string; readonly place?: { readonly message: string; readonly offset: number } };
}

export const readyStatus = {
  state: "ready",
  generating: false,
  unloaded: false,
  metrics: { queue: 0 },
  model: {
    name: "Falcon3 7B Instruct",
    path: "/models/falcon3.gguf",
    demonstration: false,
    architecture: "llama",
    contextSize: 4096,
    infill: false,
    device: "CPU",
    gpuLayers: 0,
    layers: 33,
    kvCache: "f16",
    flashAttention: false,
    sequences: 2,
    promptRate: 10_000,
    devices: [],
  },
} as const satisfies ModelStatus;

export const demonstrationStatus = {
  ...readyStatus,
  model: { ...readyStatus.model, name: "Falcon Tiny Demo", demonstration: true },
} as const satisfies ModelStatus;

export function stateMessage(
  messages: readonly Message[],
  status: ModelStatus = readyStatus,
  attachments: readonly Attachment[] = [],
): ToWebview {
  return { type: "state", conversation: { id: "c", messages }, status, attachments };
}

export function userMessage(text: string, attachments: readonly Attachment[] = []): UserMessage {
  return { id: randomUUID(), role: "user", text, attachments };
}

export function answerMessage(text: string, state: AnswerState = "done", problem?: Problem): AnswerMessage {
  return { id: "answer", role: "assistant", text, state, ...(problem && { problem }) };
}

export function deltaMessage(text: string): ToWebview {
  return { type: "event", event: { type: "delta", answerId: "answer", text } };
}

export function endedMessage(state: Exclude<AnswerState, "streaming"> = "done", problem?: Problem): ToWebview {
  return { type: "event", event: { type: "ended", answerId: "answer", state, ...(problem && { problem }) } };
}

const fonts = {
  "--vscode-font-family": "system-ui, Ubuntu, sans-serif",
  "--vscode-font-size": "13px",
  "--vscode-editor-font-family": "monospace",
  "--vscode-editor-font-size": "13px",
};

export interface Pages {
  /** Opens a page in the place of the last. */
  readonly open: (options?: PageOptions) => Promise<ChatPage>;
  readonly close: () => Promise<void>;
}

/** To be called once in a test file: starts what pages need, and returns how to open one in the place of the last. */
export async function startPages(): Promise<Pages["open"]> {
  const { open, close } = await launchPages();
  after(close);
  return open;
}

export async function launchPages(): Promise<Pages> {
  const files = await buildPage();
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? "/", "http://page").pathname.slice(1);
    const file = name === "" ? pageHtml(origin) : files.get(name);
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

/** The chat page's files by name, built as esbuild.mjs builds them. */
async function buildPage(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
    entryPoints: { webview: "webview/main.ts" },
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

function pageHtml(origin: string): string {
  return webviewHtml({
    cspSource: origin,
    nonce: randomUUID(),
    script: `${origin}/webview.js`,
    style: `${origin}/webview.css`,
    language: "en",
    strings: pageStrings,
  });
}

async function openPage(page: Page, origin: string, options: PageOptions = {}): Promise<ChatPage> {
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
    said: () =>
      page.evaluate(() =>
        window.posted.splice(0).flatMap((message) => {
          if (!("request" in message)) return [];
          return [Object.fromEntries(Object.entries(message).filter(([key]) => key !== "request")) as PageRequest];
        }),
      ),
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

/** Seconds that the page's thread works meanwhile. */
export async function processorTime({ page }: ChatPage, work: () => Promise<void>): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
  };
  const before = await read();
  await work();
  const after = await read();
  await devtools.detach();
  return after - before;
}
