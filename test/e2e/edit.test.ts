// Edit Selection as its user meets it, with an engine whose words the test knows: question, changes, keys.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");
const file = "src/boat.ts";
const original = fs.readFileSync(path.join(import.meta.dirname, "../fixtures/sample-workspace", file), "utf8");
const [berth, days] = [
  "  readonly berth: number;",
  "  const days = (departure.getTime() - arrival.getTime()) / millisecondsPerDay;",
];
const newBerth = "  readonly berth: string;";
const newDays = [
  "  const stay = departure.getTime() - arrival.getTime();",
  "  const days = stay / millisecondsPerDay;",
].join("\n");
const changed = original.replace(berth, newBerth).replace(days, newDays);
const lines = (text: string, first: number, last: number) =>
  text
    .split("\n")
    .slice(first - 1, last)
    .join("\n");

const [faulty, mended] = ['{ "height": 1 "load": 2 }\n', '{ "height": 1, "load": 2 }\n'];
const undocumented = "def lift(load):\n    return load + 1\n";
const documented = undocumented.replace("\n", '\n    """Lift the load."""\n');

let falcon: FalconWindow;
let workbench: Workbench;

before(async () => {
  const answer = lines(changed, 9, 22);
  falcon = await openFalcon(
    {},
    [...[{ text: answer }, { text: answer, pause: 150 }], ...[{ text: mended }, { text: documented }]],
    (workspace) => {
      fs.writeFileSync(path.join(workspace, "crane.json"), faulty);
      fs.writeFileSync(path.join(workspace, "crane.py"), undocumented);
    },
  );
  ({ workbench } = falcon);
  await workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

const lens = (text: string) => workbench.page.locator(".codelens-decoration a").getByText(text, { exact: true });

async function ask(instruction: string): Promise<void> {
  await workbench.openFile(file);
  await workbench.selectLines(9, 21);
  await workbench.page.keyboard.press("Control+k");
  await workbench.page.keyboard.press("Alt+d");
  await workbench.quickInput.fill(instruction);
  await workbench.quickRow(instruction).waitFor();
  await workbench.page.keyboard.press("Enter");
}

test("an edit shows as changes, of which one is accepted and one rejected by a key", async () => {
  await ask("berths have letters, and name the stay");
  await lens("Accept All (2)").waitFor();
  // Where VS Code puts what a screen reader says.
  const said = workbench.page.locator(".monaco-aria-container .monaco-alert", { hasText: "the changes are ready" });
  await said.waitFor({ state: "attached" });
  const text = (await workbench.lines()).join("\n");
  for (const line of [newBerth, ...newDays.split("\n")]) assert.ok(text.includes(line), text);
  // What was there stands beside it.
  await workbench.page.locator(".editor-instance .view-line", { hasText: newBerth.trim() }).first().waitFor();
  for (const theme of ["Light Modern", "Default High Contrast", "Dark Modern"] as const) {
    await workbench.setTheme(theme);
    await workbench.screenshot(path.join(pictures, `edit-${theme.toLowerCase().replaceAll(" ", "-")}.png`));
  }
  await workbench.goTo(9);
  await workbench.page.keyboard.press("Alt+y");
  await lens("Accept All (2)").waitFor({ state: "detached" });
  await workbench.page.keyboard.press("Alt+Backspace");
  await lens("Accept").waitFor({ state: "detached" });
  assert.equal(await workbench.save(file), original.replace(berth, newBerth));
  await workbench.page.keyboard.press("Control+z");
  assert.equal(await workbench.save(file), original, "the edit is one step to undo");
});

test("what is typed while an edit is written stays, beside the changes that are accepted", async () => {
  await ask("the same again");
  await lens("Falcon is writing… Stop").waitFor();
  await workbench.goTo(1);
  await workbench.type("// Mine.");
  await workbench.page.keyboard.press("Enter");
  await lens("Accept All (2)").waitFor();
  await workbench.page.keyboard.press("Shift+Alt+y");
  await lens("Accept All (2)").waitFor({ state: "detached" });
  assert.equal(await workbench.save(file), `// Mine.\n${changed}`);
});

test("what an error's lightbulb offers mends it", async () => {
  await workbench.openFile("crane.json");
  await workbench.page.locator(".editor-instance .squiggly-error").first().waitFor({ state: "attached" });
  await workbench.goTo(1, 15);
  await workbench.page.keyboard.press("Control+.");
  await workbench.page.locator(".action-widget .monaco-list-row", { hasText: "Fix with Falcon" }).click();
  await lens("Accept").waitFor();
  await workbench.page.keyboard.press("Alt+y");
  await lens("Accept").waitFor({ state: "detached" });
  assert.equal(await workbench.save("crane.json"), mended);
});

test("a docstring is put in, and no line of the code is touched", async () => {
  await workbench.openFile("crane.py");
  await workbench.selectLines(1, 2);
  await workbench.runCommand("Falcon: Add Documentation Comment");
  await lens("Accept").waitFor();
  await workbench.page.keyboard.press("Alt+y");
  await lens("Accept").waitFor({ state: "detached" });
  assert.equal(await workbench.save("crane.py"), documented);
});
