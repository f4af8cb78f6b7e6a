// The open conversation, with answers that the test writes.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { Chat } from "../../../src/chat/chat.ts";
import type { ConversationStore } from "../../../src/chat/conversationStore.ts";
import { reduceConversation } from "../../../src/shared/conversation.ts";
import type { Attachment, ChatParams, ChatResult, Conversation } from "../../../src/shared/chat.ts";
import { Memento, ask, makeFolder, newConversation, openStore } from "../../support/chatStore.ts";
import { until } from "../../support/processes.ts";

const attachment: Attachment = { id: "1", label: "a.ts", uri: "file:///a.ts", languageId: "typescript", text: "x" };

/** An answer that was asked for, to be written by the test. */
interface Asked extends PromiseWithResolvers<ChatResult> {
  readonly params: ChatParams;
  readonly onDelta: (text: string) => void;
  readonly signal: AbortSignal;
}

let folder: string;
let storage: Memento;
let store: ConversationStore;
let asked: Asked[];
let page: Conversation;
let chat: Chat;
let copies: number;

/** A window on the folder, as one that opens after the others. */
function openChat(): void {
  copies = 0;
  ({ store } = openStore(folder, storage));
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
    onCopied: () => copies++,
  });
  page = chat.conversation;
}

function lastAsked(): Asked {
  const last = asked.at(-1);
  assert.ok(last, "an answer was asked for");
  return last;
}

function lastMessage() {
  assert.deepEqual(page.messages, chat.conversation.messages, "the page has what the host has");
  return chat.conversation.messages.at(-1);
}

function answerText() {
  const { text, state } = lastMessage() as { text: string; state?: string };
  return { text, state };
}

function questions(): string[] {
  return chat.conversation.messages.filter(({ role }) => role === "user").map(({ text }) => text);
}

