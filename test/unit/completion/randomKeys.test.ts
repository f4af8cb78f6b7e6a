// Whatever somebody does while the model writes, one generation runs at a time, and what is shown belongs where the cursor is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import type { CompletionRequest } from "../../../server/completion/request.ts";
import { requestAt } from "../../support/cursor.ts";
import fc from "../../support/fastCheck.ts";
import { scriptedModel, textOf } from "../../support/scriptedModel.ts";

/** Each document counts in words of its own, and so does the model: what it writes elsewhere, or to another text, is wrong here. */
const digits: Readonly<Record<string, string>> = { "file:///a": "abcdefghij", "file:///b": "qrstuvwxyz" };

/** The text that counts on from its end: "xab" by "cd". */
function countedOn(text: string, length: number): string {
  const last = text.at(-1) ?? "";
  const own = Object.values(digits).find((each) => each.includes(last)) ?? "abcdefghij";
  return Array.from({ length }, (_, i) => own[(own.indexOf(last) + 1 + i) % own.length]).join("");
}

/** Writes a letter at each turn of the event loop; a text that is stopped ends a turn later, as the engine's does. */
function counting() {
  let running = 0;
  let most = 0;
  const model = scriptedModel({ infill: false }, async (onText, signal) => {
    most = Math.max(most, ++running);
    const prompt = textOf(model.asked.at(-1)?.prompt ?? []);
    for (const letter of countedOn(prompt, 8)) {
      await setImmediate();
      if (!signal.aborted) onText(letter);
    }
    running--;
    return signal.aborted ? "aborted" : "limit";
  });
  return { model, most: () => most };
}

interface Shown {
  readonly request: CompletionRequest;
  readonly text: string | undefined;
}

/** What the user does: types on, types another letter, deletes, goes to the other document, takes back, gives up, or waits. */
const deeds = ["on", "on", "other", "delete", "elsewhere", "undo", "cancel", "wait"] as const;
type Deed = (typeof deeds)[number];

/** Two documents, and the one that the user is in. */
class Editor {
  uri = "file:///a";
  readonly #texts = new Map([
    ["file:///a", "let a"],
    ["file:///b", "let q"],
  ]);
  readonly #before: { readonly uri: string; readonly text: string }[] = [];

  get text(): string {
    return this.#texts.get(this.uri) ?? "";
  }

  do(deed: Deed): void {
    if (deed === "on") this.#write(this.text + countedOn(this.text, 1));
    if (deed === "other") this.#write(this.text + countedOn(this.text, 3).slice(-1));
    if (deed === "delete" && this.text.length > 5) this.#write(this.text.slice(0, -1));
    if (deed === "elsewhere") this.uri = this.uri === "file:///a" ? "file:///b" : "file:///a";
    const last = deed === "undo" ? this.#before.pop() : undefined;
    if (last) this.#texts.set(last.uri, last.text);
  }

  #write(text: string): void {
    this.#before.push({ uri: this.uri, text: this.text });
    this.#texts.set(this.uri, text);
  }
}

async function act(happened: readonly Deed[]) {
  const { model, most } = counting();
  const completer = new InlineCompleter({ model });
  const editor = new Editor();
  const shown: Promise<Shown>[] = [];
  let cancel = new AbortController();
  for (const deed of happened) {
    editor.do(deed);
    if (deed === "cancel") cancel.abort();
    if (deed === "wait") for (let i = 0; i < 5; i++) await setImmediate();
    if (deed === "wait" || deed === "cancel") continue;
    cancel = new AbortController();
    const request = { ...requestAt(`${editor.text}║`), uri: editor.uri };
    const asked = completer.complete(request, { debounce: 0, maxTokens: 32 }, cancel.signal);
    shown.push(asked.then((completion) => ({ request, text: completion?.text })));
    await setImmediate();
  }
  return { shown: await Promise.all(shown), most: most() };
}

test("keys, deletions, undo, another document and cancelled requests, in any order", async () => {
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...deeds), { minLength: 1, maxLength: 25 }), async (happened) => {
      const { shown, most } = await act(happened);
      assert.ok(most <= 1, `${most} ran at once`);
      for (const { request, text } of shown) {
        if (text === undefined) continue;
        seen++;
        assert.equal(text, countedOn(request.prefix, text.length));
      }
    }),
  );
  assert.ok(seen > 50, `${seen} texts were shown`);
});
