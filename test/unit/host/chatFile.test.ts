// A chat's file: every chat comes back as it was, and what is no chat harms nobody.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { chatContent, parseChat, readStamp, replaceFile } from "../../../src/chat/chatFile.ts";
import type { AnswerMessage, Attachment, Message, UserMessage } from "../../../src/shared/chat.ts";
import { listQuestions, makeFolder, newConversation, openStore } from "../../support/chatStore.ts";
import { rounds } from "../../support/soak.ts";

const text = fc.string({ unit: "binary" });
const line = fc.nat(1_000_000);
const attachment: fc.Arbitrary<Attachment> = fc.record(
  {
    id: text,
    label: text,
    uri: text,
    languageId: text,
    text,
    range: fc.record({ startLine: line, endLine: line }, { noNullPrototype: true }),
  },
  { noNullPrototype: true, requiredKeys: ["id", "label", "uri", "languageId", "text"] },
);
const question: fc.Arbitrary<UserMessage> = fc.record(
  {
    id: fc.uuid(),
    role: fc.constant("user" as const),
    text,
    attachments: fc.array(attachment, { maxLength: 3 }),
    command: fc.constantFrom("explain", "document"),
  },
  { noNullPrototype: true, requiredKeys: ["id", "role", "text", "attachments"] },
);
const problem = fc.record(
  { message: text, action: fc.constantFrom("selectModel" as const, "restartServer", "showLog", "retry") },
  { noNullPrototype: true, requiredKeys: ["message"] },
);
const answer: fc.Arbitrary<AnswerMessage> = fc.record(
  {
    id: fc.uuid(),
    role: fc.constant("assistant" as const),
    text,
    state: fc.constantFrom("done" as const, "truncated", "stopped", "interrupted", "failed"),
    problem,
  },
  { noNullPrototype: true, requiredKeys: ["id", "role", "text", "state"] },
);
const messages: fc.Arbitrary<Message[]> = fc
  .array(fc.tuple(question, answer), { minLength: 1, maxLength: 4 })
  .map((turns) => turns.flat().map((message, index) => ({ ...message, id: `${message.id} ${index}` })));

const secret = "the text of the user's prompt";
const valid = [
  {
    id: "q",
    role: "user",
    text: secret,
    attachments: [{ id: "a", label: "a.ts", uri: "a", languageId: "ts", text: secret }],
  },
  { id: "a", role: "assistant", text: secret, state: "done" },
];

/** JSON with one piece at random exchanged or left out. */
const mutated = fc
  .tuple(fc.nat(), fc.option(fc.jsonValue(), { nil: undefined }), fc.boolean())
  .map(([seed, piece, cut]) => {
    const whole = { version: 1, changed: 5, messages: valid };
    const places: [object, string][] = [];
    const visit = (value: unknown) => {
      if (typeof value !== "object" || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        places.push([value, key]);
        visit(inner);
      }
    };
    const copy = structuredClone(whole);
    visit(copy);
    const [owner, key] = places[seed % places.length] ?? [copy, "version"];
    Reflect.set(owner, key, piece);
    const json = JSON.stringify(copy);
    return cut ? json.slice(0, seed % json.length) : json;
  });

let folder: string;

