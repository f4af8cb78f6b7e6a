// Writing as its user meets it, with an engine whose words the test knows: from the list of commands to the words in the file.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");
const file = "notes.md";
const code = "```sh\n# teh boat\n```";
const address = "https://a.b/c%20d?e=(f)#g";
const notes = `Teh boat is hear.\n\n${code}\n\nSee [teh guide](${address}).\n`;

/** In the order in which the tests ask for them. */
const answers = [
  { text: "The boat is here." },
  { text: "See [the guide][1]." },
  { text: "La barca è qui.", pause: 100 },
  { text: "Vedi [la guida][1]." },
  { text: "Raise the crane" },
];

let falcon: FalconWindow;
let workbench: Workbench;

before(async () => {
  falcon = await openFalcon({ "git.enabled": true }, answers, (workspace) => {
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.org", ...args], { cwd: workspace });
    const crane = path.join(workspace, "crane.py");
    fs.writeFileSync(path.join(workspace, file), notes);
    fs.writeFileSync(crane, "height = 1\n");
    git("init", "-q");
    git("add", "crane.py");
    git("commit", "-q", "-m", "Add a crane");
    fs.writeFileSync(crane, "height = 2\n");
    git("add", "crane.py");
  });
  ({ workbench } = falcon);
  await workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

/** What accepts one change; where a line has several, it names the words. */
const accepts = () => workbench.page.locator(".codelens-decoration a").getByText(/^Accept(?: “.*”)?$/);
const picture = (name: string) => workbench.screenshot(path.join(pictures, `write-${name}.png`));

/** Waits until so many changes wait to be decided. */
async function whenWaiting(count: number): Promise<void> {
  await (count === 0
    ? accepts().first().waitFor({ state: "detached" })
    : accepts()
        .nth(count - 1)
        .waitFor());
}

test("each word that is corrected is accepted or rejected by a key", async () => {
  await workbench.openFile(file);
  await workbench.runCommand("Falcon: Write…");
  await workbench.quickRow("Fix Grammar and Spelling").waitFor();
  await picture("list");
  await workbench.quickRow("Fix Grammar and Spelling").click();
  await whenWaiting(3);
  for (const theme of ["Light Modern", "Default High Contrast", "Dark Modern"] as const) {
    await workbench.setTheme(theme);
    await picture(theme.toLowerCase().replaceAll(" ", "-"));
  }
  await workbench.goTo(1);
  await workbench.page.keyboard.press("Alt+j");
  await workbench.status("Ln 1, Col 13").waitFor();
  await workbench.page.keyboard.press("Shift+Alt+j");
  await workbench.status("Ln 1, Col 1").waitFor();
  await workbench.page.keyboard.press("Alt+y");
  await accepts().nth(2).waitFor({ state: "detached" });
  await workbench.page.keyboard.press("Alt+Backspace");
  await accepts().nth(1).waitFor({ state: "detached" });
  await workbench.page.keyboard.press("Alt+y");
  await whenWaiting(0);
  assert.equal(await workbench.save(file), notes.replace("Teh", "The").replace("[teh", "[the"));
});

test("a translation keeps a block of code and a link byte for byte", async () => {
  await workbench.runCommand("Falcon: Translate…");
  await workbench.quickRow("Italian").click();
  await accepts().first().waitFor();
  await workbench.page.locator(".view-line", { hasText: "la guida" }).first().waitFor();
  await picture("translation");
  await workbench.page.keyboard.press("Shift+Alt+y");
  await whenWaiting(0);
  assert.equal(await workbench.save(file), `La barca è qui.\n\n${code}\n\nVedi [la guida](${address}).\n`);
});

test("the message of a commit is written from what is staged, by the button of the Source Control view", async () => {
  await workbench.page.keyboard.press("Control+Shift+g");
  await workbench.page.locator(".scm-view .monaco-list-row", { hasText: "crane.py" }).first().waitFor();
  const button = workbench.page.getByRole("button", { name: "Write Commit Message" }).first();
  await button.waitFor();
  await picture("commit-button");
  await button.click();
  await workbench.page.locator(".scm-editor .view-line", { hasText: "Raise the crane" }).waitFor();
});
