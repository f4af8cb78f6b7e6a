import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { InlineCompleter } from "../../../server/completion/completeInline.ts";
import type { GenerateRequest, Model } from "../../../server/engine/engine.ts";
import { requestAt } from "../../support/cursor.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const settings = { debounce: 0, maxTokens: 32 };
const never = new AbortController().signal;

/** Writes the greedy text where the temperature is 0, else the sampled ones, of which it knows how likely each token is. */
function modelWith(greedy: string, sampled: Readonly<Record<string, readonly number[]>>) {
  const asked: GenerateRequest[] = [];
  const signals: AbortSignal[] = [];
  const model: Model = {
    ...scriptedModel(),
    generate: (request, onText, signal) => {
      asked.push(request);
      signals.push(signal);
      const [text = "", ...alternatives] = request.temperature === 0 ? [greedy] : Object.keys(sampled);
      onText(text);
      const usage = { prompt: 0, reused: 0, generated: 0, accepted: 0, duration: 0 };
      return Promise.resolve({ text, alternatives, stopReason: "end", usage });
    },
    score: ({ continuations }) =>
      Promise.resolve(
        continuations.map((text) => ({
          logProbabilities: sampled[text] ?? assert.fail(text),
          ...{ greedy: false, evaluated: 1 },
        })),
      ),
  };
  return { model, asked, signals, completer: new InlineCompleter({ model }) };
}

function invokedAt(picture: string) {
  return requestAt(picture, { automatic: false });
}

test("on command the shown text stays first, and the others follow by how likely their tokens are", async () => {
  const { completer, asked } = modelWith("one", { two: [-2, -2], three: [-1, -1, -1], four: [-4] });
  const shown = await completer.complete(requestAt("let x = ║"), settings, never);
  assert.deepEqual([shown?.text, shown?.alternatives, asked.length], ["one", undefined, 1]);
  const completion = await completer.complete(invokedAt("let x = ║"), settings, never);
  assert.equal(completion?.text, "one");
  assert.deepEqual(
    completion.alternatives?.map(({ text }) => text),
    ["three", "two", "four"],
  );
  assert.deepEqual(asked[1]?.stop, ["\n"], "a line's alternatives are lines");
  assert.equal(asked.length, 2);
});

test("what is the same once it is refined, or nothing then, is no alternative", async () => {
  const sampled = { "one); ": [-1], " two": [-1], "two \n": [-3], "  \n": [-1] };
  const { completer } = modelWith(" one);", sampled);
  const completion = await completer.complete(invokedAt("f( ║)"), settings, never);
  assert.deepEqual(
    [completion, ...(completion?.alternatives ?? [])].map((each) => each && [each.text, each.replacedLength]),
    [
      ["one);", 1],
      ["two", 0],
    ],
  );
});

test("who types what an alternative says sees its rest, and the first text's where that says the same", async () => {
  const { completer, asked } = modelWith("compute(1)", { "compile(2)": [-1], "delta(3)": [-2] });
  await completer.complete(invokedAt("let x = ║"), settings, never);
  const typed = async (picture: string) => (await completer.complete(requestAt(picture), settings, never))?.text;
  assert.equal(await typed("let x = comp║"), "ute(1)");
  assert.equal(await typed("let x = compi║"), "le(2)");
  assert.equal(await typed("let x = d║"), "elta(3)");
  assert.equal(asked.length, 2);
});

test("a key ends the alternatives, and is answered once they have ended", async () => {
  let end: () => void = () => assert.fail("no alternatives were asked for");
  let running = 0;
  const { model, signals } = modelWith("one", {});
  const completer = new InlineCompleter({
    model: {
      ...model,
      generate: async (request, onText, signal) => {
        assert.equal(++running, 1, "more than one ran at once");
        if (request.temperature > 0) await new Promise<void>((resolve) => (end = resolve));
        running--;
        return model.generate(request, onText, signal);
      },
    },
  });
  const invoked = completer.complete(invokedAt("let x = ║"), settings, never);
  for (let i = 0; i < 5; i++) await setImmediate();
  const typed = completer.complete(requestAt("let y║"), settings, never);
  for (let i = 0; i < 5; i++) await setImmediate();
  end();
  assert.equal(await invoked, undefined);
  assert.equal((await typed)?.text, "one");
  assert.equal(signals[1]?.aborted, true);
});

for (const fault of ["generate", "score"] as const) {
  test(`a fault in \`${fault}\` leaves the text that is ready, without others`, async () => {
    const { model } = modelWith("one", { two: [-1], three: [-2] });
    const completer = new InlineCompleter({
      model: {
        ...model,
        [fault]: (...args: Parameters<Model["generate"]>) =>
          fault === "generate" && args[0].temperature === 0
            ? model.generate(...args)
            : Promise.reject(new Error("the device is lost")),
      },
    });
    const completion = await completer.complete(invokedAt("let x = ║"), settings, never);
    assert.deepEqual([completion?.text, completion?.alternatives], ["one", []]);
  });
}
