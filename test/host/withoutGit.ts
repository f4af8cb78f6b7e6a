// What needs git says so where VS Code has none. Runs before the tests that switch it on: it stays on.

import assert from "node:assert/strict";

import { describe, it } from "mocha";

import { attachChanges } from "../../src/chat/context/changes.ts";
import { writeCommitMessage } from "../../src/edit/commitMessage.ts";
import { activateFalcon } from "./falcon.ts";

describe("without git", () => {
  const refusal = /^Error: VS Code has no git to run\. Install git, or switch on the setting git\.enabled\.$/;

  it("no message of a commit is written", async () => {
    const falcon = await activateFalcon();
    await assert.rejects(writeCommitMessage(undefined, falcon), refusal);
  });

  it("no changes are attached", async () => {
    const { settings } = await activateFalcon();
    await assert.rejects(attachChanges(settings, 1000), refusal);
  });
});
