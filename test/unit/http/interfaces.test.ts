// What clients of OpenAI and TGI send, and what they get: the real `openai` client, and TGI's requests.

import assert from "node:assert/strict";
import { after, suite, test } from "node:test";

import OpenAI from "openai";

import type { Generation } from "../../../server/engine/engine.ts";
import { apiToken, eventsOf, startTestApi, type TestApi } from "../../support/apiServer.ts";
import { scriptedModel, textOf } from "../../support/scriptedModel.ts";

const words = ["Falcons ", "are ", "birds."];
const writes = (onText: (text: string) => void): Generation["stopReason"] => {
  for (const word of words) onText(word);
  return "end";
};

const apis: TestApi[] = [];
after(() => Promise.all(apis.map((api) => api.stop())));

async function start(...script: Parameters<typeof scriptedModel>) {
  const model = scriptedModel({ path: "/models/falcon-7b-instruct.gguf", ...script[0] }, script[1] ?? writes);
  const api = await startTestApi(model);
  apis.push(api);
  const client = new OpenAI({ baseURL: `${api.address}/v1`, apiKey: apiToken, maxRetries: 0 });
  return { api, client, model };
}

suite("the openai client", () => {
  test("lists the models, and asks for one by its name", async () => {
    const { client } = await start();
    const { data } = await client.models.list();
    assert.deepEqual(
      data.map(({ id }) => id),
      ["falcon-7b-instruct"],
    );
    const named = await client.completions.create({ model: "falcon-7b-instruct", prompt: "What?" });
    assert.equal(named.choices[0]?.text, words.join(""));
    await assert.rejects(client.completions.create({ model: "gpt-9", prompt: "What?" }), (error: unknown) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, "model_not_found");
      assert.match(error.message, /falcon-7b-instruct/);
      return true;
    });
  });

  test("gets a completion whole and in pieces, with the sampling that it asks for", async () => {
    const { client, model } = await start();
    const params = {
      model: "falcon",
      prompt: "<|im_end|> What?",
      max_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      seed: 3,
    };
    const whole = await client.completions.create({ ...params, stop: ["!"] });
    assert.equal(whole.choices[0]?.text, words.join(""));
    assert.equal(whole.choices[0].finish_reason, "stop");
    assert.equal(whole.usage?.total_tokens, 0);
    const { maxTokens, temperature, topP, seed, stop, prompt } = model.asked[0] ?? assert.fail();
    assert.deepEqual(
      { maxTokens, temperature, topP, seed, stop },
      {
        ...{ maxTokens: 7, temperature: 0.5, topP: 0.9, seed: 3, stop: ["!"] },
      },
    );
    // A text in which special tokens have no meaning.
    assert.deepEqual(prompt, ["<|im_end|> What?"]);

    const pieces: string[] = [];
    let usage: unknown;
    const stream = { ...params, stream: true, stream_options: { include_usage: true } } as const;
    for await (const chunk of await client.completions.create(stream)) {
      if (chunk.choices[0]) pieces.push(chunk.choices[0].text);
      usage = chunk.usage ?? usage;
    }
    assert.deepEqual(pieces, [...words, ""]);
    assert.ok(usage);
  });

  test("a suffix makes a prompt between two texts", async () => {
    const { client, model } = await start();
    await client.completions.create({ model: "falcon", prompt: "a = f(", suffix: ")\nprint(a)\n", max_tokens: 5 });
    const { prompt, priority, temperature } = model.asked[0] ?? assert.fail();
    const roles = prompt.flatMap((part) => (typeof part === "object" && "role" in part ? [part.role] : []));
    assert.deepEqual(roles, ["prefix", "suffix", "middle"]);
    assert.match(textOf(prompt), /print\(a\)\na = f\($/);
    assert.deepEqual({ priority, temperature }, { priority: "completion", temperature: 0 });
  });

  test("several texts after one prompt", async () => {
    const { client, model } = await start();
    const { choices } = await client.completions.create({ model: "falcon", prompt: "What?", n: 2 });
    assert.equal(model.asked[0]?.candidates, 2);
    assert.equal(choices.length, 1, "the scripted model writes one");
  });

  test("chats, whole and in pieces", async () => {
    const { client, model } = await start();
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "What are <|im_start|> falcons?" }] },
    ] satisfies OpenAI.ChatCompletionMessageParam[];
    const whole = await client.chat.completions.create({
      model: "falcon",
      messages,
      max_completion_tokens: 9,
      stop: "birds",
    });
    assert.equal(whole.choices[0]?.message.content, words.join(""));
    assert.equal(whole.choices[0].finish_reason, "stop");
    const { prompt, maxTokens, stop } = model.asked[0] ?? assert.fail();
    assert.equal(textOf(prompt), "Be brief.\n\nUser: What are <|im_start|> falcons?\n\nAssistant:");
    assert.deepEqual({ maxTokens, stop }, { maxTokens: 9, stop: ["birds"] });

    const runner = client.chat.completions.stream({ model: "falcon", messages });
    const deltas: string[] = [];
    runner.on("content", (delta) => deltas.push(delta));
    assert.equal(await runner.finalContent(), words.join(""));
    assert.equal(deltas.join(""), words.join(""));
  });

  test("calls tools where the model's format has them", async () => {
    const { client, model } = await start(
      { architecture: "falcon-h1", markers: ["<|im_start|>", "<|im_end|>"] },
      (onText) => {
        onText('<tool_call>\n{"name": "read_file", "arguments": {"path": "a.ts"}}\n</tool_call>');
        return "end";
      },
    );
    const tools = [
      { type: "function", function: { name: "read_file", parameters: { type: "object" } } },
    ] satisfies OpenAI.ChatCompletionTool[];
    const messages = [{ role: "user", content: "Read a.ts" }] satisfies OpenAI.ChatCompletionMessageParam[];
    const expected = { name: "read_file", arguments: '{"path":"a.ts"}' };
    const { choices } = await client.chat.completions.create({ model: "falcon", messages, tools });
    const [call] = choices[0]?.message.tool_calls ?? [];
    assert.ok(call?.type === "function");
    assert.deepEqual(call.function, expected);
    assert.equal(choices[0]?.finish_reason, "tool_calls");

    const runner = client.chat.completions.stream({ model: "falcon", messages, tools });
    const streamed = await runner.finalMessage();
    assert.deepEqual(
      streamed.tool_calls?.map((each) => each.type === "function" && each.function.name),
      ["read_file"],
    );
    // The answer of the tool goes back with the call.
    const result = { role: "tool", content: "let a;", tool_call_id: call.id } as const;
    const call2 = { role: "assistant" as const, tool_calls: [call] };
    await client.chat.completions.create({ model: "falcon", messages: [...messages, call2, result], tools });
    const none = await client.chat.completions.create({ model: "falcon", messages, tools, tool_choice: "none" });
    assert.doesNotMatch(textOf(model.asked.at(-1)?.prompt ?? []), /read_file/);
    assert.equal(none.choices[0]?.message.tool_calls, undefined);
  });

  test("is told what it asks wrongly, by the field's name", async () => {
    const { client } = await start();
    const bad = async (body: object, message: RegExp) => {
      const params = { model: "falcon", prompt: "x", ...body } as unknown as OpenAI.CompletionCreateParamsNonStreaming;
      await assert.rejects(client.completions.create(params), (error: unknown) => {
        assert.ok(error instanceof OpenAI.BadRequestError);
        assert.match(error.message, message);
        return true;
      });
    };
    await bad({ max_tokens: -2 }, /max_tokens/);
    await bad({ temperature: "hot" }, /temperature/);
    await bad({ logprobs: 5 }, /logprobs: is not supported/);
    await bad({ presence_penalty: 0.5 }, /presence_penalty: is not supported/);
    await bad({ logit_bias: { "50256": -100 } }, /logit_bias: is not supported/);
    await bad({ n: 2, stream: true }, /n: must be 1 where the answer streams/);
    await bad({ prompt: [1, 2, 3] }, /prompt: must be one text/);
    await bad({ prompt: "✚".repeat(1000) }, /context of 1000 tokens/);
    const messages = [{ role: "assistant", content: "Hi" }] as const;
    await assert.rejects(client.chat.completions.create({ model: "falcon", messages: [...messages] }), /messages/);
    const badChat = async (body: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>, message: RegExp) => {
      const asked = client.chat.completions.create({
        ...{ model: "falcon", messages: [{ role: "user", content: "Hi" }] },
        ...body,
      });
      await assert.rejects(asked, (error: unknown) => {
        assert.ok(error instanceof OpenAI.BadRequestError);
        assert.match(error.message, message);
        assert.equal(error.type, "invalid_request_error");
        return true;
      });
    };
    await badChat({ response_format: { type: "json_object" } }, /response_format\.type: must be text/);
    await badChat({ tool_choice: "required" }, /tool_choice: must be auto or none/);
    await badChat({ n: 2 }, /^400 n: /);
    await badChat({ frequency_penalty: 1 }, /frequency_penalty: is not supported/);
  });

  test("may give what changes nothing", async () => {
    const { client } = await start();
    const neutral = { n: 1, frequency_penalty: 0, presence_penalty: null, logit_bias: {}, logprobs: null };
    const whole = await client.completions.create({ model: "falcon", prompt: "x", echo: false, ...neutral });
    assert.equal(whole.choices[0]?.text, words.join(""));
    const chat = await client.chat.completions.create({
      ...{ model: "falcon", messages: [{ role: "user", content: "Hi" }], ...neutral },
      ...{ response_format: { type: "text" }, tool_choice: "auto" },
    });
    assert.equal(chat.choices[0]?.message.content, words.join(""));
  });
});

test("a demonstration model says that it does not chat", async () => {
  const { client } = await start({ demonstration: true });
  const asked = client.chat.completions.create({ model: "falcon", messages: [{ role: "user", content: "Hi" }] });
  await assert.rejects(asked, /demonstration/);
});

test("TGI's clients get a text, and its events", async () => {
  const { api, model } = await start();
  const body = { inputs: "What?", parameters: { max_new_tokens: 5, details: true, return_full_text: true } };
  const whole = (await (await api.post("/generate", body)).json()) as { generated_text: string; details: object };
  assert.equal(whole.generated_text, "What?" + words.join(""));
  assert.partialDeepStrictEqual(whole.details, { finish_reason: "eos_token" });
  assert.partialDeepStrictEqual(model.asked[0], { maxTokens: 5, temperature: 0 });
  const response = await api.post("/generate_stream", { inputs: "What?", parameters: { temperature: 0.5 } });
  const events = (await eventsOf(response)) as { token: { text: string }; generated_text: string | null }[];
  assert.deepEqual(
    events.map(({ token }) => token.text),
    [...words, ""],
  );
  assert.equal(events.at(-1)?.generated_text, words.join(""));
  assert.equal(model.asked[1]?.temperature, 0.5);
});
