// What is done with the code of an answer, and links to the files and symbols of the workspace that it names.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answerMessage, startPages, stateMessage, userMessage } from "./page.ts";

const openPage = await startPages();

test("code becomes a new file with its language; only a shell's is offered to be run", async () => {
  const { page, tell, said } = await openPage();
  await tell(stateMessage([userMessage("1"), answerMessage("```js\nlet a;\n```\n\n```sh\nls -l\n```\n")]));
  assert.equal(await page.getByRole("button", { name: "Run in the terminal" }).count(), 1);
  await page.getByRole("button", { name: "Apply to the file" }).first().press("Enter");
  await page.getByRole("button", { name: "New file" }).first().press("Enter");
  await page.getByRole("button", { name: "Run in the terminal" }).press("Enter");
  assert.deepEqual(await said(), [
    { type: "applyCode", code: "let a;" },
    { type: "newFile", code: "let a;", language: "js" },
    { type: "runCode", code: "ls -l" },
  ]);
});

test("a block that is still being written is neither applied, made a file, nor run", async () => {
  const { page, tell } = await openPage();
  const names = ["Apply to the file", "New file", "Run in the terminal"];
  const offered = async () => {
    const counts = names.map((name) => page.getByRole("button", { name }).count());
    return Promise.all(counts);
  };
  const text = "```sh\nls\n```\n\nThen:\n\n```sh\nls -l\n";
  const streaming = { ...answerMessage(text), state: "streaming" as const };
  await tell(stateMessage([userMessage("1"), streaming]));
  await page.getByRole("button", { name: "Copy" }).nth(1).waitFor();
  assert.deepEqual(await offered(), [1, 1, 1]);
  await tell(stateMessage([userMessage("1"), { ...streaming, text: `${text}\`\`\`\n`, state: "done" }]));
  await page.getByRole("button", { name: "Run in the terminal" }).nth(1).waitFor();
  assert.deepEqual(await offered(), [2, 2, 2]);
});

test("names in code become links where the host knows them, and a click asks it for the name alone", async () => {
  const { page, tell, said } = await openPage();
  const answer =
    "See `src/main.ts:12`, `Harbour.moor()`, `none.ts`, `a sentence in code` and `x`.\n\n```js\nsrc/main.ts:12\n```\n";
  await tell(stateMessage([userMessage("1"), answerMessage(answer)]));
  await page.waitForFunction(() => window.posted.some(({ type }) => type === "findPlaces"));
  const asked = await page.evaluate(() => window.posted.filter((message) => message.type === "findPlaces"));
  assert.deepEqual(asked, [{ type: "findPlaces", names: ["src/main.ts:12", "Harbour.moor()", "none.ts"] }]);
  assert.equal(await page.getByRole("link").count(), 0);
  await tell({ type: "places", names: ["src/main.ts:12", "Harbour.moor()"] });
  assert.deepEqual(await page.getByRole("link").allTextContents(), ["src/main.ts:12", "Harbour.moor()"]);
  await page.getByRole("link", { name: "src/main.ts:12" }).click();
  await page.getByRole("link", { name: "Harbour.moor()" }).press("Enter");
  assert.deepEqual(await said(), [
    { type: "openPlace", name: "src/main.ts:12" },
    { type: "openPlace", name: "Harbour.moor()" },
  ]);
  await tell(stateMessage([userMessage("1"), { ...answerMessage("Again `Harbour.moor()`."), id: "other" }]));
  await page.getByRole("link", { name: "Harbour.moor()" }).waitFor();
});

test("names are looked for when the reader comes to them, not of all answers at once", async () => {
  const { page, tell } = await openPage();
  const messages = Array.from({ length: 40 }, (_, index) => [
    userMessage(String(index)),
    { ...answerMessage(`In \`file${index}.ts\`.\n\n${"Words.\n\n".repeat(20)}`), id: String(index) },
  ]).flat();
  await tell(stateMessage(messages));
  await page.waitForFunction(() => window.posted.some(({ type }) => type === "findPlaces"));
  const asked = () =>
    page.evaluate(() => window.posted.flatMap((message) => (message.type === "findPlaces" ? message.names : [])));
  const atEnd = await asked();
  assert.ok(atEnd.includes("file39.ts") && !atEnd.includes("file0.ts"), atEnd.join());
  await page.locator(".scroller").evaluate((node) => (node.scrollTop = 0));
  await page.waitForFunction(() =>
    window.posted.some((message) => message.type === "findPlaces" && message.names.includes("file0.ts")),
  );
});
