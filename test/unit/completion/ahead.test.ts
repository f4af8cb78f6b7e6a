import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { cursorAfterKey } from "../../../server/completion/ahead.ts";
import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import { requestAt } from "../../support/cursor.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const settings = { debounce: 0, maxTokens: 32 };
const never = new AbortController().signal;

test("the cursor stands behind what a key writes, and in the pair that the editor closes", () => {
  const after = (written: string) => cursorAfterKey({ start: 10, end: 10, inserted: written.length }, written);
  for (const written of ["a", " ", "}", "é", "漢"]) assert.equal(after(written), 11, written);
  assert.equal(after("😀"), 12);
  assert.equal(after("\n"), 11);
  assert.equal(after("\r\n\t  "), 15);
  for (const written of ["()", "[]", "{}", '""', "''", "``"]) assert.equal(after(written), 11, written);
});

test("what no single key writes tells of no cursor", () => {
  for (const written of ["", "ab", "(a", "\n  \n", "\na", "const x = 1;\n"]) {
    assert.equal(cursorAfterKey({ start: 0, end: 3, inserted: written.length }, written), undefined, written);
  }
});

test("a request finds what was begun for it, while it is written and afterwards", async () => {
  let finish: () => void = () => undefined;
  const model = scriptedModel({}, async (onText) => {
    onText("on");
    await new Promise<void>((resolve) => (finish = resolve));
    onText("e;");
    return "end" as const;
  });
  const completer = new InlineCompleter({ model });
  const begun = completer.begin(requestAt("let x = ║"), settings);
  await setImmediate();
  const asked = completer.complete(requestAt("let x = ║"), settings, never);
  await begun;
  await setImmediate();
  finish();
  assert.equal((await asked)?.text, "one;");
  assert.equal((await completer.complete(requestAt("let x = ║"), settings, never))?.text, "one;");
  assert.equal(model.asked.length, 1);
});

test("a request for another place ends what was begun", async () => {
  let isAborted = false;
  const model = scriptedModel({}, async (onText, signal) => {
    if (model.asked.length === 1) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      isAborted = true;
      return "aborted" as const;
    }
    onText("two;");
    return "end" as const;
  });
  const completer = new InlineCompleter({ model });
  const begun = completer.begin(requestAt("let x = ║"), settings);
  await setImmediate();
  assert.equal((await completer.complete(requestAt("f(║"), settings, never))?.text, "two;");
  await begun;
  assert.ok(isAborted);
});
