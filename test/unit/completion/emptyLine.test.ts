import assert from "node:assert/strict";
import { test } from "node:test";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import { afterIndentation, continuedPrefix } from "../../../server/completion/emptyLine.ts";
import { requestAt } from "../../support/cursor.ts";
import { scriptedModel, textOf } from "../../support/scriptedModel.ts";

const never = new AbortController().signal;

/** What is shown at a picture's cursor of what a model writes there, and what the model was asked. */
async function complete(picture: string, written: string) {
  const model = scriptedModel({ infill: false }, (onText, signal) => {
    // By characters, as text streams.
    for (const character of written) if (!signal.aborted) onText(character);
    return "end";
  });
  const completer = new InlineCompleter({ model });
  const completion = await completer.complete(requestAt(picture), { debounce: 0, maxTokens: 32 }, never);
  return { shown: completion?.text, prompt: textOf(model.asked[0]?.prompt ?? []) };
}

test("on a line of indentation the model goes on where the line above ends", async () => {
  for (const written of ["\n  return a;\n}", "\n\n  return a;\n}", "\n  \n  return a;\n"]) {
    assert.deepEqual(await complete("function f(a) {\n  ║\n}", written), {
      shown: "return a;",
      prompt: "function f(a) {",
    });
  }
  assert.deepEqual(await complete("\tif (a) {\n\n\t\t║\n\t}", "\n\t\tb();\n\t}"), {
    shown: "b();",
    prompt: "\tif (a) {",
  });
});

test("several statements, and the block that one opens, keep their indentation", async () => {
  const { shown } = await complete("f(a) {\n  ║\n}", "\n  let b = a;\n  if (b) {\n    c();\n  }\n}\n");
  assert.equal(shown, "let b = a;\n  if (b) {\n    c();\n  }");
});

test("nothing is shown where the model goes on in the line above, or at another depth", async () => {
  for (const written of [" // why\n  return a;", "\n}\n", "\n    b();\n    c();\n", "\n\tb();", "\n", ""]) {
    assert.equal((await complete("f(a) {\n  ║", written)).shown, undefined, JSON.stringify(written));
  }
});

test("lines with text on either side, without indentation, and the start of a file are as they were", async () => {
  for (const picture of [
    "f(a) {\n  return ║",
    "let a;\n║",
    "  ║\nlet a;",
    "║ b",
    "let a;  ║",
    "f(\n  ║);",
    "a = [\n    ║]",
  ]) {
    const { prompt } = await complete(picture, "x");
    assert.equal(prompt, picture.split("║", 1)[0]);
  }
});

test("what comes after the cursor shows once the indentation is whole", () => {
  const cursor = { prefix: "a:\n    ", suffix: "\nb" };
  assert.equal(continuedPrefix(cursor), "a:");
  assert.equal(afterIndentation("\n  ", cursor), "");
  assert.equal(afterIndentation("\n    b", cursor), "b");
  assert.equal(afterIndentation("\n      b", cursor), undefined);
  assert.equal(afterIndentation("\n  b", cursor), undefined);
});
