// The message of a commit, in a real repository, with a server whose answers the tests write.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import { after, before, beforeEach, describe, it } from "mocha";
import { ConfigurationTarget, Uri, commands, window, workspace } from "vscode";

import type { Repository } from "../../src/chat/context/git.ts";
import type { TestApi } from "../../src/extension.ts";
import type { EditParams } from "../../src/shared/edit.ts";
import { openRepository, readyFalcon } from "./falcon.ts";

describe("the message of a commit", () => {
  let falcon: TestApi;
  let folder: Uri;
  let box: Repository["inputBox"];
  let asked: EditParams[];
  let refusals: string[];
  const showErrorMessage = Object.getOwnPropertyDescriptor(window, "showErrorMessage");

  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@b", ...args], { cwd: folder.fsPath });
  const write = (name: string, text: string) =>
    workspace.fs.writeFile(Uri.joinPath(folder, name), Buffer.from(`${text}\n`));
  const writeMessage = () => commands.executeCommand("falcon.writeCommitMessage", { rootUri: folder });

  before(async () => {
    falcon = await readyFalcon();
    const root = workspace.workspaceFolders?.[0];
    assert.ok(root, "there is a workspace");
    folder = Uri.joinPath(root.uri, "shipyard");
    await write("crane.py", "height = 1");
    git("init", "-q");
    git("add", "-A");
    git("commit", "-q", "-m", "The yard has a crane");
    box = (await openRepository(folder)).inputBox;
    Object.defineProperty(window, "showErrorMessage", {
      configurable: true,
      value: (message: string) => {
        refusals.push(message);
        return Promise.resolve(undefined);
      },
    });
  });

  beforeEach(async () => {
    asked = [];
    refusals = [];
    box.value = "Mine";
    // VS Code tells back what was put in, last test's texts, too, before it answers this.
    await commands.executeCommand("setContext", "falcon.test", true);
  });

  after(async () => {
    Reflect.deleteProperty(falcon.server, "edit");
    if (showErrorMessage) Object.defineProperty(window, "showErrorMessage", showErrorMessage);
    await workspace.getConfiguration().update("git.enabled", false, ConfigurationTarget.Global);
    await workspace.fs.delete(folder, { recursive: true });
  });

  function answer(text: string, meanwhile: () => void = () => undefined): void {
    falcon.server.edit = (params, onDelta, signal) => {
      asked.push(params);
      onDelta("Sure:\n");
      meanwhile();
      onDelta(text);
      return Promise.resolve({ text, stopReason: signal.aborted ? "aborted" : "end" });
    };
  }

  it("is not asked for where nothing is staged", async () => {
    answer("A higher crane");
    await write("crane.py", "height = 2");
    await writeMessage();
    assert.deepEqual(asked, []);
    assert.match(refusals.join(), /^Nothing is staged/);
    assert.equal(box.value, "Mine");
  });

  it("is asked for of what is staged, without secrets, and written into the box", async () => {
    answer("A higher crane");
    await write("crane.py", "height = 2");
    await write(".env", "PASSWORD=herring");
    git("add", "-A", "-f");
    await write("crane.py", "height = 3");
    await writeMessage();
    assert.deepEqual(refusals, []);
    assert.ok(asked[0]);
    assert.match(asked[0].text, /-height = 1\n\+height = 2/);
    assert.doesNotMatch(asked[0].text, /herring|height = 3/);
    assert.equal(asked[0].instruction, "The yard has a crane\n");
    assert.equal(box.value, "A higher crane");
  });

  it("is asked for of five megabytes that are staged, and of what is no text", async () => {
    answer("A log of the yard");
    const line = "the crane lifts a ton\n";
    await write("b.log", line.repeat(5_000_000 / line.length));
    await write("a.bin", "\0\u0001\0");
    git("add", "a.bin", "b.log");
    await writeMessage();
    git("reset", "-q", "a.bin", "b.log");
    assert.deepEqual(refusals, []);
    const text = asked[0]?.text ?? "";
    assert.match(text, /Binary files \/dev\/null and b\/a\.bin differ/);
    assert.match(text, /diff --git a\/b\.log b\/b\.log\n[^]*\+the crane lifts a ton\n/);
    assert.equal(box.value, "A log of the yard");
  });

  it("leaves what the user writes meanwhile", async () => {
    answer("A higher crane", () => (box.value = "My own words"));
    await writeMessage();
    assert.equal(box.value, "My own words");
    assert.deepEqual(refusals, []);
  });

  it("gives back what stood there when it fails", async () => {
    falcon.server.edit = (_, onDelta) => {
      onDelta("A higher\n");
      assert.equal(box.value, "A higher");
      return Promise.resolve({ text: "A higher", stopReason: "limit" });
    };
    await writeMessage();
    assert.equal(box.value, "Mine");
    assert.match(refusals.join(), /reached its limit/);
  });
});
