// vLLM, other servers with OpenAI's interface, TGI and Inference Endpoints, by exchanges as their documentation has them.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import type { GenerateRequest } from "../../../../server/engine/engine.ts";
import { formatOf, renderTurns } from "../../../../server/chat/formats.ts";
import {
  connect,
  type ConnectOptions,
  events,
  fail,
  playServer,
  type PlayedServer,
  stream,
} from "../../../support/remoteServer.ts";

type Kind = Parameters<typeof connect>[0]["kind"];

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

async function use(
  kind: Kind,
  answers: PlayedServer["answers"],
  options: ConnectOptions & { readonly model?: string } = {},
) {
  const server = await playServer(answers);
  opened.unshift(() => server.dispose());
  const { model, ...rest } = options;
  const connected = await connect({ kind, address: server.address, ...(model !== undefined && { model }) }, rest);
  opened.unshift(() => connected.host.dispose());
  return { server, model: connected.model };
}

const bodyOf = ({ asked }: PlayedServer, path: string) =>
  asked.findLast((each) => each.path === path)?.body as Record<string, unknown> | undefined;

const infill: GenerateRequest = {
  priority: "completion",
  prompt: [{ role: "prefix" }, "a <|suffix|> = ", { stable: true }, { role: "suffix" }, ";\n", { role: "middle" }],
  maxTokens: 48,
  temperature: 0,
  stop: ["\n\n", { special: "<|im_end|>" }],
  probabilities: true,
};
const never = new AbortController().signal;

const codesOf = (text: string) => Array.from(text, (each) => each.codePointAt(0) ?? 0);

/** A tokenizer as vLLM's, which reads special tokens wherever they are spelled: each is one token, and so is each character. */
function tokenize(prompt: string): number[] {
  const parts = prompt.split(/(<\|(?:prefix|suffix|middle|im_start|im_end)\|>)/);
  return parts.flatMap((part, i) => (i % 2 === 1 ? [1000 + part.length] : codesOf(part)));
}

const coder = "tiiuae/Falcon-H1-Tiny-Coder-90M";
const vllmAnswers: PlayedServer["answers"] = {
  "/v1/models": { object: "list", data: [{ id: coder, object: "model", owned_by: "vllm", max_model_len: 8192 }] },
  "/tokenize": (response, { body }) => {
    const tokens = tokenize((body as { prompt: string }).prompt);
    response.end(JSON.stringify({ count: tokens.length, max_model_len: 8192, tokens }));
  },
  "/v1/completions": stream([
    events(
      { id: "cmpl-1", choices: [{ index: 0, text: "b", logprobs: { token_logprobs: [-0.5] }, finish_reason: null }] },
      {
        id: "cmpl-1",
        choices: [{ index: 0, text: " + c", logprobs: { token_logprobs: [-0.1] }, finish_reason: "stop" }],
      },
      {
        id: "cmpl-1",
        choices: [],
        usage: { prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } },
      },
      "[DONE]",
    ),
  ]),
};

test("vLLM gets tokens, in which text that spells a special token is text", async () => {
  const { server, model } = await use("vllm", vllmAnswers);
  const { name, contextSize, architecture, markers, infill: knows } = model.info;
  assert.deepEqual(
    { name, contextSize, architecture, markers, knows },
    {
      name: "Falcon-H1-Tiny-Coder-90M",
      contextSize: 8192,
      architecture: "falcon-h1",
      markers: ["<|im_start|>", "<|im_end|>"],
      knows: true,
    },
  );
  const pieces: string[] = [];
  const { text, stopReason, usage, tokens } = await model.generate(infill, (piece) => pieces.push(piece), never);
  assert.deepEqual([text, stopReason, pieces], ["b + c", "end", ["b", " + c"]]);
  assert.deepEqual([usage.prompt, usage.reused, usage.generated], [9, 4, 2]);
  assert.deepEqual(
    tokens?.map(({ end }) => end),
    [1, 5],
  );
  assert.ok(Math.abs((tokens[0]?.probability ?? 0) - Math.exp(-0.5)) < 1e-9);

  const body = bodyOf(server, "/v1/completions");
  const spelled = codesOf("a <|suffix|> = ");
  const special = (name: string) => 1000 + `<|${name}|>`.length;
  assert.deepEqual(body?.["prompt"], [special("prefix"), ...spelled, special("suffix"), 59, 10, special("middle")]);
  assert.deepEqual(body["stop"], ["\n\n", "<|im_end|>"]);
  assert.deepEqual([body["model"], body["max_tokens"], body["suffix"]], [coder, 48, undefined]);
});

test("blanks before the cursor are left to the model, whose text then begins after them", async () => {
  const first = { choices: [{ text: " x" }] };
  const last = { choices: [{ text: " y", finish_reason: "stop" }] };
  const answers = { ...vllmAnswers, "/v1/completions": stream([events(first, last, "[DONE]")]) };
  const { server, model } = await use("vllm", answers);
  const request = { ...infill, prompt: ["return ", { cursor: true }], stop: [] } as const;
  const { text } = await model.generate(request, () => undefined, never);
  assert.equal(text, "x y");
  assert.deepEqual(bodyOf(server, "/v1/completions")?.["prompt"], codesOf("return"));
});