suite("chat", () => {
  beforeEach(() => {
    folder = makeFolder();
    storage = new Memento();
    openChat();
  });
  afterEach(() => {
    chat.dispose();
    fs.rmSync(folder, { recursive: true, force: true });
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

  test("what the server says of an answer stays with it", async () => {
    chat.send("Hi");
    lastAsked().resolve({ stopReason: "end", leftOut: 2, notes: ["Older messages were left out."] });
    await pause(0);
    assert.deepEqual((lastMessage() as { notes?: unknown }).notes, ["Older messages were left out."]);
    chat.retry();
    assert.equal((lastMessage() as { notes?: unknown }).notes, undefined);
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
    assert.deepEqual(answerText(), { text: "some", state: "stopped" });
  });

  test("a failure is the answer's problem", async () => {
    chat.send("Hi");
    lastAsked().reject(new Error("no"));
    await pause(0);
    assert.deepEqual((lastMessage() as { problem?: unknown }).problem, { message: "Error: no" });
  });

  /** Asks, and has it answered. */
  async function askAndAnswer(text: string): Promise<void> {
    chat.send(text);
    lastAsked().onDelta(`On ${text}.`);
    lastAsked().resolve({ stopReason: "end", leftOut: 0 });
    await pause(0);
  }

  const kept = async () =>
    (await store.list())
      .map(({ conversation }) =>
        conversation.messages.flatMap(({ role, text }) => (role === "user" ? [text] : [])).join(),
      )
      .sort();

  test("the last question is asked again in other words in its place, with what was attached", async () => {
    await askAndAnswer("one");
    chat.attach(attachment);
    await askAndAnswer("two");
    const { id } = chat.conversation;
    chat.resend(chat.conversation.messages[2]?.id ?? "", "too");
    assert.deepEqual(questions(), ["one", "too"]);
    const asked = lastAsked().params.messages.at(-1);
    assert.ok(asked && "attachments" in asked);
    assert.deepEqual(asked.attachments, [attachment]);
    assert.equal(chat.conversation.id, id);
    assert.deepEqual(await kept(), ["one,too"]);
    lastMessage();
  });

  test("an earlier question that is asked in other words begins a chat of its own: the later answers stay", async () => {
    await askAndAnswer("one");
    await askAndAnswer("two");
    chat.resend(chat.conversation.messages[0]?.id ?? "", "won");
    assert.deepEqual(questions(), ["won"]);
    assert.deepEqual(await kept(), ["one,two", "won"]);
    chat.resend("no such message", "none");
    chat.resend(chat.conversation.messages[1]?.id ?? "", "an answer is no question");
    assert.deepEqual(questions(), ["won"]);
  });

  test("a question is asked again while its answer is written: that is stopped", async () => {
    chat.send("one");
    const first = lastAsked();
    chat.resend(chat.conversation.messages[0]?.id ?? "", "two");
    assert.ok(first.signal.aborted);
    first.onDelta("late");
    await pause(40);
    assert.deepEqual(questions(), ["two"]);
    assert.deepEqual(answerText(), { text: "", state: "streaming" });
  });

  test("a branch has what was said up to an answer, and the chat stays as it was", async () => {
    await askAndAnswer("one");
    await askAndAnswer("two");
    const { id } = chat.conversation;
    chat.branch(chat.conversation.messages[1]?.id ?? "");
    assert.notEqual(chat.conversation.id, id);
    assert.deepEqual(await kept(), ["one", "one,two"]);
    await askAndAnswer("three");
    assert.deepEqual(questions(), ["one", "three"]);
    assert.deepEqual(await kept(), ["one,three", "one,two"]);
  });

  test("a temperature holds for the one answer", async () => {
    await askAndAnswer("one");
    chat.retry(0.8);
    assert.equal(lastAsked().params.temperature, 0.8);
    chat.retry();
    assert.equal(lastAsked().params.temperature, undefined);
  });

  test("a title is kept, of the open chat and of another, and changes no place in the list", async () => {
    await askAndAnswer("one");
    const first = chat.conversation.id;
    chat.newChat();
    await askAndAnswer("two");
    const second = chat.conversation.id;
    assert.ok(chat.rename(second, "Second"));
    assert.ok(chat.rename(first, "First"));
    assert.equal(chat.rename("none", "None"), false);
    openChat();
    const titles = (await store.list()).map(({ conversation }) => conversation.title);
    assert.deepEqual(titles, ["Second", "First"]);
    assert.equal(chat.conversation.title, "Second");
    await askAndAnswer("three");
    assert.equal(store.find(second)?.title, "Second");
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

  test("what the server says of an answer goes to the page: notes, a problem, how much of it counts", async () => {
    chat.send("Hi");
    lastAsked().onDelta("departure, departure, ");
    const problem = { message: "Choose another.", action: "selectModel" } as const;
    lastAsked().resolve({ stopReason: "end", leftOut: 0, notes: ["It was ended."], problem, length: 9 });
    await pause(0);
    const { id, ...answer } = lastMessage() ?? {};
    const told = { text: "departure", state: "done", notes: ["It was ended."], problem };
    assert.deepEqual(answer, { role: "assistant", ...told });
    chat.retry();
    assert.deepEqual(lastMessage(), { id, role: "assistant", text: "", state: "streaming" });
  });

  test("a new question stops the answer that runs", () => {
    chat.send("Hi");
    chat.command("explain", attachment);
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
    const isWritten = (name: string) => fs.readFileSync(path.join(folder, name), "utf8").includes("some");
    await until("what there is of the answer is written", () => fs.readdirSync(folder).some(isWritten));
    openChat();
    assert.deepEqual(answerText(), { text: "some", state: "interrupted" });
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

  test("a window that closes in the middle of an answer has kept all that had come, to ask again", async () => {
    chat.send("Hi");
    lastAsked().onDelta("some");
    chat.dispose();
    openChat();
    assert.deepEqual(answerText(), { text: "some", state: "interrupted" });
    chat.retry();
    lastAsked().resolve({ stopReason: "end", leftOut: 0 });
    await pause(0);
    assert.deepEqual(answerText(), { text: "", state: "done" });
  });

  test("another window's part of a chat is not overwritten, and can be opened", () => {
    chat.send("Hi");
    chat.stop();
    const { id } = chat.conversation;
    const other = openStore(folder).store;
    other.save(ask(other.find(id) ?? chat.conversation, "theirs"), "asked");
    chat.send("ours");
    chat.stop();
    assert.equal(copies, 1);
    assert.notEqual(chat.conversation.id, id);
    assert.deepEqual(questions(), ["Hi", "ours"]);
    assert.ok(chat.open(id));
    assert.deepEqual(questions(), ["Hi", "theirs"]);
    assert.deepEqual(page, chat.conversation);
    assert.equal(chat.open("none"), false);
  });

  test("a chat that another window has only named is gone on with under that title, and can be named anew", async () => {
    chat.send("Hi");
    lastAsked().onDelta("Hel");
    const { id } = chat.conversation;
    await store.flush();
    const other = openStore(folder).store;
    assert.ok(other.rename(id, "Theirs"));
    chat.stop();
    chat.send("More");
    chat.stop();
    assert.deepEqual([copies, chat.conversation.id, chat.conversation.title], [0, id, "Theirs"]);
    assert.deepEqual(other.find(id)?.messages.length, 4);
    assert.ok(other.rename(id, "Again"));
    assert.ok(chat.rename(id, "Ours"));
    assert.deepEqual([copies, other.find(id)?.title, (await store.list()).length], [0, "Ours", 1]);
  });

  test("a title that is given where another window has gone on keeps what is new there", async () => {
    chat.send("Hi");
    chat.stop();
    const { id } = chat.conversation;
    const other = openStore(folder).store;
    other.save(ask(other.find(id) ?? chat.conversation, "theirs"), "ended");
    assert.ok(chat.rename(id, "Ours"));
    assert.deepEqual([other.find(id)?.title, other.find(id)?.messages.length, copies], ["Ours", 4, 0]);
    chat.send("mine");
    chat.stop();
    assert.equal(copies, 1);
    assert.equal((await store.list()).length, 2);
    assert.equal(other.find(id)?.messages[2]?.text, "theirs");
  });

  test("to open the chat that is open shows what another window made of it", () => {
    chat.send("Hi");
    const { id } = chat.conversation;
    assert.ok(chat.open(id));
    assert.equal(chat.conversation.messages.length, 2, "and where none did, the answer goes on");
    assert.equal(lastAsked().signal.aborted, false);
    chat.stop();
    const other = openStore(folder).store;
    other.save(ask(other.find(id) ?? chat.conversation, "theirs"), "asked");
    assert.ok(chat.open(id));
    assert.deepEqual(questions(), ["Hi", "theirs"]);
  });
});

test("while an answer streams its own chat alone is written, about once a second", (context) => {
  const place = makeFolder();
  const others = openStore(place).store;
  for (let i = 0; i < 49; i++) others.save(newConversation(String(i), "x".repeat(96_000)), "asked");
  const stamps = () =>
    fs.readdirSync(place).map((name) => [name, fs.statSync(path.join(place, name)).mtimeMs] as const);
  const before = new Map(stamps());
  folder = place;
  storage = new Memento();
  context.mock.timers.enable({ apis: ["setTimeout"] });
  openChat();
  chat.attach({ ...attachment, text: "y".repeat(96_000) });
  chat.send("Hi");
  const written = context.mock.method(fs, "writeFileSync").mock;
  const seconds = 10;
  for (let i = 0; i < seconds * 50; i++) {
    lastAsked().onDelta("word ");
    context.mock.timers.tick(20);
  }
  const sizes = written.calls.map(({ arguments: [, content] }) => (content as string).length);
  chat.stop();
  const file = `${chat.conversation.id}.json`;
  const { size } = fs.statSync(path.join(place, file));
  assert.ok(sizes.length >= seconds / 2 && sizes.length <= seconds, `${sizes.length} writes in ${seconds} seconds`);
  assert.ok(Math.max(...sizes) <= size, "nothing but the chat is written");
  for (const [name, time] of stamps()) if (name !== file) assert.equal(time, before.get(name), name);
  assert.ok(storage.values.size === 1 && [...storage.values.values()].join("").length < 100, "the memento holds an id");
  context.mock.timers.reset();
  fs.rmSync(place, { recursive: true });
});
