// The playground in a real browser: at `falcon serve` with the bundled model, and where only the server matters, at our server
// with a model whose words a test knows.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process, { env } from "node:process";
import { createInterface } from "node:readline";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";

import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";

import { apiToken, startTestApi } from "../support/apiServer.ts";
import { scriptedModel } from "../support/scriptedModel.ts";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

let browser: Browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: env["FALCON_CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
});
after(() => browser.close());

interface OpenPage {
  readonly page: Page;
  /** What it complained of: errors, and breaches of its content security policy. */
  readonly complaints: readonly string[];
  /** Addresses that it asked for. */
  readonly requests: readonly string[];
}

async function open(address: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  // A slow machine under load.
  page.setDefaultTimeout(120_000);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(address);
  return { page, complaints, requests };
}

const result = (page: Page, number = 1) => page.getByRole("group", { name: `Result ${number}` });
const run = (page: Page) => page.getByRole("button", { name: /^Run/ });
const stop = (page: Page) => page.getByRole("button", { name: /^Stop/ });
/** Resolves when nothing is written any more. */
const ended = async (page: Page) => {
  await page
    .getByText(/tokens\/s|Stopped/)
    .first()
    .waitFor();
  await run(page).waitFor();
};
const settings = (page: Page, number: number, name: string) =>
  page.getByRole("group", { name: `Settings ${number}` }).getByLabel(name);

