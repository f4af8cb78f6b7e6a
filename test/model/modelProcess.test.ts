// The model process with real model files through the real engine.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { copyFolder } from "../../server/engine/process/copyFolder.ts";
import { EngineError, type GenerateRequest, type Generation, type LoadedModel } from "../../server/engine/engine.ts";
import { inspectModel } from "../../server/models/files/inspectModel.ts";
import { writeGguf } from "../fixtures/ggufWriter.ts";
import { buildModel, models } from "../fixtures/models.ts";
import { askDirectly, infillTokens } from "../support/askDirectly.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

const deaths: string[] = [];
const engine = new ModelUnderTest({
  onDied: (reason) => deaths.push(reason),
});
after(() => engine.dispose());

const never = new AbortController().signal;
const code = "function add(a, b) {\n  return ";

function load(name: Parameters<typeof modelFile>[0], onProgress: (fraction: number) => void = () => undefined) {
  const plan = { path: modelFile(name), contextSize: 2048, gpu: "off", threads: 1 } as const;
  return engine.load({ plan, markers: ["<|endoftext|>", "<|im_start|>"] }, onProgress);
}

function generate(
  request: Partial<GenerateRequest>,
  onText: (text: string) => void = () => undefined,
  signal = never,
): Promise<Generation> {
  const whole = {
    priority: "completion",
    prompt: [code],
    maxTokens: 40,
    temperature: 0,
    stop: [],
    ...request,
  } as const;
  return engine.generate(whole, onText, signal);
}

test("large blocks of memory are asked for in huge pages, where Linux gives them to who asks", async () => {
  await load("falcon7b");
  const isGiven = read("/sys/kernel/mm/transparent_hugepage/enabled").includes("[madvise]");
  const { header } = process.report.getReport() as unknown as {
    readonly header: { readonly glibcVersionRuntime?: string };
  };
  const [, minor = 0] = (header.glibcVersionRuntime ?? "2.0").split(".").map(Number);
  assert.equal(/^VmFlags:.* hg\b/m.test(read(`/proc/${engine.pid}/smaps`)), isGiven && minor >= 35);
});

/** Of a system without it, nothing. */
function read(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}

