// The built command line as a process, on a real model.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";

import OpenAI from "openai";

import { GitRepository } from "../support/gitRepository.ts";
import { modelFile } from "../support/models.ts";

const program = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
/** The bundled model. */
const demonstration = fileURLToPath(new URL("../../media/models/falcon-tiny-demo.gguf", import.meta.url));
const quick = ["--gpu", "off", "--threads", "1", "--context-size", "1024"];

let folder: string;
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-cli-"));
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { cwd: folder, stdio: "pipe" });
}

async function run(...args: string[]) {
  return outcome(start(...args));
}

async function outcome(child: ChildProcess) {
  assert.ok(child.stdout && child.stderr && child.stdin);
  child.stdin.end();
  const ended = once(child, "exit");
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await ended) as [number | null];
  return { code, output, errors };
}

test("compares models on the history of a folder, and says where there is none", async () => {
  const repository = new GitRepository();
  try {
    const models = ["--model", demonstration, "--model", modelFile("falcon7b"), "--minutes", "30"];
    repository.commit({ "fees.py": "fees = []\n" });
    const without = await run("compare", repository.folder, ...models, ...quick);
    assert.equal(without.code, 1, without.output);
    assert.match(without.errors, /^falcon: No commit of /);
    repository.commit({ "fees.py": "fees = []\nfees.append(12)\nfees.append(24)\n" });
    const { code, output, errors } = await run("compare", repository.folder, ...models, ...quick);
    assert.equal(code, 0, errors);
    assert.match(output, /^Falcon Tiny Demo Q8_0: keeps [\d.]+ characters .*\nTiny Falcon 7B F32: keeps /);
    assert.match(output, /places of 1 commits are too few/);
    const one = ["--model", demonstration, "--candidates", "context-size=512,snippets=0", "--minutes", "30"];
    const settings = await run("compare", repository.folder, ...one, ...quick);
    assert.equal(settings.code, 0, settings.errors);
    assert.match(
      settings.output,
      /^Falcon Tiny Demo Q8_0: keeps .*\nFalcon Tiny Demo Q8_0 context-size=512,snippets=0: keeps /,
    );
  } finally {
    repository.dispose();
  }
  const wrong = await run("compare", folder, "--model", demonstration, "--minutes", "0");
  assert.equal(wrong.code, 2);
  assert.match(wrong.errors, /--minutes must be more than 0/);
  for (const given of ["snippets=9", "infill=backwards", "threads=2", "snippets"]) {
    const unknown = await run("compare", folder, "--model", demonstration, "--candidates", given);
    assert.equal(unknown.code, 2);
    assert.match(unknown.errors, new RegExp(`--candidates takes .*, and not ${given}\\.`));
  }
});

test("completes a place of a file, and nothing of one that may hold secrets", async () => {
  const file = path.join(folder, "sum.py");
  fs.writeFileSync(file, "def add(a, b):\n    \n");
  const { code, output } = await run("complete", `${file}:2:5`, ...quick);
  assert.equal(code, 0);
  assert.match(output, /^return .*\n$/);
  fs.writeFileSync(path.join(folder, ".env"), "KEY=\n");
  fs.symlinkSync(".env", path.join(folder, "notes.md"));
  for (const name of [".env", "notes.md"]) {
    const secret = await run("complete", `${name}:1:5`, ...quick);
    assert.equal(secret.code, 1, secret.output);
    assert.match(secret.errors, new RegExp(`^falcon: ${name} may hold secrets`));
  }
});

test("the doctor tells of machine and model, and of no folder", async () => {
  const model = path.join(folder, "Client ACME", "private place", "falcon.gguf");
  fs.mkdirSync(path.dirname(model), { recursive: true });
  fs.copyFileSync(demonstration, model);
  const { code, output } = await run("doctor", "--model", model, ...quick);
  assert.equal(code, 0, output);
  for (const line of ["falcon", "node", "processor", "memory", "model", "generation"]) {
    assert.match(output, new RegExp(`^${line}: `, "m"));
  }
  assert.doesNotMatch(output, /ACME|private/);
  const damaged = path.join(path.dirname(model), "damaged.gguf");
  fs.writeFileSync(damaged, "GGUF");
  const failed = await run("doctor", "--model", damaged, ...quick);
  assert.equal(failed.code, 1);
  assert.match(failed.output, /^failure: .*damaged\.gguf/m);
  assert.doesNotMatch(failed.output, /ACME|private/);
});

test("the doctor knows a user of no name", async () => {
  const nobody = path.join(folder, "nobody.cjs");
  // As Node says of a user that the system does not know.
  fs.writeFileSync(nobody, 'require("node:os").userInfo = () => { throw new Error("ENOENT: uv_os_get_passwd"); };');
  const args = ["--require", nobody, program, "doctor", "--model", demonstration, ...quick];
  const { code, output } = await outcome(spawn(process.execPath, args, { cwd: folder, stdio: "pipe" }));
  assert.equal(code, 0, output);
  assert.match(output, /^generation: /m);
});

