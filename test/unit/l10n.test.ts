// Every text that a user sees has its Italian, with the same placeholders.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { suite, test } from "node:test";

import { getL10nJson } from "@vscode/l10n-dev";

const root = path.resolve(import.meta.dirname, "../..");

function readText(file: string): string {
  return fs.readFileSync(path.join(root, file), "utf8");
}

function readTexts(file: string): Record<string, string> {
  return JSON.parse(readText(file)) as Record<string, string>;
}

function placeholders(text: string): string[] {
  return Array.from(text.matchAll(/\{\w+\}/g), ([placeholder]) => placeholder).sort();
}

function assertSameKeys(actual: Iterable<string>, expected: Iterable<string>): void {
  assert.deepEqual([...new Set(actual)].sort(), [...new Set(expected)].sort());
}

suite("l10n", () => {
  test("the Italian bundle has exactly the texts of the code", async () => {
    const sources = ["src", "server"].flatMap((folder) =>
      fs.readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
    );
    const scripts = sources.filter((file) => file.endsWith(".ts")).map(readText);
    // What does not name the API holds no text of it, and is slow to parse.
    const users = scripts.filter((contents) => contents.includes("l10n"));
    const texts = await getL10nJson(users.map((contents) => ({ contents, extension: ".ts" })));
    assert.ok(Object.keys(texts).length > 80, "the texts are found");
    const italian = readTexts("l10n/bundle.l10n.it.json");
    assertSameKeys(Object.keys(italian), Object.keys(texts));
    for (const [english, translation] of Object.entries(italian)) {
      assert.notEqual(translation, "", english);
      assert.deepEqual(placeholders(translation), placeholders(english), english);
    }
  });

  test("the texts of package.json are there in both languages", () => {
    const used = Array.from(readText("package.json").matchAll(/"%([^"%]+)%"/g), ([, key]) => key ?? "");
    const english = readTexts("package.nls.json");
    const italian = readTexts("package.nls.it.json");
    assertSameKeys(Object.keys(english), used);
    assertSameKeys(Object.keys(italian), used);
    const commands = (text: string) => Array.from(text.matchAll(/\]\(command:([\w.]+)\)/g), ([, command]) => command);
    for (const key of used) {
      assert.deepEqual(commands(italian[key] ?? ""), commands(english[key] ?? ""), key);
    }
  });
});
