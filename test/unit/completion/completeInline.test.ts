import assert from "node:assert/strict";
import { test } from "node:test";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import type { Generation, LoadedModel, StopReason } from "../../../server/engine/engine.ts";
import { requestAt } from "../../support/cursor.ts";

const settings = { debounce: 0, maxTokens: 32 };
const never = new AbortController().signal;

const loaded: LoadedModel = {
  name: "",
  path: "",
  demonstration: false,
  architecture: "falcon",
  contextSize: 2048,
  infill: true,
  device: "CPU",
  gpuLayers: 0,
  layers: 33,
  sequences: 2,
  devices: [],
  passedOver: [],
  markers: [],
};

function generation(text: string, stopReason: StopReason = "end"): Generation {
  return { text, alternatives: [], stopReason, usage: { prompt: 0, reused: 0, generated: 0, guessed: 0, duration: 0 } };
}

/** A model that writes what the test says. */
class ScriptedModel {
  model = { ...loaded };
  writes = generation("");

  generate(_request: unknown, onText: (text: string) => void): Promise<Generation> {
    onText(this.writes.text);
    return Promise.resolve(this.writes);
  }

  countTokens(): Promise<number> {
    return Promise.resolve(1);
  }
}

test("what one model wrote is not shown as another's", async () => {
  const session = new ScriptedModel();
  const completer = new InlineCompleter(session);
  const complete = async () => (await completer.complete(requestAt("let x = ║"), settings, never))?.text;
  session.writes = generation("one");
  assert.equal(await complete(), "one");
  session.writes = generation("two");
  assert.equal(await complete(), "one", "the same model is not asked again");
  session.model = { ...loaded };
  assert.equal(await complete(), "two");
});

test("what a model process wrote before it died is not shown", async () => {
  const session = new ScriptedModel();
  const completer = new InlineCompleter(session);
  session.writes = generation("hal", "interrupted");
  assert.equal(await completer.complete(requestAt("let x = ║"), settings, never), undefined);
});