test("lists the models of a folder", async () => {
  fs.mkdirSync(path.join(folder, "models"));
  fs.copyFileSync(demonstration, path.join(folder, "models", "a.gguf"));
  const { output } = await run("models", "--models-folder", "models");
  assert.match(output, /Falcon Tiny Demo .*a\.gguf\n/);
});

test("what is called wrongly ends with 2 and says why", async () => {
  for (const [args, message] of [
    [["sing"], /no command sing/],
    [["serve", "--loud"], /--loud/],
    [["doctor", "--threads", "many"], /--threads must be a whole number/],
    [["doctor", "--gpu", "abacus"], /--gpu/],
    [["doctor", "--kv-cache", "f8"], /--kv-cache/],
    [["complete", "a.py"], /FILE:LINE:COL/],
    [["chat"], /QUESTION/],
  ] as const) {
    const { code, errors } = await run(...args);
    assert.equal(code, 2, errors);
    assert.match(errors, message);
  }
  assert.match((await run("--help")).output, /complete FILE:LINE:COL/);
  const missing = await run("complete", "missing.py:1:1", ...quick);
  assert.equal(missing.code, 1);
  assert.match(missing.errors, /missing\.py cannot be read/);
});

test("a serve says why its model is not loaded, and takes no token that is guessed", { timeout: 120_000 }, async () => {
  const guessed = { ...process.env, FALCON_API_TOKEN: "a" };
  const args = [program, "serve", "--port", "0", "--model", "missing.gguf"];
  const refused = await outcome(spawn(process.execPath, args, { cwd: folder, stdio: "pipe", env: guessed }));
  assert.equal(refused.code, 2);
  assert.match(refused.errors, /FALCON_API_TOKEN must have 16 characters or more/);
  const child = spawn(process.execPath, args, { cwd: folder, stdio: "pipe" });
  const gone = once(child, "exit");
  try {
    const lines: AsyncIterable<string> = createInterface({ input: child.stderr });
    let isTold = false;
    for await (const line of lines) {
      isTold = line.includes("missing.gguf");
      if (isTold) break;
    }
    assert.ok(isTold);
  } finally {
    child.kill();
    await gone;
  }
});

test("who reads no more of what is printed gets no stack trace", async () => {
  const child = start("--help");
  assert.ok(child.stdout && child.stderr);
  child.stdout.destroy();
  const ended = once(child, "exit");
  assert.equal(await text(child.stderr), "");
  await ended;
});

suite("serve", () => {
  let child: ChildProcess;
  let client: OpenAI;
  before(async () => {
    child = start("serve", "--port", "0", "--model", modelFile("falcon7b"), ...quick);
    assert.ok(child.stdout);
    const found: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      found.push(line.replace(/^\w+: +/, ""));
      if (found.length === 2) break;
    }
    client = new OpenAI({ baseURL: found[0] ?? "", apiKey: found[1] ?? "", maxRetries: 0 });
  });
  after(async () => {
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const [code] = (await gone) as [number | null];
    assert.ok(process.platform === "win32" || code === 0, `it ended with ${code}`);
  });

  test("tells the tokens, and of the prompt those that it had read before", async () => {
    const params = { model: "falcon", prompt: "one two three", max_tokens: 12, temperature: 0 };
    const first = await client.completions.create(params);
    const second = await client.completions.create(params);
    assert.equal(second.usage?.prompt_tokens, first.usage?.prompt_tokens);
    assert.ok((second.usage?.prompt_tokens_details?.cached_tokens ?? 0) > 0);
    assert.ok(first.usage && first.usage.completion_tokens > 0 && first.usage.completion_tokens <= 12);
    assert.ok(first.usage.prompt_tokens >= 3);
  });

  test("answers sixteen at once", async () => {
    const ask = async (i: number) => {
      const { choices } = await client.completions.create({
        ...{ model: "falcon", prompt: `number ${i}:`, max_tokens: 8, temperature: 0 },
      });
      return choices[0]?.finish_reason;
    };
    const reasons = await Promise.all(Array.from({ length: 16 }, (_, i) => ask(i)));
    assert.ok(reasons.every((each) => each === "length" || each === "stop"));
  });

  test("a chat streams, and a prompt that is too long is refused with the size of the context", async () => {
    const messages = [{ role: "user", content: "Hello" }] as const;
    const stream = await client.chat.completions.create({
      ...{ model: "falcon", messages: [...messages], max_completion_tokens: 10, stream: true },
    });
    let finish: string | null | undefined;
    for await (const chunk of stream) finish = chunk.choices[0]?.finish_reason ?? finish;
    assert.ok(finish === "length" || finish === "stop");
    const tooLong = client.completions.create({ model: "falcon", prompt: "word ".repeat(5000) });
    await assert.rejects(tooLong, /context of 1024 tokens/);
  });

  test("who leaves stops what is written: the next one has its turn", async () => {
    const leaving = new AbortController();
    const params = { model: "falcon", prompt: "one", max_tokens: 900, stream: true } as const;
    const stream = await client.completions.create(params, { signal: leaving.signal });
    for await (const chunk of stream) {
      assert.ok(chunk.choices);
      leaving.abort();
      break;
    }
    const { choices } = await client.completions.create({ model: "falcon", prompt: "two", max_tokens: 2 });
    assert.ok(choices[0]);
  });
});
