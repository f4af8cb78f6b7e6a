// Every Falcon architecture through the model process: each writes what node-llama-cpp writes when asked directly.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { LlamaModel, Token } from "node-llama-cpp";

import { chatMarkers, renderTurns, formatOf } from "../../server/chat/formats.ts";
import type { GenerateRequest, LoadedModel } from "../../server/engine/engine.ts";
import { inspectModel } from "../../server/models/files/inspectModel.ts";
import { writeGguf } from "../fixtures/ggufWriter.ts";
import { buildModel, models } from "../fixtures/models.ts";
import { askDirectly, infillTokens } from "../support/askDirectly.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

const chatMl = {
  markers: ["<|im_start|>", "<|im_end|>"],
  chat: "<|im_start|>user\nWhat is a boat?<|im_end|>\n<|im_start|>assistant\n",
};
const plain = { markers: [], chat: "\n\nUser: What is a boat?\n\nAssistant:" };
const falcon3 = {
  markers: ["<|system|>", "<|user|>", "<|assistant|>"],
  chat: "<|user|>\nWhat is a boat?\n<|assistant|>\n",
};

const kinds = [
  { name: "falcon7b", architecture: "falcon", infill: true, ...plain, optional: [] },
  { name: "falcon40b", architecture: "falcon", infill: false, ...plain, optional: ["attn_norm_2"] },
  { name: "falcon3", architecture: "llama", infill: false, ...falcon3, optional: [] },
  {
    name: "falconH1",
    architecture: "falcon-h1",
    infill: true,
    ...chatMl,
    optional: ["ssm_norm.weight"],
  },
  { name: "falconMamba", architecture: "mamba", infill: false, ...chatMl, optional: [] },
] as const;

const engine = new ModelUnderTest({
  onDied: (reason) => assert.fail(`the model process died: ${reason}`),
});
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-architectures-"));
after(async () => {
  await engine.dispose();
  fs.rmSync(folder, { recursive: true });
});

const never = new AbortController().signal;
const usualLength = 40;
const code = "function add(a, b) {\n  return ";
const suffix = ";\n}\n";
/** Longer than what is evaluated in a step, and never twice the same. */
const file = Array.from({ length: 120 }, (_, i) => `const berth${i} = boats[${(i * 37) % 101}];\n`).join("");

function generate(
  prompt: GenerateRequest["prompt"],
  {
    priority = "completion",
    maxTokens = usualLength,
    onText = () => undefined,
    signal = never,
  }: Partial<GenerateOptions> = {},
) {
  return engine.generate({ priority, prompt, maxTokens, temperature: 0, stop: [] }, onText, signal);
}

interface GenerateOptions {
  readonly priority: GenerateRequest["priority"];
  readonly maxTokens: number;
  readonly onText: (text: string) => void;
  readonly signal: AbortSignal;
}

async function textOf(
  prompt: GenerateRequest["prompt"],
  priority: GenerateRequest["priority"] = "completion",
): Promise<string> {
  return (await generate(prompt, { priority })).text;
}

/** What a fresh context writes, where nothing was evaluated before. */
function ask(name: keyof typeof models, tokenize: (model: LlamaModel) => readonly (Token | null)[]): Promise<string> {
  return askDirectly(modelFile(name), usualLength, (model) => {
    const { bos, shouldPrependBosToken } = model.tokens;
    return [...(shouldPrependBosToken ? [bos] : []), ...tokenize(model)];
  });
}