test("a split model is loaded by its first part, and writes what the whole one does", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-split-"));
  try {
    const { metadata, tensors } = buildModel(models.falcon7b);
    const part = (number: number) => path.join(folder, `model-0000${number + 1}-of-00002.gguf`);
    const keys = (number: number) => ({
      "split.no": { type: "u16", value: number } as const,
      "split.count": { type: "u16", value: 2 } as const,
      "split.tensors.count": { type: "i32", value: tensors.length } as const,
    });
    writeGguf(part(0), { ...metadata, ...keys(0) }, tensors.slice(0, 9));
    writeGguf(part(1), keys(1), tensors.slice(9));
    assert.equal(inspectModel(part(0)).contextLength, 2048);
    const plan = { path: part(0), contextSize: 2048, gpu: "off", threads: 1 } as const;
    await engine.load({ plan });
    const split = await generate({});
    await load("falcon7b");
    assert.equal(split.text, (await generate({})).text);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test("the load measures how fast prompts are evaluated", async () => {
  const rates = new Map<string, number>();
  for (const name of ["falcon7b", "falcon40b", "falcon3", "falconH1", "falconMamba", "slow"] as const) {
    for (const contextSize of [1, 2048]) {
      const plan = { path: modelFile(name), contextSize, gpu: "off", threads: 1 } as const;
      rates.set(name, (await engine.load({ plan })).promptRate);
      assert.ok(Number.isFinite(rates.get(name)), `${name} with ${contextSize} tokens`);
    }
  }
  // Forty times as many weights.
  assert.ok((rates.get("slow") ?? 0) < (rates.get("falcon7b") ?? 0), JSON.stringify([...rates]));
});

describe("a model of Falcon-7B's shape", () => {
  let model: LoadedModel;
  const progress: number[] = [];
  before(async () => {
    model = await load("falcon7b", (fraction) => progress.push(fraction));
  });

  test("says what it is", () => {
    const { devices, promptRate, sequences, ...rest } = model;
    assert.ok(sequences >= 1 && sequences <= 17, "as many as the memory of the machine allows");
    assert.ok(promptRate > 0 && Number.isFinite(promptRate), `${promptRate}`);
    assert.deepEqual(
      devices.map(({ kind }) => kind),
      ["cpu"],
    );
    assert.deepEqual(rest, {
      name: "Tiny Falcon 7B",
      path: modelFile("falcon7b"),
      demonstration: false,
      architecture: "falcon",
      contextSize: 2048,
      infill: true,
      device: "CPU",
      gpuLayers: 0,
      layers: 3,
      kvCache: "f16",
      flashAttention: false,
      passedOver: [],
      markers: ["<|endoftext|>"],
    });
    assert.equal(progress.at(-1), 1);
  });

  test("infills as the model does when asked directly", async () => {
    const suffix = ";\n}\n";
    const prompt = [{ role: "prefix" }, code, { role: "suffix" }, suffix, { role: "middle" }] as const;
    const pieces: string[] = [];
    const { text, stopReason } = await generate({ prompt }, (piece) => pieces.push(piece));
    assert.equal(text, await askDirectly(modelFile("falcon7b"), 40, infillTokens(code, suffix)));
    assert.equal(pieces.join(""), text);
    assert.ok(pieces.length > 20, "in many pieces");
    assert.equal(stopReason, "limit");
  });

  test("what a sequence holds already does not change the text", async () => {
    const { text } = await generate({ prompt: ["one two three four"] });
    await generate({ prompt: ["one two five"] });
    assert.equal((await generate({ prompt: ["one two three four"] })).text, text);
    assert.equal((await generate({ priority: "chat", prompt: ["one two three four"] })).text, text);
  });

  test("requests at once, on both lanes, write what each writes alone", async () => {
    const requests = ["one", "two", "three", "four"].flatMap((word) => [
      { prompt: [word] },
      { priority: "chat", prompt: [`${word} again`] } as const,
    ]);
    const alone: string[] = [];
    for (const request of requests) alone.push((await generate(request)).text);
    const together = await Promise.all(requests.map((request) => generate(request)));
    assert.deepEqual(
      together.map(({ text }) => text),
      alone,
    );
  });

  test("a prompt goes on where most of it is evaluated already", async () => {
    const file = (name: string) => `// ${name}\n${"let x = 1;\n".repeat(40)}`;
    await generate({ prompt: [`${file("a")}a`], maxTokens: 1 });
    await generate({ prompt: [`${file("b")}b`], maxTokens: 1 });
    for (const name of ["a", "b", "a"]) {
      const { usage } = await generate({ prompt: [`${file(name)}next`], maxTokens: 1 });
      assert.ok(usage.prompt > 100 && usage.prompt - usage.reused < 5, JSON.stringify(usage));
      assert.equal(usage.generated, 1);
    }
  });

  test("special tokens in a text are text", async () => {
    assert.equal(await engine.countTokens([{ special: "<|endoftext|>" }]), 1);
    assert.ok((await engine.countTokens(["<|endoftext|>"])) > 3);
  });

  test("a long text is counted, and one of nothing but punctuation", async () => {
    const words = await engine.countTokens(["word ".repeat(200_000)]);
    assert.ok(words >= 200_000, `${words} tokens`);
    for (const mark of ["=", "(", "—", "_"]) {
      const tokens = await engine.countTokens([mark.repeat(900)]);
      const long = await engine.countTokens([mark.repeat(90_000)]);
      assert.ok(Math.abs(long - 100 * tokens) < 0.2 * long, `${mark}: ${tokens}, ${long} tokens`);
    }
    assert.ok(isRunning(engine.pid));
  });

  test("a stop string ends the text and is no part of it", async () => {
    const { text } = await generate({});
    const stop = text.slice(20, 26);
    const stopped = await generate({ stop: [stop] });
    assert.equal(stopped.text, text.slice(0, text.indexOf(stop)));
    assert.equal(stopped.stopReason, "end");
  });

  test("an abort ends decoding at once, and what there is comes back", async () => {
    const controller = new AbortController();
    let shown = "";
    const show = (piece: string) => {
      shown += piece;
      controller.abort();
    };
    const { text, stopReason } = await generate({ maxTokens: 1900 }, show, controller.signal);
    assert.equal(stopReason, "aborted");
    assert.ok(text.length >= shown.length && text.length < 400, `${text.length} characters`);
  });

  test("a prompt that does not fit is an error that says by how much, not a shorter prompt", async () => {
    const prompt = ["word ".repeat(1200)];
    const tokens = await engine.countTokens(prompt);
    await assert.rejects(generate({ prompt, maxTokens: 2048 - tokens + 1 }), (error: unknown) => {
      assert.ok(error instanceof EngineError && error.failure === "promptTooLong");
      assert.match(error.message, new RegExp(`prompt ${tokens} .* context 2048`));
      return true;
    });
    assert.equal((await generate({ prompt, maxTokens: 8 })).stopReason, "limit");
  });

  test("temperature makes texts differ", async () => {
    const texts = await Promise.all([1, 2, 3].map(() => generate({ temperature: 1.5 })));
    assert.ok(new Set(texts.map(({ text }) => text)).size > 1);
  });
});

test("a model of Falcon-40B's shape continues as it does when asked directly", async () => {
  const model = await load("falcon40b");
  assert.equal(model.infill, false);
  const { text } = await generate({});
  assert.equal(text, await askDirectly(modelFile("falcon40b"), 40, (direct) => direct.tokenize(code)));
});

for (const name of ["falconH1", "falconMamba"] as const) {
  test(`${name}, which cannot drop the end of its context, goes on from the start of the line`, async () => {
    const prompt = (line: string) => ["let x = 1;\n".repeat(40), { stable: true }, line] as const;
    await load(name);
    const fresh = await generate({ prompt: prompt("let yz") });
    await load(name);
    await generate({ prompt: prompt("let y") });
    const { text, usage } = await generate({ prompt: prompt("let yz") });
    assert.ok(usage.prompt > 100 && usage.prompt - usage.reused < 8, JSON.stringify(usage));
    assert.equal(text, fresh.text);
  });
}

for (const name of ["falconH1", "falconMamba"] as const) {
  test(`${name} goes back to an older stable place too`, async () => {
    const prompt = (file: string, line: string) =>
      ["Be brief.\n".repeat(60), { stable: true }, file, { stable: true }, line] as const;
    await load(name);
    const fresh = await generate({ prompt: prompt("let y = 2;\n", "let z") });
    await load(name);
    for (const line of ["let a", "let b", "let c"]) await generate({ prompt: prompt("let x = 1;\n", line) });
    const { text, usage } = await generate({ prompt: prompt("let y = 2;\n", "let z") });
    assert.ok(usage.prompt > 200 && usage.prompt - usage.reused < 20, JSON.stringify(usage));
    assert.equal(text, fresh.text);
  });
}

test("an abort while the prompt is evaluated waits for one chunk, not for the prompt", async () => {
  await load("slow");
  const chat = { priority: "chat", prompt: ["word ".repeat(1200)], maxTokens: 1 } as const;
  const controller = new AbortController();
  const aborted = generate(chat, undefined, controller.signal);
  // Beside a completion few chunks of a chat's prompt are evaluated.
  await generate({ prompt: ["short"], maxTokens: 1 });
  controller.abort();
  const { text, stopReason } = await aborted;
  assert.deepEqual([text, stopReason], ["", "aborted"]);
  const { usage } = await generate(chat);
  assert.ok(usage.reused < usage.prompt / 2, JSON.stringify(usage));
});

test("a completion does not wait for the prompt of a chat", async () => {
  await load("slow");
  const order: string[] = [];
  const chat = generate({ priority: "chat", prompt: ["long ".repeat(1000)], maxTokens: 1 }).then(() =>
    order.push("chat"),
  );
  await generate({ prompt: ["short"], maxTokens: 3 }).then(() => order.push("completion"));
  await chat;
  assert.deepEqual(order, ["completion", "chat"]);
});

test("a killed process ends its requests with an error, and the next load starts another", async () => {
  await load("falcon7b");
  const running = generate({ priority: "chat", maxTokens: 1900 });
  // As a process leaves it that is killed while it copies a state.
  const copies = copyFolder(engine.pid);
  fs.mkdirSync(copies);
  fs.writeFileSync(path.join(copies, "state"), "of a file of the user's");
  process.kill(engine.pid, "SIGKILL");
  await assert.rejects(running, (error: unknown) => error instanceof EngineError && error.failure === "died");
  await assert.rejects(generate({}), { failure: "died" });
  assert.deepEqual(deaths, ["SIGKILL"]);
  await load("falcon7b");
  assert.ok(!fs.existsSync(copies));
  assert.equal((await generate({})).stopReason, "limit");
});

test("dispose waits until the process is gone", async () => {
  const pid = engine.pid;
  assert.ok(isRunning(pid));
  await engine.dispose();
  assert.ok(!isRunning(pid));
  assert.equal(deaths.length, 1, "nobody is told of a death that was asked for");
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
