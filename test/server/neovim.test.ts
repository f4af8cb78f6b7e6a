// A real Neovim, set up as README.md says: alone, and beside windows that share its model.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, beforeEach, test } from "node:test";

import type { UserMessage } from "../../src/shared/chat.ts";
import { ask } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { NeovimUnderTest } from "../support/neovim.ts";
import { isRunning, until } from "../support/processes.ts";
import { ServiceUnderTest } from "../support/serviceUnderTest.ts";

const service = new ServiceUnderTest();
process.env["FALCON_SERVICE_FOLDER"] = service.folder;
after(() => service.end());

let folder: string;
let neovim: NeovimUnderTest | undefined;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-neovim-"));
});
afterEach(() => {
  neovim?.kill();
  fs.rmSync(folder, { recursive: true });
});

async function openNeovim(): Promise<NeovimUnderTest> {
  const file = path.join(folder, "boats.py");
  fs.writeFileSync(file, "import os\nimport sys\n\nfor name in os.listdir(");
  return (neovim = await NeovimUnderTest.open(folder, file));
}

/** What the bundled model can be asked: each time of another function. */
function explain(number: number): UserMessage {
  const text = `def wait_${number}(boats):\n    return [boat for boat in boats if boat.length > ${number}]`;
  const attachment = { id: "a", label: "boats.py:1-2", uri: "file:///boats.py", languageId: "python", text };
  return { id: String(number), role: "user", text: "", attachments: [attachment], command: "explain" };
}

test("Neovim shows ghost text, Tab accepts it, and the server ends with the editor", async () => {
  const neovim = await openNeovim();
  const before = await neovim.text();
  await neovim.type("GA");
  const ghost = await neovim.ghostText();
  assert.equal(await neovim.text(), before, `what is shown is written already: ${ghost}`);
  await neovim.type("<Tab>");
  const after = await neovim.textWhere((text) => text !== before);
  assert.ok(after.startsWith(before) && after.length > before.length, after);

  const { servers } = neovim;
  // One of a service that has ended is none of its own.
  assert.equal(servers.filter((pid) => !service.services.includes(pid)).length, 1, neovim.output);
  await neovim.quit();
  await until("the server is gone", () => servers.every((pid) => !isRunning(pid) || service.services.includes(pid)));
  await until("the model is gone", () => service.models.length === 0);
});

test("Neovim and three windows have one model: ghost text of all comes while one chats, and who closes harms no other", async (t) => {
  const neovim = await openNeovim();
  // The settings of a user who has set nothing, as Neovim's are.
  const model = { path: "", contextSize: 4096, gpu: "auto", threads: 0, shared: true } as const;
  const windows = await Promise.all([0, 1, 2].map(() => LspClient.withModel("", { ...quickSettings, model })));
  t.after(() => windows.forEach(({ child }) => child.kill("SIGKILL")));
  const [chatting, closing, staying] = windows;
  assert.ok(chatting && closing && staying);
  const { models } = service;
  assert.equal(models.length, 1);
  for (const window of windows) await window.open("file:///a.py", "");

  const chats = new AbortController();
  const deltas: string[] = [];
  const chat = (async () => {
    while (!chats.signal.aborted) await ask(chatting, [explain(deltas.length)], deltas);
  })();
  await until("the answer grows", () => deltas.length > 0);

  let version = 2;
  /** All ask at once for what they have not asked for before. */
  const complete = async (open: readonly LspClient[]) => {
    const name = `value${version}`;
    const text = `import os\n\n${name} = os.path.join(`;
    for (const window of open) await window.change("file:///a.py", version, { text });
    version++;
    const character = name.length + " = os.path.join(".length;
    const shown = open.map((window) => window.complete("file:///a.py", 2, character));
    await neovim.type(`<Esc>Go${name} = os.path.join(`);
    assert.notEqual(await neovim.ghostText(), "");
    for (const items of await Promise.all(shown)) assert.equal(items.length, 1);
  };
  for (let round = 0; round < 3; round++) {
    const { length } = deltas;
    await complete(windows);
    await until("the chat goes on, too", () => deltas.length > length);
  }

  const gone = once(closing.child, "exit");
  const cut = closing.complete("file:///a.py", 0, 0).catch(() => undefined);
  closing.child.kill("SIGKILL");
  await gone;
  closing.connection.dispose();
  await cut;
  await complete([chatting, staying]);
  const { length } = deltas;
  await until("the chat goes on", () => deltas.length > length);
  chats.abort();
  await chat;

  const { servers } = neovim;
  await neovim.quit();
  await until("Neovim's server is gone", () =>
    servers.every((pid) => !isRunning(pid) || service.services.includes(pid)),
  );
  const { length: answered } = deltas;
  await ask(staying, [explain(0)], deltas);
  assert.ok(deltas.length > answered);
  assert.deepEqual(service.models, models, "it is the same process");
  assert.equal(service.services.length, 1);
  await Promise.all([chatting, staying].map((window) => window.stop()));
  await until("the model is gone", () => service.models.length === 0);
});
