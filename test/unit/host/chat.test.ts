// The open conversation, with answers that the test writes.

import assert from "node:assert/strict";
import { beforeEach, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { Chat } from "../../../src/chat/chat.ts";
import { ConversationStore } from "../../../src/chat/conversationStore.ts";
import { emptyConversation, reduceConversation } from "../../../src/shared/conversation.ts";
import type { Attachment, ChatParams, ChatResult, Conversation } from "../../../src/shared/protocol.ts";

const attachment: Attachment = { id: "1", label: "a.ts", uri: "file:///a.ts", languageId: "typescript", text: "x" };

/** An answer that was asked for, to be written by the test. */
interface Asked extends PromiseWithResolvers<ChatResult> {
  readonly params: ChatParams;
  readonly onDelta: (text: string) => void;
  readonly signal: AbortSignal;
}

/** `vscode.Memento` keeps what can be written as JSON. */
class Storage {
  readonly values = new Map<string, string>();
  writes = 0;

  get(key: string): unknown {
    const value = this.values.get(key);
    return value === undefined ? undefined : JSON.parse(value);
  }

  update(key: string, value: unknown): Promise<void> {
    this.values.set(key, JSON.stringify(value));
    this.writes++;
    return Promise.resolve();
  }
}

let storage: Storage;
let store: ConversationStore;
let asked: Asked[];
let page: Conversation;
let chat: Chat;

function openChat(): void {
  store = new ConversationStore(storage);
  asked = [];
  chat = new Chat({
    store,
    answer: (params, onDelta, signal) => {
      const answer = { ...Promise.withResolvers<ChatResult>(), params, onDelta, signal };
      asked.push(answer);
      return answer.promise;
    },
    endOfFailedAnswer: (error) => ({ state: "failed", problem: { message: String(error) } }),
    onEvent: (event) => (page = reduceConversation(page, event)),
    onAttachments: () => undefined,
    onOpened: () => (page = chat.conversation),
  });
  page = chat.conversation;
}

function lastAsked(): Asked {
  const last = asked.at(-1);
  assert.ok(last, "an answer was asked for");
  return last;
}

function lastMessage() {
  assert.deepEqual(page, chat.conversation, "the page has what the host has");
  return chat.conversation.messages.at(-1);
}

suite("chat", () => {
  beforeEach(() => {
    storage = new Storage();
    openChat();
  });

  test("an answer streams and ends", async () => {
    chat.send("Hi");
    assert.equal(lastAsked().params.messages.length, 1);
    lastAsked().onDelta("Hel");
    lastAsked().onDelta("lo");
    lastAsked().resolve({ stopReason: "end", leftOut: 0 });
    await pause(0);
    assert.deepEqual({ ...lastMessage(), id: "" }, { id: "", role: "assistant", text: "Hello", state: "done" });
  });

  test("deltas are joined to one event per frame", async () => {
    chat.send("Hi");
    for (const letter of "abc") lastAsked().onDelta(letter);
    assert.equal(lastMessage()?.text, "");
    await pause(40);
    assert.equal(lastMessage()?.text, "abc");
  });

  test("stop ends the answer at once and takes nothing more of it", async () => {
    chat.send("Hi");
    lastAsked().onDelta("some");
    chat.stop();
    assert.ok(lastAsked().signal.aborted);
    lastAsked().onDelta(" more");
    lastAsked().resolve({ stopReason: "aborted", leftOut: 0 });
    await pause(40);
    const { text, state } = lastMessage() as { text: string; state?: string };
    assert.deepEqual({ text, state }, { text: "some", state: "stopped" });
  });

  test("a failure is the answer's problem", async () => {
    chat.send("Hi");
    lastAsked().reject(new Error("no"));
    await pause(0);
    assert.deepEqual((lastMessage() as { problem?: unknown }).problem, { message: "Error: no" });
  });

  test("retry asks for the last answer again", async () => {
    chat.send("Hi");
    lastAsked().resolve({ stopReason: "limit", leftOut: 0 });
    await pause(0);
    chat.retry();
    assert.equal(asked.length, 2);
    assert.deepEqual(asked[1]?.params.messages, asked[0]?.params.messages);
    assert.notEqual(asked[1]?.params.partialResultToken, asked[0]?.params.partialResultToken);
    assert.equal(chat.conversation.messages.length, 2);
  });

  test("a new question stops the answer that runs", () => {
    chat.send("Hi");
    chat.explain(attachment);
    assert.ok(asked[0]?.signal.aborted);
    const states = chat.conversation.messages.flatMap((message) => (message.role === "user" ? [] : [message.state]));
    assert.deepEqual(states, ["stopped", "streaming"]);
    assert.equal(page.messages.length, 4);
  });

  test("attachments go with one message, each place once", () => {
    chat.attach(attachment);
    chat.attach({ ...attachment, id: "2", text: "y" });
    assert.deepEqual(
      chat.attachments.map(({ id }) => id),
      ["2"],
    );
    chat.send("Hi");
    assert.deepEqual(chat.attachments, []);
    assert.equal(chat.findAttachment("2")?.text, "y");
    assert.equal(chat.findAttachment("1"), undefined);
  });

  test("a reload brings the conversation back, and its answer is interrupted", async () => {
    chat.send("Hi");
    lastAsked().onDelta("some");
    await pause(1100);
    openChat();
    const { text, state } = lastMessage() as { text: string; state?: string };
    assert.deepEqual({ text, state }, { text: "some", state: "interrupted" });
  });

  test("after New Chat a reload begins empty, and the earlier one can be opened", () => {
    chat.send("Hi");
    const { id } = chat.conversation;
    chat.newChat();
    openChat();
    assert.equal(lastMessage(), undefined);
    chat.open(id);
    assert.equal(page.messages[0]?.text, "Hi");
    openChat();
    assert.equal(chat.conversation.id, id);
  });

  test("writes often enough to lose little, and not for each delta", async () => {
    chat.send("Hi");
    const before = storage.writes;
    for (let i = 0; i < 20; i++) {
      lastAsked().onDelta("x");
      await pause(20);
    }
    assert.ok(storage.writes - before <= 1, `${storage.writes - before} writes`);
  });
});

test("the store keeps the fifty newest", () => {
  const kept = new ConversationStore(new Storage());
  for (let i = 0; i < 60; i++) {
    const event = {
      type: "asked",
      message: { id: "q", role: "user", text: "Hi", attachments: [] },
      answerId: "a",
    } as const;
    kept.save(reduceConversation(emptyConversation(String(i)), event), "now");
  }
  const ids = () => kept.conversations.map(({ conversation }) => conversation.id);
  assert.deepEqual(
    ids(),
    Array.from({ length: 50 }, (_, index) => String(59 - index)),
  );
  kept.delete("59");
  assert.equal(ids()[0], "58");
});
