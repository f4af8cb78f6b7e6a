// The store of conversations on a real folder: several windows, deletion, the limit, and disks that refuse.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { afterEach, beforeEach, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import {
  Memento,
  ask,
  listAllQuestions,
  listQuestions,
  makeFolder,
  newConversation,
  openStore,
} from "../../support/chatStore.ts";

let folder: string;

beforeEach(() => (folder = makeFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function fileOf(id: string): string {
  return path.join(folder, `${id}.json`);
}

/** A process of its own, as the extension host of another window is. `body` has `store`, `ask` and `newConversation`. */
function processWith(body: string): string[] {
  const support = JSON.stringify(path.resolve(import.meta.dirname, "../../support/chatStore.ts"));
  const script = `
    import fs from "node:fs";
    import { ask, newConversation, openStore } from ${support};
    const { store, failures } = openStore(${JSON.stringify(folder)});
    ${body}`;
  return ["--input-type=module-typescript", "--eval", script];
}

suite("windows of one workspace", () => {
  test("the chats of all are there, in each of them", async () => {
    const a = openStore(folder);
    const b = openStore(folder);
    a.store.save(newConversation("1", "alpha"), "asked");
    b.store.save(newConversation("2", "beta"), "asked");
    await pause(2);
    a.store.save(newConversation("3", "gamma"), "asked");
    for (const { store } of [a, b, openStore(folder)]) {
      assert.deepEqual((await listQuestions(store)).sort(), ["alpha", "beta", "gamma"]);
      assert.equal((await listQuestions(store))[0], "gamma");
    }
    assert.equal(b.store.find("1")?.messages[0]?.text, "alpha");
  });

  test("one chat that two go on with becomes two: nothing of either is lost", async () => {
    openStore(folder).store.save(newConversation("1", "first"), "asked");
    const a = openStore(folder).store;
    const b = openStore(folder).store;
    let [ofA, ofB] = [a.find("1"), b.find("1")];
    assert.ok(ofA && ofB);
    b.onCopied = (id, copyId) => {
      assert.equal(id, "1");
      assert.ok(ofB);
      ofB = { ...ofB, id: copyId };
    };
    ofA = ask(ofA, "a");
    a.save(ofA, "asked");
    assert.equal(b.hasChanged("1"), true);
    ofB = ask(ofB, "b");
    b.save(ofB, "asked");
    assert.notEqual(ofB.id, "1");
    // Both go on, each with its own.
    a.save(ask(ofA, "aa"), "asked");
    b.save(ask(ofB, "bb"), "asked");
    assert.equal(b.hasChanged(ofB.id), false);
    assert.deepEqual(await listAllQuestions(a), ["first a aa", "first b bb"]);
  });

  test("processes that write one chat at the same time lose nothing of what any of them has", async () => {
    openStore(folder).store.save(newConversation("1", "first"), "asked");
    const body = (name: string) => `
      let conversation = store.find("1");
      store.onCopied = (id, copyId) => (conversation = { ...conversation, id: copyId });
      for (let i = 0; i < 40; i++) {
        conversation = ask(conversation, "${name}" + i);
        store.save(conversation, "asked");
      }
      process.exit(0);`;
    const names = ["p", "q", "r"];
    const children = names.map((name) => spawn(process.execPath, processWith(body(name)), { stdio: "inherit" }));
    const exits = await Promise.all(children.map((child) => once(child, "exit")));
    assert.deepEqual(exits, Array(names.length).fill([0, null]));
    const all = (await listAllQuestions(openStore(folder).store)).join("\n");
    for (const name of names) {
      const own = Array.from({ length: 40 }, (_, i) => `${name}${i}`).join(" ");
      assert.ok(all.includes(own), `all questions of ${name} are in one chat:\n${all}`);
    }
  });

  test("a chat that another deleted does not come back with the rest of its answer, but when it is gone on with", async () => {
    const a = openStore(folder).store;
    const chat = newConversation("1");
    a.save(chat, "asked");
    openStore(folder).store.delete("1");
    assert.ok(!fs.existsSync(fileOf("1")), "deleting a chat deletes its file");
    a.save(chat, "delta");
    a.save(chat, "ended");
    await a.flush();
    assert.deepEqual(fs.readdirSync(folder), []);
    a.save(ask(chat, "more"), "asked");
    assert.deepEqual(await listAllQuestions(a), ["1 more"]);
  });

  test("the fifty newest of all of them are kept, also those that have a title, and what cannot be read is not counted", async () => {
    const windows = [openStore(folder).store, openStore(folder).store];
    fs.writeFileSync(fileOf("broken"), "{");
    fs.writeFileSync(fileOf("newer"), JSON.stringify({ version: 2, chat: "of a newer version" }));
    for (let i = 0; i < 60; i++) {
      const store = windows[i % 2];
      assert.ok(store);
      await pause(2);
      store.save(newConversation(String(i)), "asked");
      await store.flush();
      if (i === 3) assert.ok(store.rename("3", "Of worth"));
    }
    const [store] = windows;
    assert.ok(store);
    const kept = [...Array.from({ length: 50 }, (_, index) => String(59 - index)), "3"];
    assert.deepEqual(await listQuestions(store), kept);
    const files = [...kept, "broken", "newer"].map((id) => `${id}.json`);
    assert.deepEqual(fs.readdirSync(folder).sort(), files.sort());
    assert.equal(fs.readFileSync(fileOf("newer"), "utf8"), '{"version":2,"chat":"of a newer version"}');
  });

  test("each remembers the chat that was open last", () => {
    const storage = new Memento();
    const { store } = openStore(folder, storage);
    store.save(newConversation("1"), "asked");
    store.save(newConversation("2"), "asked");
    store.remember("1");
    assert.equal(openStore(folder, storage).store.lastOpen?.id, "1");
    const size = [...storage.values.values()].join("").length;
    assert.ok(size < 100, `the memento holds ids: ${size} characters`);
  });
});

suite("a process that is killed", () => {
  test("between writing and renaming leaves the chat as it was, and its half-written file goes when it is old", async () => {
    const { store } = openStore(folder);
    store.save(newConversation("1", "before"), "asked");
    const before = fs.readFileSync(fileOf("1"), "utf8");
    const child = spawn(
      process.execPath,
      processWith(`
        fs.renameSync = () => process.kill(process.pid, "SIGKILL");
        store.save(ask(store.find("1"), "after"), "asked");`),
    );
    assert.deepEqual(await once(child, "exit"), [null, "SIGKILL"]);
    assert.equal(fs.readFileSync(fileOf("1"), "utf8"), before);
    const temporary = () => fs.readdirSync(folder).filter((name) => name.endsWith(".tmp"));
    assert.equal(temporary().length, 1);
    assert.deepEqual(await listQuestions(openStore(folder).store), ["before"]);

    store.save(newConversation("2"), "asked");
    await store.flush();
    assert.equal(temporary().length, 1, "another window may be about to rename it");
    const [name = ""] = temporary();
    fs.utimesSync(path.join(folder, name), new Date(0), new Date(Date.now() - 2 * 60 * 60_000));
    store.save(newConversation("3"), "asked");
    await store.flush();
    assert.deepEqual(temporary(), []);
  });

  test("in the middle of an answer leaves it as it was at the last write, and it is interrupted", async () => {
    const child = spawn(
      process.execPath,
      processWith(`
        let chat = newConversation("1");
        store.save(chat, "asked");
        for (let i = 0; ; i++) {
          const [question, answer] = chat.messages;
          chat = { ...chat, messages: [question, { ...answer, text: String(Date.now()) }] };
          store.save(chat, "delta");
          await new Promise((resolve) => setTimeout(resolve, 10));
        }`),
    );
    const { store } = openStore(folder);
    const written = () => Number(store.find("1")?.messages[1]?.text);
    while (!(written() > 0)) await pause(20);
    const first = written();
    while (written() === first) await pause(20);
    child.kill("SIGKILL");
    await once(child, "exit");
    const answer = openStore(folder).store.find("1")?.messages[1];
    assert.equal(answer?.role === "assistant" && answer.state, "interrupted");
  });
});

suite("a disk that refuses", () => {
  test("is told once, the chats go on in memory, and they are written when it takes them again", async () => {
    const place = path.join(folder, "chats");
    fs.writeFileSync(place, "a file where the folder should be");
    const { store, failures } = openStore(place);
    for (const id of ["1", "2"]) store.save(newConversation(id), "asked");
    store.save(ask(newConversation("2"), "more"), "asked");
    assert.equal(failures.length, 1);
    assert.match(failures[0]?.message ?? "", /ENOTDIR|EEXIST|ENOENT/);
    assert.equal(store.find("1")?.messages[0]?.text, "1");
    assert.deepEqual(await listAllQuestions(store), ["1", "2 more"]);

    fs.rmSync(place);
    store.save(newConversation("3"), "asked");
    assert.deepEqual(await listAllQuestions(openStore(place).store), ["1", "2 more", "3"]);
    fs.rmSync(place, { recursive: true });
    fs.writeFileSync(place, "");
    for (const id of ["4", "5"]) store.save(newConversation(id), "asked");
    assert.equal(failures.length, 2, "a new failure is told");
    fs.rmSync(place);
  });

  test("one failure alone is tried again, and told to nobody", async () => {
    const place = path.join(folder, "chats");
    fs.writeFileSync(place, "");
    const { store, failures, log } = openStore(place);
    store.save(newConversation("1"), "asked");
    fs.rmSync(place);
    while (!fs.existsSync(path.join(place, "1.json"))) await pause(20);
    assert.deepEqual(failures, []);
    assert.equal(log.length, 1);
  });

  test("a folder that is read-only is told, and its chats can be read", async () => {
    openStore(folder).store.save(newConversation("1"), "asked");
    fs.chmodSync(folder, 0o555);
    fs.chmodSync(fileOf("1"), 0o444);
    const root = process.getuid?.() === 0;
    // Root may write everywhere.
    if (root) process.seteuid?.(65534);
    try {
      const { store, failures } = openStore(folder);
      for (const id of ["2", "3"]) store.save(newConversation(id), "asked");
      assert.match(failures[0]?.message ?? "", /EACCES|EPERM/);
      assert.deepEqual(await listAllQuestions(store), ["1", "2", "3"]);
      assert.throws(() => store.delete("1"), /EACCES|EPERM/);
    } finally {
      if (root) process.seteuid?.(0);
      fs.chmodSync(folder, 0o755);
    }
  });

  test("a disk that is full in the middle of a file leaves the old one, and nothing half written", () => {
    const { store } = openStore(folder);
    store.save(newConversation("1", "small"), "asked");
    const before = fs.readFileSync(fileOf("1"), "utf8");
    // The shell allows its children files of a few kilobytes.
    const [flag, code, script] = processWith(`
      process.on("SIGXFSZ", () => {});
      const chat = ask(store.find("1"), "x".repeat(100_000));
      store.save(chat, "asked");
      store.save(chat, "ended");
      console.log(failures.map(({ code }) => code).join());
      process.exit(0);`);
    const command = `ulimit -f 16; exec "$0" "$1" "$2" "$3"`;
    const output = execFileSync("sh", ["-c", command, process.execPath, flag ?? "", code ?? "", script ?? ""]);
    assert.equal(output.toString().trim(), "EFBIG");
    assert.deepEqual(fs.readdirSync(folder), ["1.json"]);
    assert.equal(fs.readFileSync(fileOf("1"), "utf8"), before);
  });
});

test("only their user can read the files", () => {
  const place = path.join(folder, "new", "chats");
  openStore(place).store.save(newConversation("1"), "asked");
  const mode = (file: string) => (fs.statSync(file).mode & 0o777).toString(8);
  assert.deepEqual([mode(place), mode(path.join(place, "1.json"))], ["700", "600"]);
});
