// The loaded model for VS Code's own chat and for other extensions: vendor `falcon`.

import assert from "node:assert/strict";

import { before, describe, it } from "mocha";
import { CancellationTokenSource, LanguageModelChatMessage, lm, type LanguageModelChat } from "vscode";

import type { TestApi } from "../../src/extension.ts";
import { readyFalcon, until } from "./falcon.ts";

describe("language model", () => {
  let falcon: TestApi;
  let model: LanguageModelChat;

  before(async () => {
    falcon = await readyFalcon();
    const [first, ...others] = await lm.selectChatModels({ vendor: "falcon" });
    assert.ok(first);
    assert.deepEqual(others, [], "both roles have the same model");
    model = first;
  });

  const ask = (text: string) => [LanguageModelChatMessage.User(text)];

  it("is the one that is loaded, with its limits", () => {
    const { status } = falcon.server;
    assert.ok(status.state === "ready");
    const { id, vendor, name, family, maxInputTokens } = model;
    assert.deepEqual(
      { id, vendor, name, family, maxInputTokens },
      {
        id: "chat",
        vendor: "falcon",
        name: status.model.name,
        family: status.model.architecture,
        maxInputTokens: status.model.contextSize / 2,
      },
    );
  });

  it("answers in pieces", async () => {
    const source = new CancellationTokenSource();
    const { text } = await model.sendRequest(ask("Tell me of falcons."), {}, source.token);
    const pieces: string[] = [];
    for await (const piece of text) {
      pieces.push(piece);
      if (pieces.length === 3) source.cancel();
      if (pieces.length > 3) break;
    }
    assert.ok(pieces.length >= 3);
    assert.notEqual(pieces.join("").trim(), "");
  });

  it("ends when it is cancelled", async () => {
    const source = new CancellationTokenSource();
    const { text } = await model.sendRequest(ask("Tell me everything of falcons."), {}, source.token);
    for await (const piece of text) {
      if (piece === "") continue;
      source.cancel();
      break;
    }
    await until("the model is at rest", () => {
      const { status } = falcon.server;
      return status.state === "ready" && !status.generating;
    });
  });

  it("counts tokens as the model does", async () => {
    const one = await model.countTokens("The harbour is closed. ");
    assert.ok(one > 3, String(one));
    const many = await model.countTokens("The harbour is closed. ".repeat(100));
    assert.ok(many > 50 * one && many <= 101 * one, `${many} of ${one}`);
    assert.ok((await model.countTokens(LanguageModelChatMessage.User("The harbour is closed. "))) >= one - 1);
    assert.ok((await model.countTokens("<|im_end|>")) > 1, "turn tokens in a text are text");
  });

  it("says by how much a message is too long", async () => {
    const read = async () => {
      const { text } = await model.sendRequest(ask("harbour ".repeat(5_000)));
      for await (const piece of text) assert.fail(piece);
    };
    await assert.rejects(read, ({ message, stack = "" }: Error) => {
      assert.match(message, /The message has more than \d+ tokens, and the model's context has room for \d+\./);
      assert.doesNotMatch(stack, /extension\.cjs/);
      return true;
    });
  });
});
