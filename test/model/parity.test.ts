// The numbers of Hugging Face Transformers on the same weights, for every Falcon architecture: training/parity.py wrote them.

import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import type { ScoreRequest } from "../../server/engine/engine.ts";
import { inspectAdapter } from "../../server/models/files/inspectAdapter.ts";
import { tokenizeDirectly } from "../support/askDirectly.ts";
import { assertSmall, differenceOf } from "../support/closeness.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

/** A text, its tokens, and the log-likelihood of each token but the first in nats. */
interface ScoredText {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly logLikelihoods: readonly number[];
}

interface Reference {
  readonly name: string;
  /** The Transformers class. */
  readonly class: string;
  readonly texts: readonly ScoredText[];
  /** The same texts with the adapter of the model's name merged into the weights. */
  readonly adapted?: readonly ScoredText[];
}

const folder = new URL("../fixtures/parity/", import.meta.url);
const file = (name: string) => fileURLToPath(new URL(name, folder));
const { models } = JSON.parse(fs.readFileSync(file("parity.json"), "utf8")) as { models: readonly Reference[] };

/** The share of a log-likelihood. llama.cpp keeps keys and values in 16 bits and has tables for GELU, hence no less. */
const tolerance = 5e-4;

const engine = new ModelUnderTest({
  onDied: (reason) => assert.fail(`the model process died: ${reason}`),
});
after(() => engine.dispose());

async function load(path: string, adapter?: { readonly path: string; readonly scale: number }): Promise<void> {
  const plan = { path, contextSize: 1024, gpu: "off", threads: 1, ...(adapter && { adapters: [adapter] }) } as const;
  await engine.load({ plan });
}

async function score(prompt: ScoreRequest["prompt"], continuations: readonly string[]) {
  const scores = await engine.score({ priority: "background", prompt, continuations }, new AbortController().signal);
  assert.ok(scores);
  return scores.map(({ logProbabilities }) => logProbabilities);
}

/** Compares each token, the last with the last: what came before the continuation is not in `actual`. */
function assertClose(actual: readonly number[] | undefined, { logLikelihoods }: ScoredText): void {
  assert.ok(actual && actual.length > 0);
  const expected = logLikelihoods.slice(-actual.length);
  assert.equal(actual.length, expected.length);
  assertSmall(
    differenceOf(actual, expected),
    tolerance,
    differenceOf(
      expected,
      expected.map(() => 0),
    ),
  );
}

for (const { name, class: architecture, texts, adapted } of models) {
  describe(`${name}: ${architecture}`, () => {
    const path = file(`${name}.gguf`);
    before(() => load(path));

    test("splits text into the same tokens", async () => {
      const tokens = await tokenizeDirectly(
        path,
        texts.map(({ text }) => text),
      );
      assert.deepEqual(
        tokens,
        texts.map((each) => each.tokens),
      );
    });

    test("gives each token the same likelihood", async () => {
      const scores = await score(
        [],
        texts.map(({ text }) => text),
      );
      for (const [i, text] of texts.entries()) {
        assert.equal(scores[i]?.length, text.logLikelihoods.length);
        assertClose(scores[i], text);
      }
    });

    test("gives it to texts that are evaluated at once", async () => {
      const scores = await Promise.all(texts.map(({ text }) => score([], [text])));
      for (const [i, text] of texts.entries()) assertClose(scores[i]?.[0], text);
    });

    test("gives it to what comes after a prompt", async () => {
      for (const scored of texts) {
        for (const place of [40, 70]) {
          const [end] = await score([scored.text.slice(0, place)], [scored.text.slice(place)]);
          assertClose(end, scored);
        }
      }
    });

    if (adapted) {
      test("gives what an adapter makes of it", async () => {
        const adapter = file(`${name}-adapter.gguf`);
        inspectAdapter(adapter, path);
        for (const [scale, expected] of [
          [1, adapted],
          [0, texts],
        ] as const) {
          await load(path, { path: adapter, scale });
          const scores = await score(
            [],
            texts.map(({ text }) => text),
          );
          for (const [i, text] of expected.entries()) assertClose(scores[i], text);
        }
      });
    }
  });
}