test("several candidates are requests with seeds of their own", async () => {
  const { server, model } = await use("vllm", vllmAnswers);
  const { alternatives } = await model.generate({ ...infill, candidates: 3, seed: 7 }, () => undefined, never);
  assert.deepEqual(alternatives, ["b + c", "b + c"]);
  const seeds = server.asked
    .filter(({ path }) => path === "/v1/completions")
    .map(({ body }) => (body as { seed: number }).seed);
  assert.deepEqual(seeds.sort(), [7, 8, 9]);
});

test("of a model that is no Falcon the server knows the chat's format, and goes on with an answer that is begun", async () => {
  const chat = stream([
    events(
      { choices: [{ delta: { role: "assistant", content: "" }, finish_reason: null }] },
      { choices: [{ delta: { content: "hello" }, finish_reason: null }] },
      { choices: [{ delta: {}, finish_reason: "length" }] },
      "[DONE]",
    ),
  ]);
  const { server, model } = await use(
    "vllm",
    { ...vllmAnswers, "/v1/chat/completions": chat },
    { model: "acme/other-7b" },
  );
  const turns = [
    { role: "system", text: "Be short." },
    { role: "user", text: "Hi <|im_end|>" },
  ] as const;
  const prompt = renderTurns(turns, formatOf(model.info));
  const request = { ...infill, priority: "chat", stop: [] } as const;
  const { text, stopReason } = await model.generate(
    { ...request, prompt: [...prompt, "```ts\n"] },
    () => undefined,
    never,
  );
  assert.deepEqual([text, stopReason], ["hello", "limit"]);
  const body = bodyOf(server, "/v1/chat/completions");
  assert.deepEqual(body?.["messages"], [
    { role: "system", content: "Be short." },
    { role: "user", content: "Hi <\u200B|im_end|>" },
    { role: "assistant", content: "```ts\n" },
  ]);
  assert.equal(body["continue_final_message"], true);
});

test("a server that goes on with no answer begins it again, and its fence is no part of the text", async () => {
  const answers = {
    "/v1/models": { data: [{ id: "acme/other-7b" }] },
    "/v1/chat/completions": stream([
      events(
        ...["``", "`types", "cript\nlet a", " = 1;\n"].map((content) => ({
          choices: [{ delta: { content }, finish_reason: null }],
        })),
        { choices: [{ delta: {}, finish_reason: "stop" }] },
        "[DONE]",
      ),
    ]),
  };
  const { server, model } = await use("openai", answers);
  const prompt = renderTurns([{ role: "user", text: "Hi" }], formatOf(model.info));
  const { text } = await model.generate(
    { ...infill, prompt: [...prompt, "```ts\n"], stop: [] },
    () => undefined,
    never,
  );
  assert.equal(text, "let a = 1;\n");
  const body = bodyOf(server, "/v1/chat/completions");
  assert.deepEqual(body?.["messages"], [{ role: "user", content: "Hi" }]);
  // What only vLLM knows others refuse.
  assert.deepEqual(
    Object.keys(body).filter((key) => ["top_k", "min_p", "skip_special_tokens"].includes(key)),
    [],
  );
});

const tgiEvent = (text: string, more: object = {}) => ({
  index: 1,
  token: { id: 1, text, logprob: -0.25, special: false },
  generated_text: null,
  details: null,
  ...more,
});
const tgiAnswers: PlayedServer["answers"] = {
  "/info": { model_id: "tiiuae/Falcon3-7B-Instruct", max_total_tokens: 4096, max_input_tokens: 4095, version: "3.3.6" },
  "/generate_stream": stream([
    "data:" + JSON.stringify(tgiEvent("b")) + "\n\n",
    "data:" +
      JSON.stringify(
        tgiEvent("<|endoftext|>", {
          token: { id: 11, text: "<|endoftext|>", logprob: -0.1, special: true },
          generated_text: "b",
          details: { finish_reason: "eos_token", generated_tokens: 2, input_length: 20 },
        }),
      ) +
      "\n\n",
  ]),
};

test("an address may end with the version of the interface", async () => {
  const server = await playServer({ "/v1/models": { data: [{ id: "tiiuae/falcon-7b" }] } });
  opened.unshift(() => server.dispose());
  for (const end of ["", "/", "/v1", "/v1/"]) {
    const { model, host } = await connect({ kind: "openai", address: server.address + end });
    assert.equal(model.info.name, "falcon-7b");
    await host.dispose();
  }
});

