// Requests that run together: each writes, token by token, what it writes alone, whatever begins or ends beside it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import type { GenerateRequest } from "../../server/engine/engine.ts";
import { models } from "../fixtures/models.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

const engine = new ModelUnderTest({
  onDied: (reason) => assert.fail(`the model process died: ${reason}`),
});
after(() => engine.dispose());

const never = new AbortController().signal;
const file = Array.from({ length: 60 }, (_, i) => `const berth${i} = boats[${(i * 37) % 101}];\n`).join("");
const lanes = ["completion", "chat", "background"] as const;
const prompts = Array.from({ length: 12 }, (_, i) =>
  i % 3 === 0 ? file.slice(i * 50, i * 190 + 300) : `${i} boats and `,
);

function generate(prompt: string, priority: GenerateRequest["priority"], signal = never) {
  const request = { priority, prompt: [prompt], maxTokens: 24 + (prompt.length % 17), temperature: 0, stop: [] };
  return engine.generate(request, () => undefined, signal);
}

for (const name of ["falcon7b", "falcon40b", "falcon3", "falconH1", "falconMamba"] as const) {
  describe(models[name].name, () => {
    const alone = new Map<string, string>();
    before(async () => {
      const plan = { path: modelFile(name), contextSize: 2048, gpu: "off", threads: 1 } as const;
      await engine.load({ plan });
      for (const prompt of prompts) alone.set(prompt, (await generate(prompt, "chat")).text);
      assert.equal(new Set(alone.values()).size, prompts.length, "each prompt has a text of its own");
    });

    test("all at once, again and again in other orders", async () => {
      for (let round = 0; round < 6; round++) {
        const order = prompts.map((_, i) => prompts[(i * 5 + round * 7) % prompts.length] ?? "");
        const texts = await Promise.all(
          order.map(async (prompt, i) => (await generate(prompt, lanes[(i + round) % 3] ?? "chat")).text),
        );
        assert.deepEqual(
          texts,
          order.map((prompt) => alone.get(prompt)),
        );
      }
    });

    test("beside requests that are aborted at any moment", async () => {
      for (let round = 0; round < 4; round++) {
        const running = prompts.map((prompt, i) => {
          const controller = new AbortController();
          const isAborted = i % 2 === round % 2;
          if (isAborted) void setTimeout((i * 13) % 60).then(() => controller.abort());
          return { prompt, isAborted, end: generate(prompt, lanes[i % 3] ?? "chat", controller.signal) };
        });
        for (const { prompt, isAborted, end } of running) {
          const { text } = await end;
          if (isAborted) assert.ok(alone.get(prompt)?.startsWith(text), `${text} begins what it would have written`);
          else assert.equal(text, alone.get(prompt));
        }
      }
    });
  });
}

describe("who waits for whom", () => {
  let sequences: number;
  before(async () => {
    const plan = { path: modelFile("falcon7b"), contextSize: 2048, gpu: "off", threads: 1 } as const;
    ({ sequences } = await engine.load({ plan }));
  });

  /** Writes so many tokens and notes each piece. */
  function write(priority: GenerateRequest["priority"], maxTokens: number, notes: string[], signal = never) {
    const request = { priority, prompt: [`${priority} ${maxTokens}`], maxTokens, temperature: 0, stop: [] };
    return engine.generate(request, () => notes.push(priority), signal);
  }

  test("a completion finds a free sequence, however many answers are written", async () => {
    const controller = new AbortController();
    const notes: string[] = [];
    const chats = Array.from({ length: sequences + 2 }, () => write("chat", 1500, notes, controller.signal));
    // Enough for all to have asked for a sequence.
    while (notes.length < 300) await setTimeout(5);
    const { usage } = await write("completion", 3, notes);
    assert.equal(usage.generated, 3);
    controller.abort();
    for (const chat of chats) assert.equal((await chat).stopReason, "aborted");
  });

  test("sixteen chats are written at once", async () => {
    const controller = new AbortController();
    const chats = Array.from({ length: 16 }, (_, chat) => {
      const begun = Promise.withResolvers<void>();
      const request = {
        priority: "chat",
        prompt: [`chat ${chat}`],
        maxTokens: 1500,
        temperature: 0,
        stop: [],
      } as const;
      return { begun: begun.promise, end: engine.generate(request, () => begun.resolve(), controller.signal) };
    });
    const what = await Promise.race([
      Promise.all(chats.map(({ begun }) => begun)).then(() => "all have begun"),
      ...chats.map(({ end }) => end.then(() => "one has ended")),
    ]);
    controller.abort();
    assert.equal(what, "all have begun");
    for (const { end } of chats) assert.equal((await end).stopReason, "aborted");
  });

  for (const [urgent, other, share] of [
    ["completion", "chat", 0.42],
    ["completion", "background", 0.05],
    ["chat", "background", 0.05],
  ] as const) {
    test(`while a ${urgent} is written, of a ${other} ${share < 0.1 ? "nothing" : "half as much"} is`, async () => {
      const controller = new AbortController();
      const notes: string[] = [];
      const slower = write(other, 1500, notes, controller.signal);
      while (notes.length < 5) await setTimeout(5);
      await write(urgent, 200, notes);
      controller.abort();
      await slower;
      const during = notes.slice(notes.indexOf(urgent), notes.lastIndexOf(urgent));
      const beside = during.filter((priority) => priority === other).length;
      assert.ok(beside < during.length * share, `${beside} of ${during.length}`);
      if (share > 0.1) assert.ok(beside > during.length * 0.1, `${beside} of ${during.length}`);
    });
  }
});
