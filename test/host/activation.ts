// The extension starts, and its commands and keys are there.

import assert from "node:assert/strict";

import { describe, it } from "mocha";
import { Uri, commands, extensions, workspace } from "vscode";

import { activateFalcon, extensionId } from "./falcon.ts";

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly keybindings: readonly { readonly command: string; readonly key: string; readonly mac?: string }[];
  };
}

interface Keybinding {
  readonly key: string;
  readonly command: string;
  /** “false”: it never acts. */
  readonly when?: string;
}

function manifest(): Manifest {
  return extensions.getExtension(extensionId)?.packageJSON as Manifest;
}

describe("activation", () => {
  it("starts the extension", async () => {
    await activateFalcon();
    assert.equal(extensions.getExtension(extensionId)?.isActive, true);
  });

  it("registers every contributed command", async () => {
    const registered = await commands.getCommands(true);
    const missing = manifest().contributes.commands.filter(({ command }) => !registered.includes(command));
    assert.deepEqual(missing, []);
  });

  it("takes no key that VS Code uses", async () => {
    const document = await workspace.openTextDocument(Uri.parse("vscode://defaultsettings/keybindings.json"));
    const theirs = parseKeybindings(document.getText()).filter(
      ({ command, when }) => !command.startsWith("falcon.") && when !== "false",
    );
    assert.ok(theirs.length > 500, "the defaults are there");
    const taken = new Set(theirs.map(({ key }) => normalizeKey(key)));
    assert.ok(taken.has(normalizeKey(process.platform === "darwin" ? "cmd+k cmd+s" : "ctrl+k ctrl+s")));
    const ours = manifest().contributes.keybindings.map(({ key, mac }) =>
      normalizeKey(process.platform === "darwin" && mac !== undefined ? mac : key),
    );
    assert.deepEqual(
      ours.filter((key) => taken.has(key)),
      [],
    );
  });
});

/** The defaults are JSON with comments, one keybinding's key and command a line each. */
function parseKeybindings(text: string): Keybinding[] {
  const json = text.replace(/^\s*\/\/.*$/gm, "");
  return JSON.parse(json) as Keybinding[];
}

/** The same keys are the same text, whatever the order of the modifiers. */
function normalizeKey(key: string): string {
  const chords = key.toLowerCase().split(" ");
  return chords.map((chord) => chord.split("+").sort().join("+")).join(" ");
}