beforeEach(() => (folder = makeFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

test("every chat comes back as it was", () => {
  fc.assert(
    fc.property(messages, fc.nat(), (all, changed) => {
      const stored = parseChat("1", chatContent(changed, all));
      assert.deepEqual(stored, { conversation: { id: "1", messages: all }, changed });
    }),
  );
});

test("a file that another window has replaced meanwhile stays as it is, with nothing beside it", () => {
  const file = path.join(folder, "1.json");
  const first = replaceFile(file, "first", false, undefined);
  assert.equal(replaceFile(file, "new beside it", false, undefined), undefined);
  assert.equal(first, readStamp(file));
  const second = replaceFile(file, "the second", false, first);
  assert.ok(second !== undefined);
  assert.equal(replaceFile(file, "of who saw the first", false, first), undefined);
  assert.equal(fs.readFileSync(file, "utf8"), "the second");
  assert.deepEqual(fs.readdirSync(folder), ["1.json"]);
});

test("what a later version adds to a message is not lost by this one", () => {
  const added = valid.map((message) => ({ ...message, added: { more: [1] } }));
  assert.deepEqual(parseChat("1", chatContent(5, added)).conversation.messages, added);
});

test("a title comes back, and a chat without one has none", () => {
  assert.equal(parseChat("1", chatContent(5, valid, "Harbours")).conversation.title, "Harbours");
  assert.ok(!("title" in parseChat("1", chatContent(5, valid)).conversation));
});

test("the version says which code can read a chat: the first one, unless a later command is in it", () => {
  const explain = [{ ...valid[0], command: "explain" }, valid[1]];
  const document = [...explain, { ...valid[0], id: "q2", command: "document" }];
  for (const [all, expected] of [
    [valid, 1],
    [explain, 1],
    [document, 2],
  ] as const) {
    const content = chatContent(5, all);
    const { version } = JSON.parse(content) as { version: number };
    assert.equal(version, expected);
    assert.deepEqual(parseChat("1", content).conversation.messages, all);
  }
  // As the code before this version wrote it.
  const early = JSON.stringify({ version: 1, changed: 5, messages: document });
  assert.deepEqual(parseChat("1", early).conversation.messages, document);
  assert.throws(() => parseChat("1", JSON.stringify({ version: 3 })), /newer version/);
});

suite("a file that is no chat", () => {
  const wrong: Record<string, string> = {
    "is empty": "",
    "is no JSON": secret,
    "was cut": chatContent(5, valid).slice(0, 100),
    "is zeros": "\0".repeat(200),
    "is null": "null",
    "is a list": "[]",
    "is a text": '"chat"',
    "has no version": JSON.stringify({ changed: 5, messages: valid }),
    "is of version 0": JSON.stringify({ version: 0, changed: 5, messages: valid }),
    "is of a newer version": JSON.stringify({ version: 3, changed: 5, messages: valid }),
    "has no time": JSON.stringify({ version: 1, messages: valid }),
    "has a time beyond the calendar": `{"version":1,"changed":1e999,"messages":[]}`,
    "has no messages": JSON.stringify({ version: 1, changed: 5 }),
    "has messages of no kind": JSON.stringify({ version: 1, changed: 5, messages: [{ id: "1", role: "system" }] }),
    "has two questions in a row": chatContent(5, [valid[0], { ...valid[0], id: "other" }]),
    "has an id twice": chatContent(5, [valid[0], { ...valid[1], id: "q" }]),
    "has an answer in no state": chatContent(5, [valid[0], { ...valid[1], state: secret }]),
    "has a text that is a number": chatContent(5, [{ ...valid[0], text: 1 }]),
    "has lines below zero": chatContent(5, [
      { ...valid[0], attachments: [{ ...valid[0]?.attachments?.[0], range: { startLine: -1, endLine: 0 } }] },
    ]),
    "is deep": "[".repeat(100_000),
  };

  for (const [what, content] of Object.entries(wrong)) {
    test(`${what}: it stays, the log names it once, and the others are there`, async () => {
      const file = path.join(folder, "wrong.json");
      fs.writeFileSync(file, content);
      const { store, log, failures } = openStore(folder);
      store.save(newConversation("1", "good"), "asked");
      for (let i = 0; i < 2; i++) assert.deepEqual(await listQuestions(store), ["good"]);
      assert.equal(store.find("wrong"), undefined);
      assert.equal(fs.readFileSync(file, "utf8"), content);
      assert.equal(log.length, 1);
      assert.ok(log[0]?.includes(file), log[0]);
      assert.ok(
        !log[0]?.includes(secret) && !log[0]?.includes("the text"),
        `the log has nothing of the chat: ${log[0]}`,
      );
      assert.deepEqual(failures, []);
    });
  }

  test("folders and files of other names are passed over", async () => {
    fs.mkdirSync(path.join(folder, "folder.json"));
    fs.writeFileSync(path.join(folder, "a b.json"), "{");
    fs.writeFileSync(path.join(folder, "note.txt"), "{");
    const { store, log } = openStore(folder);
    assert.deepEqual(await listQuestions(store), []);
    assert.deepEqual(log, []);
  });

  test("outside of the folder is not reached by a chat's id", () => {
    fs.writeFileSync(path.join(folder, "elsewhere.json"), chatContent(5, valid));
    assert.equal(openStore(folder).store.find("elsewhere")?.messages.length, 2);
    assert.equal(openStore(path.join(folder, "chats")).store.find("../elsewhere"), undefined);
  });

  test("damaged anywhere it is either a chat that can be shown or left out", async () => {
    const file = path.join(folder, "mutated.json");
    await fc.assert(
      fc.asyncProperty(mutated, async (content) => {
        fs.writeFileSync(file, content);
        const { store, log } = openStore(folder);
        const all = await store.list();
        assert.equal(all.length + log.length, 1, "listed or logged");
        assert.ok(!log[0]?.includes(secret), log[0]);
        assert.equal(store.find("mutated") === undefined, all.length === 0);
        for (const { conversation, changed } of all) {
          assert.ok(!Number.isNaN(new Date(changed).getTime()));
          conversation.messages.forEach((message, index) => {
            assert.equal(message.role, index % 2 === 0 ? "user" : "assistant");
            assert.equal(typeof message.text, "string");
            if (message.role === "user")
              for (const each of message.attachments) assert.equal(typeof each.text, "string");
          });
        }
      }),
      { numRuns: rounds(200, 20_000) },
    );
  });
});
