// An edit, from the request to the new text, with a model that writes what the test says.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { editText } from "../../../server/edit/editText.ts";
import type { EditRequest } from "../../../server/edit/commands.ts";
import type { LoadedModel } from "../../../server/engine/engine.ts";
import { UserError } from "../../../server/userError.ts";
import { scriptedModel, textOf } from "../../support/scriptedModel.ts";

const request: EditRequest = {
  command: "edit",
  instruction: "rename a to c",
  uri: "file:///x/main.py",
  languageId: "python",
  text: "    a = 1\r\n    b = a",
  before: "def f():\r\n",
  after: "\r\n\r\nf()\r\n",
};

async function edit(answer: string, asked: Partial<EditRequest> = {}, info: Partial<LoadedModel> = {}) {
  const model = scriptedModel(info, (onText) => {
    for (const character of answer) onText(character);
    return "end";
  });
  const shown: string[] = [];
  const options = { model, isPrivate: false };
  const onText = (text: string) => shown.push(text);
  const result = await editText({ ...request, ...asked }, options, onText, new AbortController().signal);
  return { result, shown: shown.join(""), model };
}

suite("an edit", () => {
  test("opens the answer's fence, and expects the text to be repeated", async () => {
    const { model } = await edit("    c = 1\n    b = c");
    const [asked] = model.asked;
    const prompt = textOf(asked?.prompt ?? []);
    assert.ok(prompt.endsWith("Assistant:\n```python\n"), prompt);
    assert.ok(prompt.includes("main.py:\n```python\n    a = 1\n    b = a\n```\n\nChange it: rename a to c"), prompt);
    assert.ok(prompt.includes("Before the text stands:\n```python\ndef f():\n"), prompt);
    assert.equal(asked?.repeatsPrompt, true);
    assert.equal(asked.temperature, 0);
    assert.deepEqual(asked.stop[0], "\n```");
  });

  test("gives the new text with the old one's line ends, and in lines as they come", async () => {
    const { result, shown } = await edit("    c = 1\n    b = c\n");
    assert.deepEqual(result, { text: "    c = 1\r\n    b = c", stopReason: "end" });
    assert.equal(shown, "    c = 1\n    b = c\n");
  });

  test("writes tests as they come, with what they are written in and other tests to go by", async () => {
    const tests = { framework: "vitest", file: "test/main.test.ts", source: "src/main.ts" };
    const after = 'import { test } from "vitest";';
    const { result, model } = await edit("Here are the tests:\n```ts\n\ntest(a);\n```\nDone.", {
      command: "tests",
      tests,
      before: "",
      after,
    });
    assert.deepEqual(result, { text: "test(a);", stopReason: "end" });
    const prompt = textOf(model.asked[0]?.prompt ?? []);
    assert.match(
      prompt,
      /Write tests for it with vitest: .* into test\/main\.test\.ts\. The code is in \.\.\/src\/main\.ts\./,
    );
    assert.match(prompt, /for their style:\n```python\nimport \{ test \} from "vitest";\n```/);
    assert.doesNotMatch(prompt, /Change it|def f/);
    const { model: other } = await edit("", { command: "tests", before: "", after: "" });
    assert.match(
      textOf(other.asked[0]?.prompt ?? []),
      /Write tests for it: [^.]*\. Write the tests with what they import/,
    );
  });

  test("writes names as they come, and a text of its own where there is none to change", async () => {
    const named = await edit("a\nb\n", { command: "name", instruction: "old" });
    assert.equal(named.result.text, "a\nb\n");
    assert.match(textOf(named.model.asked[0]?.prompt ?? []), /names for `old` in it/);
    const composed = await edit("\n# Plan\n", {
      command: "compose",
      instruction: "Plan it.",
      text: "",
      languageId: "markdown",
    });
    assert.deepEqual(composed.result, { text: "# Plan", stopReason: "end" });
    assert.match(textOf(composed.model.asked[0]?.prompt ?? []), /User: Plan it\.\n/);
  });

  test("keeps empty lines where a family's chats have none", async () => {
    const { model } = await edit("", { text: "a\n\n\nb" });
    assert.ok(textOf(model.asked[0]?.prompt ?? []).includes("a\n\n\nb"));
  });

  test("ends with the answer's fence", async () => {
    const { result } = await edit("    c\n```\nI have renamed it.");
    assert.deepEqual(result, { text: "    c", stopReason: "end" });
  });

  test("has a fence that is in none of its texts", async () => {
    const { model } = await edit("", { text: "```\na\n```", languageId: "markdown" });
    assert.ok(textOf(model.asked[0]?.prompt ?? []).endsWith("\n````markdown\n"));
  });

  test("is refused where the text and its answer do not fit, and leaves out what stands around where that does not", async () => {
    await assert.rejects(edit("", { text: "✚".repeat(600) }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /falcon\.model\.contextSize/);
      return true;
    });
    const { model } = await edit("", { text: "✚".repeat(300), before: `${"✚".repeat(1000)}\n`.repeat(2) });
    const prompt = textOf(model.asked[0]?.prompt ?? []);
    assert.ok(!prompt.includes("Before the text"), "what stands before it is left out");
  });

  test("is not asked of a demonstration model", async () => {
    const { result, model } = await edit("", {}, { demonstration: true });
    assert.equal(result.problem?.action, "selectModel");
    assert.deepEqual(model.asked, []);
  });
});
