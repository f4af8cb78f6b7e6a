// Where the chats of a workspace lie, and how those of earlier versions get there.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";

import { chatsFolder } from "../../../src/chat/chatsFolder.ts";
import { migrateChats } from "../../../src/chat/migrateChats.ts";
import {
  Memento,
  ask,
  listAllQuestions,
  listQuestions,
  makeFolder,
  newConversation,
  openStore,
} from "../../support/chatStore.ts";

suite("the folder of chats", () => {
  const storageOf = (workspace: string) => path.join("/data/workspaceStorage", workspace, "falcon");
  const global = "/data/globalStorage/falcon";
  const folderOf = (workspace: string, storage = new Memento()) =>
    chatsFolder({ workspace: storageOf(workspace), global }, storage);

  test("is the same in all windows of a workspace", () => {
    const expected = path.join(storageOf("c0ffee"), "chats");
    for (const name of ["c0ffee", "c0ffee-1", "c0ffee-9"]) assert.equal(folderOf(name), expected);
  });

  test("is another one for another workspace", () => {
    for (const name of ["-1", "1700000000000", "ext-dev", "c0ffee-12"])
      assert.equal(folderOf(name), path.join(storageOf(name), "chats"));
  });

  test("stays when a folder becomes a workspace of several", () => {
    const storage = new Memento();
    const before = folderOf("c0ffee-1", storage);
    assert.equal(folderOf("1700000000000", storage), before);
  });

  test("does not follow a value that is no name of a workspace", () => {
    for (const value of ["../..", "", "a/b", 5, null, {}])
      assert.equal(
        folderOf("c0ffee", new Memento({ "falcon.chatsOf": value })),
        path.join(storageOf("c0ffee"), "chats"),
      );
  });

  test("is one for all windows without a folder", () => {
    assert.equal(chatsFolder({ workspace: undefined, global }, new Memento()), path.join(global, "chats"));
  });
});

suite("chats of an earlier version", () => {
  const key = "falcon.conversations";
  let root: string;
  let folder: string;

  beforeEach(() => {
    root = makeFolder();
    folder = path.join(root, "chats");
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  function migrate(storage: Memento) {
    const log: string[] = [];
    migrateChats(storage, folder, { warn: (message) => log.push(message) });
    return { ...openStore(folder, storage), migration: log };
  }

  test("are taken over once, in their order, with the one that was open", async () => {
    const conversations = ["newest", "older"].map((id, index) => ({
      conversation: newConversation(id),
      changed: 9 - index,
    }));
    const storage = new Memento({ [key]: { open: "older", conversations } });
    const { store } = migrate(storage);
    assert.deepEqual(await listQuestions(store), ["newest", "older"]);
    assert.equal(store.lastOpen?.id, "older");
    const [, answer] = store.lastOpen.messages;
    assert.equal(answer?.role === "assistant" && answer.state, "interrupted");
    assert.equal(storage.get(key), undefined);
    store.delete("newest");
    assert.deepEqual(await listQuestions(migrate(storage).store), ["older"]);
  });

  test("do not overwrite what another window has made of them since", async () => {
    const conversations = [{ conversation: newConversation("1"), changed: 1 }];
    migrate(new Memento({ [key]: { open: "1", conversations } })).store.save(
      ask(newConversation("1"), "more"),
      "asked",
    );
    const other = openStore(folder).store;
    other.save(ask(other.find("1") ?? newConversation("1"), "more"), "asked");
    const before = await listAllQuestions(other);
    assert.deepEqual(
      await listAllQuestions(migrate(new Memento({ [key]: { open: "1", conversations } })).store),
      before,
    );
  });

  const good = { conversation: newConversation("good"), changed: 1 };
  const wrong: Record<string, unknown> = {
    "a text": "conversations",
    "a number": 5,
    null: null,
    "a list": [good],
    "no list of them": { open: "1", conversations: { 0: good } },
    "an id that leads elsewhere": {
      open: 5,
      conversations: [{ ...good, conversation: { id: "../x", messages: [] } }],
    },
    "holes in the list": { open: {}, conversations: [null, good, 5, {}, { conversation: null }] },
    "messages that are none": {
      conversations: [{ changed: "x", conversation: { id: "1", messages: [{}] } }],
      open: "1",
    },
  };

  for (const [what, value] of Object.entries(wrong)) {
    test(`that are malformed (${what}) stop nothing, and are kept`, async () => {
      const storage = new Memento({ [key]: value });
      const { store, migration } = migrate(storage);
      assert.equal(store.lastOpen, undefined);
      assert.deepEqual(migration, []);
      const listed = await listQuestions(store);
      assert.deepEqual(listed, what === "holes in the list" ? ["good"] : []);
      assert.equal(storage.get(key), undefined);
      assert.ok(fs.readdirSync(folder).length > listed.length, "what cannot be read is on disk as it was");
      assert.deepEqual(fs.readdirSync(root), ["chats"]);
      store.save(newConversation("1", "next"), "asked");
    });
  }

  test("stay where they are while the disk refuses", async () => {
    const storage = new Memento({ [key]: { open: "good", conversations: [good] } });
    fs.writeFileSync(folder, "");
    assert.equal(migrate(storage).migration.length, 1);
    fs.rmSync(folder);
    assert.deepEqual(await listQuestions(migrate(storage).store), ["good"]);
  });
});
