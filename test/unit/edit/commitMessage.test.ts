// The message of a commit: what the model is asked, and what is taken of its answer.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { askForCommitMessage, cleanCommitMessage } from "../../../server/edit/commitMessage.ts";
import { editText } from "../../../server/edit/editText.ts";
import { crossesOf, scriptedModel, textOf } from "../../support/scriptedModel.ts";

suite("the message of a commit", () => {
  test("is asked for in the style of the earlier ones", () => {
    assert.match(
      askForCommitMessage("Il porto ha una gru\nLa nave parte\n"),
      /- Il porto ha una gru\n- La nave parte$/,
    );
    assert.doesNotMatch(askForCommitMessage("Il porto ha una gru\n"), /conventional/);
    assert.match(askForCommitMessage("feat(port): a crane\nfix!: the ship\nOther"), /conventional commits/);
    assert.doesNotMatch(askForCommitMessage("feat(port): a crane\nOther: one\nAnother"), /conventional/);
    assert.doesNotMatch(askForCommitMessage(""), /other commits/);
  });

  for (const [answer, message] of [
    ["Add a crane", "Add a crane"],
    ['"Add a crane"\n', "Add a crane"],
    ["**Commit message:** `feat: add a crane`", "feat: add a crane"],
    ["Commit message: `feat: add a crane`", "feat: add a crane"],
    ["Subject: Add a crane\nIt lifts ships.\n", "Add a crane\n\nIt lifts ships."],
    [
      "Commit message:\n\nAdd a crane\n\n- It lifts ships.\n- It turns.",
      "Add a crane\n\n- It lifts ships.\n- It turns.",
    ],
    ["# Add a crane\r\n\r\nIt lifts.", "Add a crane\n\nIt lifts."],
    ['Say "hello" to "ships"', 'Say "hello" to "ships"'],
    ["`crane` lifts `ships`", "`crane` lifts `ships`"],
    ["", ""],
  ] as const) {
    test(`of the answer ${JSON.stringify(answer)}`, () => assert.equal(cleanCommitMessage(answer), message));
  }

  test("needs no room for the diff again: the diff is shortened until it fits, and the answer has a size of its own", async () => {
    const model = scriptedModel({ contextSize: 1000 }, (onText) => {
      onText("Sure, here is the message:\n```\n'Add a crane'\n```\nI hope it helps.");
      return "end";
    });
    const file = (name: string) => `diff --git a/${name} b/${name}\n@@ -0,0 +1 @@\n${"+✚✚✚✚✚\r\n".repeat(2000)}`;
    const result = await editText(
      {
        command: "commitMessage",
        instruction: "",
        uri: "file:///harbour",
        languageId: "diff",
        text: file("crane.py") + file("quay.py"),
        before: "",
        after: "",
      },
      { model, isPrivate: false },
      () => undefined,
      new AbortController().signal,
    );
    assert.deepEqual(result, { text: "Add a crane", stopReason: "end" });
    const [asked] = model.asked;
    assert.ok(asked);
    assert.equal(asked.repeatsPrompt, false);
    const crosses = crossesOf(asked.prompt);
    assert.ok(crosses > 400 && crosses + asked.maxTokens < 1000, `${crosses} of the diff`);
    assert.match(textOf(asked.prompt), /crane\.py[^]*quay\.py[^]*```\n$/);
  });
});