suite("at falcon serve with the bundled model", () => {
  let child: ChildProcess;
  /** With the token. */
  let link = "";
  before(async () => {
    const model = path("media/models/falcon-tiny-demo.gguf");
    const args = ["serve", "--port", "0", "--model", model, "--gpu", "off", "--threads", "1"];
    child = spawn(process.execPath, [path("dist/cli.cjs"), ...args], { stdio: ["ignore", "pipe", "ignore"] });
    assert.ok(child.stdout);
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith("page:")) continue;
      link = line.replace(/^page: +/, "");
      break;
    }
    assert.match(link, /^http:\/\/127\.0\.0\.1:\d+\/#token=./);
  });
  after(async () => {
    const gone = once(child, "exit");
    child.kill();
    await gone;
  });

  test("writes on from a text, says how fast, and asks nobody else for anything", async () => {
    const { page, complaints, requests } = await open(link);
    await page.getByRole("textbox", { name: "Text to go on from" }).fill("def add(a, b):\n    return");
    await settings(page, 1, "Temperature").fill("0");
    await settings(page, 1, "Tokens at most").fill("12");
    await run(page).click();
    await ended(page);
    const text = await result(page).innerText();
    assert.ok(text.startsWith("def add(a, b):\n    return") && text.length > 26, text);
    await page.getByText(/\d+ tokens, [\d.]+ tokens\/s, the first after \d+ ms/).waitFor();
    const origin = new URL(link).origin;
    assert.deepEqual(
      requests.filter((each) => !each.startsWith(`${origin}/`)),
      [],
    );
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  test("the token goes from the address at once, and stays with the tab", async () => {
    const { page, requests } = await open(link);
    await settings(page, 1, "Model").getByText("falcon-tiny-demo").waitFor({ state: "attached" });
    assert.equal(page.url(), `${new URL(link).origin}/`);
    assert.ok(requests.every((each) => !each.includes("token")));
    await page.reload();
    await settings(page, 1, "Model").getByText("falcon-tiny-demo").waitFor({ state: "attached" });
    const other = await open(new URL(link).origin);
    await other.page.getByText("This server wants its token.").waitFor();
    assert.equal(await run(other.page).isVisible(), false);
    await other.page.context().close();
    await page.context().close();
  });

  test("fills a gap, and shows what it wrote between the two texts", async () => {
    const { page, complaints } = await open(link);
    await page.getByRole("radio", { name: "Infill" }).check({ force: true });
    await page.getByRole("textbox", { name: "Text before the gap" }).fill("def add(a, b):\n    return ");
    await page.getByRole("textbox", { name: "Text after the gap" }).fill("\n\nprint(add(1, 2))");
    await settings(page, 1, "Temperature").fill("0");
    await settings(page, 1, "Tokens at most").fill("8");
    // By the keyboard.
    await page.keyboard.press("Control+Enter");
    await ended(page);
    const text = await result(page).innerText();
    assert.match(text, /^def add\(a, b\):\n {4}return [^]+\n\nprint\(add\(1, 2\)\)$/);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  test("writes by two settings side by side, at the same time", async () => {
    const { page } = await open(link);
    await page.getByRole("checkbox", { name: "Side by side" }).check();
    for (const [number, tokens] of [
      [1, "3"],
      [2, "9"],
    ] as const) {
      await settings(page, number, "Temperature").fill("0");
      await settings(page, number, "Tokens at most").fill(tokens);
    }
    const sent: string[] = [];
    page.on("request", (request) => sent.push(request.postData() ?? ""));
    await run(page).click();
    await page.getByText(/^(Cut off.*)?3 tokens/).waitFor();
    await page.getByText(/^(Cut off.*)?9 tokens/).waitFor();
    assert.deepEqual(
      sent.filter(Boolean).map((body) => (JSON.parse(body) as { max_tokens: number }).max_tokens),
      [3, 9],
    );
    // Both are greedy.
    const [short, long] = [await result(page, 1).innerText(), await result(page, 2).innerText()];
    assert.ok(long.startsWith(short) && long.length > short.length, `${short}\n---\n${long}`);
    await page.context().close();
  });

  test("says in the server's words why a message is not answered", async () => {
    const { page } = await open(link);
    await page.getByRole("radio", { name: "Chat" }).check({ force: true });
    await page.getByRole("textbox", { name: "Message" }).fill("Who are you?");
    await run(page).click();
    await page.getByText(/demonstration/i).waitFor();
    await page.context().close();
  });

  test("is in Italian where the browser is", async () => {
    const { page } = await open(link, { locale: "it-IT" });
    await page.getByRole("button", { name: "Esegui (Ctrl+Invio)" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "it");
    await page.context().close();
  });
});

test("stops: what is written stays, and the model is told", async () => {
  let told: AbortSignal | undefined;
  const model = scriptedModel({}, async (onText, signal) => {
    told = signal;
    onText("first words");
    await once(signal, "abort");
    return "aborted" as const;
  });
  const api = await startTestApi(model);
  try {
    for (const end of ["click", "Escape"] as const) {
      const { page } = await open(`${api.address}/#token=${apiToken}`);
      await run(page).click();
      await result(page).getByText("first words").waitFor();
      await (end === "click" ? stop(page).click() : page.keyboard.press("Escape"));
      await page.getByText("Stopped", { exact: true }).first().waitFor();
      await run(page).waitFor();
      assert.match(await result(page).innerText(), /first words/);
      if (told?.aborted === false) await once(told, "abort");
      await page.context().close();
    }
    assert.equal(model.asked.length, 2);
  } finally {
    await api.stop();
  }
});

test("an answer is shown as Markdown, whose code can be copied and whose links lead nowhere by themselves", async () => {
  const words =
    "<think>Hm.</think>**Bold** and [a link](https://example.com/)\n\n```python\nprint(1)\n```\n\n<b>raw</b>";
  const model = scriptedModel({}, (onText) => {
    for (const piece of words.match(/[^]{1,7}/g) ?? []) onText(piece);
    return "end";
  });
  const api = await startTestApi(model);
  try {
    const { page, complaints } = await open(`${api.address}/#token=${apiToken}`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.getByRole("radio", { name: "Chat" }).check({ force: true });
    await page.getByRole("textbox", { name: "Message" }).fill("Hello");
    await run(page).click();
    await ended(page);
    assert.equal(await result(page).locator("strong").innerText(), "Bold");
    assert.equal(await result(page).locator("a[href]").count(), 0);
    assert.equal(await result(page).locator("b").count(), 0);
    assert.equal(await result(page).locator("details").count(), 1, "what was thought is folded away");
    // An editor that code could be put into is not there.
    assert.equal(await result(page).getByRole("button").count(), 1);
    await result(page).getByRole("button", { name: "Copy code" }).click();
    await page.getByText("Copied").waitFor({ state: "attached" });
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "print(1)");
    assert.deepEqual(complaints, []);
    await page.context().close();
  } finally {
    await api.stop();
  }
});

test("a code behind the address is good for the token once, and the page says where it is not any more", async () => {
  const model = scriptedModel({}, (onText) => {
    onText("one two three");
    return "end";
  });
  const api = await startTestApi(model);
  try {
    const address = `${api.address}/#code=${api.issuePageCode()}`;
    const { page } = await open(address);
    await run(page).click();
    await result(page).getByText("one two three").waitFor();
    assert.equal(page.url(), `${api.address}/`);
    const other = await open(address);
    await other.page.getByText("This address was opened before, or is too old.").waitFor();
    await other.page.context().close();
    // The address of a page that is open, with a new code: it is not loaded anew, and takes it.
    await page.evaluate(() => sessionStorage.clear());
    await page.evaluate((code) => (location.hash = `#code=${code}`), api.issuePageCode());
    await page.waitForFunction(() => sessionStorage.getItem("token") !== null);
    await page.context().close();
  } finally {
    await api.stop();
  }
});

test("a wrong token is said, and another one taken", async () => {
  const api = await startTestApi(scriptedModel());
  try {
    // As VS Code encodes it.
    const { page } = await open(`${api.address}/#token%3Da-wrong-token`);
    await page.getByRole("alert").getByText("The server does not take this token.").waitFor();
    assert.equal(page.url(), `${api.address}/`);
    await page.getByRole("textbox", { name: "Token" }).fill("another-wrong-one");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("The server does not take this token.").waitFor();
    await page.getByRole("textbox", { name: "Token" }).fill(apiToken);
    await page.getByRole("button", { name: "Open" }).click();
    await run(page).waitFor();
    // The address again, with another token: the page is not loaded anew.
    await page.evaluate(() => (location.hash = "#token=a-wrong-token"));
    await page.getByRole("alert").getByText("The server does not take this token.").waitFor();
    await page.context().close();
  } finally {
    await api.stop();
  }
});

test("a server that is away for a while is said, and its token kept until it is back", async () => {
  const api = await startTestApi(scriptedModel());
  try {
    const { page } = await open(`${api.address}/#token=${apiToken}`);
    await run(page).waitFor();
    await page.route("**/v1/models", (route) => route.abort());
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await page.getByRole("alert").getByText("The server does not answer.").waitFor();
    assert.equal(await page.getByRole("textbox", { name: "Token" }).isVisible(), false);
    await page.unroute("**/v1/models");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("The server does not answer.").waitFor({ state: "hidden" });
    assert.equal(await page.getByRole("textbox", { name: "Text to go on from" }).isVisible(), true);
    await page.context().close();
  } finally {
    await api.stop();
  }
});

test("a server that is gone is said, also in the middle of a text", async () => {
  const model = scriptedModel({}, async (onText, signal) => {
    onText("half of ");
    await once(signal, "abort");
    return "aborted" as const;
  });
  const api = await startTestApi(model);
  const { page } = await open(`${api.address}/#token=${apiToken}`);
  await run(page).click();
  await result(page).getByText("half of").waitFor();
  await api.stop();
  await page.getByText("The server does not answer.").waitFor();
  assert.match(await result(page).innerText(), /half of/);
  await page.context().close();
});