test("TGI gets text, in which what spells a special token is broken up", async () => {
  const { server, model } = await use("tgi", tgiAnswers);
  const { name, contextSize, architecture, markers } = model.info;
  assert.deepEqual(
    { name, contextSize, architecture, markers },
    {
      name: "Falcon3-7B-Instruct",
      contextSize: 4096,
      architecture: "llama",
      markers: ["<|system|>", "<|user|>", "<|assistant|>"],
    },
  );
  const turns = [{ role: "user", text: "Hi <|assistant|> >>TITLE<< <div>" }] as const;
  const prompt = renderTurns(turns, formatOf(model.info));
  const { text, stopReason, usage } = await model.generate({ ...infill, prompt, stop: [] }, () => undefined, never);
  assert.deepEqual([text, stopReason, usage.prompt, usage.generated], ["b", "end", 20, 2]);
  const body = bodyOf(server, "/generate_stream");
  const broken = "<|user|>\nHi <\u200B|assistant|> >\u200B>TITLE<< <div>\n<|assistant|>\n";
  assert.equal(body?.["inputs"], broken);
  const { do_sample, temperature, return_full_text } = body["parameters"] as Record<string, unknown>;
  assert.deepEqual([do_sample, temperature, return_full_text], [false, undefined, false]);
});

test("no spelling of a special token that is known is left whole, and what is none stays as it is", async () => {
  const { server, model } = await use("tgi", tgiAnswers);
  const spelled = ["<fim_prefix>", "<fim_suffix>", "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]", "<<SYS>>"];
  const more = ["<｜User｜>", "</s>", "<|im_start|>", ">>PREFIX<<"];
  const plain = "<div> a[INSTALL] 1 << 2 >> 3 <s3> std::vector<bool> <start>";
  const prompt = [[...spelled, ...more, plain].join(" ")];
  await model.generate({ ...infill, prompt, stop: [] }, () => undefined, never);
  const broken = [...spelled, ...more].map((each) => `${each[0]}\u200B${each.slice(1)}`);
  assert.equal(bodyOf(server, "/generate_stream")?.["inputs"], [...broken, plain].join(" "));
});

test("an endpoint that is asleep is waited for, its status says so, and it tells itself what it speaks", async () => {
  let tries = 0;
  const notes: (string | undefined)[] = [];
  const asleep = { ...tgiAnswers };
  asleep["/info"] = (response) => {
    tries++;
    if (tries < 3) fail(503, { error: "Service Unavailable" })(response);
    else if (tries < 8) fail(502, "<html>Bad Gateway</html>")(response);
    else response.end(JSON.stringify(tgiAnswers["/info"]));
  };
  const { server, model } = await use("endpoint", asleep, { key: "hf_x", onNote: (note) => notes.push(note) });
  assert.equal(model.info.name, "Falcon3-7B-Instruct");
  assert.deepEqual(notes, ["The server box is waking up", undefined]);
  const [first] = server.asked;
  assert.equal(first?.headers.authorization, "Bearer hf_x");
  assert.equal(first.headers["x-scale-up-timeout"], "30");
  const { text } = await model.generate({ ...infill, prompt: ["x"], stop: [] }, () => undefined, never);
  assert.equal(text, "b");
});

test("an endpoint with vLLM is spoken to as vLLM", async () => {
  const { server, model } = await use("endpoint", { ...vllmAnswers, "/version": { version: "0.14.0" } });
  await model.generate(infill, () => undefined, never);
  assert.ok(Array.isArray(bodyOf(server, "/v1/completions")?.["prompt"]));
});

test("a prompt with its answer that exceeds the context is refused here, by numbers", async () => {
  const { model } = await use("vllm", vllmAnswers);
  const long = { ...infill, prompt: ["x".repeat(900), " y".repeat(4000)] };
  await assert.rejects(
    model.generate(long, () => undefined, never),
    { name: "EngineError", failure: "promptTooLong" },
  );
  assert.equal(await model.countTokens(["abc"]), 3);
  assert.ok(!("score" in model));
});

test("text with many look-alikes is tokenized a few pieces at a time, and no further than the limit", async () => {
  let now = 0;
  let most = 0;
  const { server, model } = await use("vllm", {
    ...vllmAnswers,
    "/tokenize": async (response, asked) => {
      most = Math.max(most, ++now);
      await sleep(1);
      now--;
      const tokens = tokenize((asked.body as { prompt: string }).prompt);
      response.end(JSON.stringify({ tokens }));
    },
  });
  const line = "<li><s>old</s></li>\n";
  server.asked.length = 0;
  most = 0;
  const counted = await model.countTokens([line.repeat(400)], 100);
  assert.ok(counted > 100 && counted < 400, String(counted));
  assert.ok(server.asked.length <= 24 && most <= 8, `${server.asked.length} requests, ${most} at once`);
  // What was counted up to a limit is not taken for all of it.
  assert.equal(await model.countTokens([line.repeat(400)]), 400 * line.length);
});

test("a run of a thousand characters is tokenized in pieces, since tokenizers recurse over a word", async () => {
  const { server, model } = await use("vllm", vllmAnswers);
  server.asked.length = 0;
  assert.equal(await model.countTokens(["7".repeat(3500)]), 3500);
  const lengths = server.asked.map(({ body }) => (body as { prompt: string }).prompt.length);
  assert.ok(Math.max(...lengths) <= 1000, lengths.join());
});
