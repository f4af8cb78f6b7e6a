import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import type { Generation, LoadedModel, Model, StopReason } from "../../../server/engine/engine.ts";
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
  promptRate: 10_000,
  devices: [],
  passedOver: [],
  markers: [],
};

function generation(text: string, stopReason: StopReason = "end"): Generation {
  return {
    text,
    alternatives: [],
    stopReason,
    usage: { prompt: 0, reused: 0, generated: 0, accepted: 0, duration: 0 },
  };
}

/** A model that writes what the test says. */
function modelThatWrites(written: () => Generation): Model {
  return {
    info: loaded,
    generate: (_request, onText) => {
      onText(written().text);
      return Promise.resolve(written());
    },
    score: () => Promise.reject(new Error("not asked for")),
    countTokens: () => Promise.resolve(1),
  };
}

test("what one model wrote is not shown as another's", async () => {
  let written = generation("one");
  const current = { model: modelThatWrites(() => written) };
  const completer = new InlineCompleter(current);
  const complete = async () => (await completer.complete(requestAt("let x = ║"), settings, never))?.text;
  assert.equal(await complete(), "one");
  written = generation("two");
  assert.equal(await complete(), "one", "the same model is not asked again");
  current.model = modelThatWrites(() => written);
  assert.equal(await complete(), "two");
});

test("what a model process wrote before it died is not shown", async () => {
  const completer = new InlineCompleter({ model: modelThatWrites(() => generation("hal", "interrupted")) });
  assert.equal(await completer.complete(requestAt("let x = ║"), settings, never), undefined);
});

test("the model is asked after the pause, and not at all when that is cut short", async () => {
  let asked = 0;
  const model = modelThatWrites(() => generation("one"));
  const completer = new InlineCompleter({
    model: {
      ...model,
      generate: (...request) => {
        asked++;
        return model.generate(...request);
      },
    },
  });
  const complete = (debounce: number, request = requestAt("let x = ║"), signal = never) =>
    completer.complete(request, { ...settings, debounce }, signal);
  const controller = new AbortController();
  const cancelled = complete(600_000, requestAt("a║"), controller.signal);
  // Whatever does not wait for time has come to its end after that.
  await setImmediate();
  controller.abort();
  assert.equal(await cancelled, undefined);
  const older = complete(600_000, requestAt("ab║"));
  await setImmediate();
  assert.equal(asked, 0);
  assert.equal((await complete(1))?.text, "one");
  assert.equal(await older, undefined);
  assert.equal(asked, 1);
});
