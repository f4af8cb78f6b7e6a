// A page of a panel in Chromium: the states that it shows, and what it says.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { after } from "node:test";

import type { Page } from "playwright-core";

import type { PageName, ToPage } from "../../../src/shared/pages.ts";
import { webviewHtml } from "../../../src/webviewHtml.ts";
import { launchBrowser, type PageOptions, type ShownPage } from "../browser.ts";

/** Stands for VS Code's translations: the texts are in English as they are in the code. */
export const english = {
  t: (text: string | { readonly message: string }, ...values: readonly unknown[]) =>
    (typeof text === "string" ? text : text.message).replace(/\{(\d)\}/g, (_, index) => String(values[Number(index)])),
};

/** To be called once in a test file: starts what pages need, and returns how to open one in the place of the last. */
export async function startPages<State>(
  page: PageName,
  strings: object,
): Promise<(options?: PageOptions) => Promise<ShownPage<ToPage<State>>>> {
  mkdirSync("out/screenshots/webview", { recursive: true });
  const { open, close } = await launchBrowser<ToPage<State>>({ pages: "webview/pages/main.ts" }, (origin) =>
    webviewHtml({
      ...{ cspSource: origin, nonce: randomUUID(), language: "en", page, strings },
      script: `${origin}/pages.js`,
      style: `${origin}/pages.css`,
    }),
  );
  after(close);
  return open;
}

/** Fails where the page is wider than what is seen of it. */
export async function assertFits(page: Page): Promise<void> {
  const [whole, seen] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth] as const;
  });
  assert.equal(whole, seen, "the page is as wide as the window");
}
