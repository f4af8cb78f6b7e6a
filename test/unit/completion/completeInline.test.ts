import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import type { Generation, LoadedModel, Model, StopReason } from "../../../server/engine/engine.ts";
import { requestAt } from "../../support/cursor.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

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
  kvCache: "f16",
  flashAttention: false,
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

test("the model is asked after the pause while it is busy, and not at all when that is cut short", async () => {
  const model = scriptedModel({}, (onText) => {
    onText("one");
    return "end";
  });
  const current = { model, queue: 1 };
  const completer = new InlineCompleter(current);
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
  assert.equal(model.asked.length, 0);
  assert.equal((await complete(1))?.text, "one");
  assert.equal(await older, undefined);
  assert.equal(model.asked.length, 1);
  current.queue = 0;
  assert.equal((await complete(600_000, requestAt("abc║")))?.text, "one");
});

/** A completer whose model writes when the test says so. */
function typing() {
  const runs: { write: (text: string) => void; end: (reason: "end" | "limit") => void; aborted: boolean }[] = [];
  let running = 0;
  let most = 0;
  const model = scriptedModel({}, async (onText, signal) => {
    most = Math.max(most, ++running);
    const reason = await new Promise<"end" | "limit" | "aborted">((resolve) => {
      const run = { write: onText, end: resolve, aborted: false };
      runs.push(run);
      signal.addEventListener("abort", () => {
        run.aborted = true;
        // The engine ends after the step that it is at.
        void setImmediate().then(() => resolve("aborted"));
      });
    });
    running--;
    return reason;
  });
  const completer = new InlineCompleter({ model });
  const key = async (picture: string, signal = never) => {
    const shown = completer.complete(requestAt(picture), settings, signal).then((completion) => completion?.text);
    for (let i = 0; i < 5; i++) await setImmediate();
    return { shown };
  };
  const runAt = (i: number) => runs.at(i) ?? assert.fail("nothing runs");
  return { runs, runAt, key, most: () => most };
}

test("a key that agrees with what runs takes it over, and the older request gives up", async () => {
  const { runs, runAt, key } = typing();
  const first = await key("let x = ║;");
  const second = await key("let x = c║;");
  runAt(0).write("comp");
  const third = await key("let x = co║;");
  runAt(0).write("ute(1)");
  runAt(0).end("end");
  assert.deepEqual(await Promise.all([first.shown, second.shown, third.shown]), [undefined, undefined, "mpute(1)"]);
  assert.equal(runs.length, 1);
});

test("one that does not agree, at once or once it shows, ends what runs", async () => {
  const { runs, runAt, key, most } = typing();
  await key("let x = ║;");
  runAt(0).write("comp");
  await key("let x = d║;");
  assert.deepEqual([runAt(0).aborted, runs.length], [true, 2]);
  const typed = await key("let x = de║;");
  assert.equal(runs.length, 2);
  runAt(1).write("oo");
  assert.ok(runAt(1).aborted);
  for (let i = 0; i < 5; i++) await setImmediate();
  assert.equal(runs.length, 3);
  runAt(2).write("lta");
  runAt(2).end("end");
  assert.equal(await typed.shown, "lta");
  await key("let y = d║;");
  await key("let z = d║;");
  assert.ok(runAt(3).aborted);
  assert.equal(most(), 1, "more than one ran at once");
});

test("a key beyond the end of what was written asks anew", async () => {
  const { runs, runAt, key } = typing();
  await key("let x = ║;");
  const beyond = await key("let x = compute║;");
  runAt(0).write("comp");
  runAt(0).end("end");
  for (let i = 0; i < 5; i++) await setImmediate();
  assert.equal(runs.length, 2);
  runAt(1).write("(1)");
  runAt(1).end("end");
  assert.equal(await beyond.shown, "(1)");
});

test("what runs outlives the cancelled request until the next key, and no longer", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { runs, runAt, key } = typing();
  const cancel = async (picture: string) => {
    const controller = new AbortController();
    const { shown } = await key(picture, controller.signal);
    controller.abort();
    assert.equal(await shown, undefined);
  };
  await cancel("let x = ║;");
  t.mock.timers.tick(100);
  const { shown } = await key("let x = c║;");
  t.mock.timers.tick(1000);
  runAt(0).write("compute");
  runAt(0).end("end");
  assert.equal(await shown, "ompute");
  await cancel("let y = ║;");
  assert.ok(!runAt(1).aborted);
  t.mock.timers.tick(1000);
  assert.ok(runAt(1).aborted);
  assert.equal(runs.length, 2);
});

test("whoever comes back to the place of what was ended, while that still stops, gets an answer", async () => {
  let stop: () => void = () => undefined;
  const model = scriptedModel({}, async (onText, signal) => {
    onText("one");
    if (model.asked.length > 1) return "end";
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await new Promise<void>((resolve) => (stop = resolve));
    return "aborted";
  });
  const completer = new InlineCompleter({ model });
  const key = async (picture: string) => {
    const shown = completer.complete(requestAt(picture), settings, never).then((completion) => completion?.text);
    for (let i = 0; i < 5; i++) await setImmediate();
    return { shown };
  };
  await key("let x = ║;");
  const other = await key("let x = t║;");
  const back = await key("let x = ║;");
  stop();
  assert.deepEqual(await Promise.all([other.shown, back.shown]), [undefined, "one"]);
});

test("a fault of what nobody waits for any more is no one's", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note);
  try {
    const controller = new AbortController();
    const model = scriptedModel({}, async () => {
      await setImmediate();
      throw new Error("the batch failed");
    });
    const shown = new InlineCompleter({ model }).complete(requestAt("let x = ║"), settings, controller.signal);
    await Promise.resolve();
    controller.abort();
    assert.equal(await shown, undefined);
    for (let i = 0; i < 5; i++) await setImmediate();
    assert.deepEqual(unhandled, []);
  } finally {
    process.off("unhandledRejection", note);
  }
});

test("a fault of the engine reaches the request that waits, and the next one is asked anew", async () => {
  let fails = true;
  const model = scriptedModel({}, (onText) => {
    if (fails) throw new Error("the batch failed");
    onText("one");
    return "end";
  });
  const completer = new InlineCompleter({ model });
  const complete = async () => (await completer.complete(requestAt("let x = ║"), settings, never))?.text;
  await assert.rejects(complete(), /the batch failed/);
  fails = false;
  assert.equal(await complete(), "one");
});