for (const { name, architecture, infill, markers, chat, optional } of kinds) {
  describe(models[name].name, () => {
    let model: LoadedModel;
    before(async () => {
      const plan = { path: modelFile(name), contextSize: 2048, gpu: "off", threads: 1 } as const;
      model = await engine.load({ plan, markers: chatMarkers });
    });

    test("says what it is", () => {
      const { name: named, architecture: loaded, infill: infills, markers: found } = model;
      assert.deepEqual(
        { named, loaded, infills, found },
        { named: models[name].name, loaded: architecture, infills: infill, found: markers },
      );
      const file = inspectModel(modelFile(name));
      assert.deepEqual([file.name, file.architecture, file.contextLength], [models[name].name, architecture, 2048]);
    });

    test("continues as it does when asked directly", async () => {
      assert.equal(await textOf([code]), await ask(name, (direct) => direct.tokenize(code)));
    });

    if (infill) {
      test("infills as it does when asked directly", async () => {
        const prompt = [{ role: "prefix" }, code, { role: "suffix" }, suffix, { role: "middle" }] as const;
        assert.equal(await textOf(prompt), await ask(name, infillTokens(code, suffix)));
      });
    } else {
      test("refuses to infill", async () => {
        await assert.rejects(generate([{ role: "prefix" }, code]), /no token/);
      });
    }

    test("answers in its family's format, whose markers are single tokens", async () => {
      const prompt = renderTurns([{ role: "user", text: "What is a boat?" }], formatOf(model));
      assert.equal(await textOf(prompt, "chat"), await ask(name, (direct) => direct.tokenize(chat, true)));
    });

    test("what was evaluated before does not change the text", async () => {
      const prompts = [file, `${file}const last = `, file.slice(0, -100), `${file.slice(0, 900)}else`, code];
      const fresh = new Map<string, string>();
      for (const prompt of prompts) fresh.set(prompt, await ask(name, (direct) => direct.tokenize(prompt)));
      assert.equal(new Set(fresh.values()).size, prompts.length, "each prompt has a text of its own");
      // Twice the same, longer, shorter, with a shared beginning, and the way back.
      for (const prompt of [...prompts.flatMap((each) => [each, each]), ...prompts.toReversed()]) {
        assert.equal(await textOf([prompt]), fresh.get(prompt));
      }
    });

    test("a stable place changes no text", async () => {
      const words = "let boat = find(";
      const expected = await ask(name, (direct) => direct.tokenize(file + words));
      assert.equal(await textOf([file, { stable: true }, words]), expected);
      assert.equal(
        await textOf([file, { stable: true }, "let other"]),
        await ask(name, (direct) => direct.tokenize(`${file}let other`)),
      );
      assert.equal(await textOf([file, { stable: true }, words]), expected);
    });

    test("with more stable places than copies are kept, a prompt still goes back", async () => {
      const lines = file.split(/(?<=\n)/).slice(0, 24);
      const places = lines.flatMap((line) => [line, { stable: true } as const]);
      for (const kept of [2, 12, 22]) {
        await textOf(places);
        const start = places.slice(0, 2 * kept);
        const whole = `${lines.slice(0, kept).join("")}else`;
        assert.equal(await textOf([...start, "else"]), await ask(name, (direct) => direct.tokenize(whole)));
      }
    });

    test("requests at once, on both lanes, write what each writes alone", async () => {
      const requests = [code, file.slice(0, 2000), "one", "two"].flatMap(
        (prompt) =>
          [
            [[prompt], "completion"],
            [[`${prompt} again`], "chat"],
          ] as const,
      );
      const alone: string[] = [];
      for (const [prompt, priority] of requests) alone.push(await textOf(prompt, priority));
      assert.equal(new Set(alone).size, requests.length);
      assert.deepEqual(await Promise.all(requests.map(([prompt, priority]) => textOf(prompt, priority))), alone);
    });

    test("an abort leaves the next request correct", async () => {
      const [before, after] = [await textOf([code]), await textOf([`${file}x`])];
      const start = file.slice(0, 1500);
      for (const piecesBefore of [0, 1, 5]) {
        const controller = new AbortController();
        let pieces = 0;
        const onText = () => {
          if (++pieces === piecesBefore) controller.abort();
        };
        // While a prompt is evaluated of which nothing is yet, beside another request; or while it writes at length.
        const prompt = piecesBefore === 0 ? `y\n${start}` : `${start}y`;
        const aborted = generate([prompt], { onText, signal: controller.signal, maxTokens: 900 });
        const beside = piecesBefore === 0 && generate(["one"], { onText: () => controller.abort() });
        assert.equal((await aborted).stopReason, "aborted");
        await beside;
        assert.equal(await textOf([`${file}x`]), after);
        assert.equal(await textOf([code]), before);
      }
    });

    test("a file without one of a layer's tensors is refused by name", () => {
      const { metadata, tensors } = buildModel({ ...models[name], embedding: 64 });
      const layer = tensors.filter((tensor) => tensor.name.startsWith("blk.1."));
      assert.ok(layer.length >= 6);
      for (const missing of layer) {
        const path = `${folder}/${name}-${missing.name}.gguf`;
        writeGguf(
          path,
          metadata,
          tensors.filter((tensor) => tensor !== missing),
        );
        // llama.cpp does without these.
        if (optional.some((each) => missing.name.startsWith(`blk.1.${each}`))) inspectModel(path);
        else assert.throws(() => inspectModel(path), new RegExp(`the tensor ${missing.name} is missing`));
      }
    });
  });
}
