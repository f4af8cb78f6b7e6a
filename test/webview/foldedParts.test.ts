// How an answer's folded parts, and what is said beside them, look.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";

import { findFaint } from "./contrast.ts";
import { findNameless } from "./names.ts";
import { answerMessage, startPages, stateMessage, userMessage } from "./page.ts";
import { type ThemeName, themes } from "./themes.ts";

const openPage = await startPages();
mkdirSync("out/screenshots/webview", { recursive: true });

for (const theme of Object.keys(themes) as ThemeName[]) {
  test(`${theme}: what is folded, refused or noted can be read in a side bar of 200 pixels`, async () => {
    const { page, tell, screenshot, complaints } = await openPage({ theme, width: 200, height: 2200 });
    const parts = `<think>
The user asks for a *price*.

\`\`\`ts
sum += item.price;
\`\`\`
</think>

I read the file.
<tool_call>
[{"name": "read", "arguments": {"path": "prices.ts"}}]
</tool_call>
The formula is $p_1 * n_1$.

- פריט ראשון עם \`code()\`
- English item second.
`;
    const notes = ["The oldest messages (4) did not fit into the model's context and were left out."];
    await tell(
      stateMessage([
        userMessage("A question."),
        { ...answerMessage(parts), id: "first", notes },
        userMessage("And then?"),
        answerMessage("<think>\nThe user", "streaming"),
      ]),
    );
    await page.locator("textarea").evaluate((node: HTMLTextAreaElement) => {
      node.dispatchEvent(new InputEvent("beforeinput", { data: "x".repeat(1_000_001) }));
      node.value = "x".repeat(1_000_001);
      node.dispatchEvent(new Event("input"));
    });
    for (const summary of await page.locator(".answer:first-of-type summary, summary").all()) await summary.click();
    await page.locator(".folded-content .code-block .hljs-string").first().waitFor();
    await page.waitForFunction(() => document.fonts.status === "loaded");
    await page.locator(".scroller").evaluate((node) => (node.scrollTop = 0));
    await screenshot(`parts-${theme}`);
    assert.deepEqual(await findFaint(page), []);
    assert.deepEqual(await findNameless(page), []);
    assert.deepEqual(complaints, []);
    const border = await page
      .locator(".folded-part")
      .first()
      .evaluate((node) => getComputedStyle(node).borderTopWidth);
    assert.equal(border, "1px");
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((node) => !node.closest("pre, table, .visually-hidden"))
        .filter((node) => node.getBoundingClientRect().right > innerWidth + 0.5)
        .map((node) => `${node.tagName}.${node.className}`),
    );
    assert.deepEqual(wide, []);
  });
}
