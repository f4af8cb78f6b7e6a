// The user's own commands: prompt files of the workspace, with a server whose answers the tests write.

import assert from "node:assert/strict";

import { after, afterEach, before, beforeEach, describe, it } from "mocha";
import {
  Position,
  Range,
  Selection,
  Uri,
  WorkspaceEdit,
  commands,
  window,
  workspace,
  type CodeAction,
  type TextEditor,
} from "vscode";

import { Offers } from "../../src/chat/context/offers.ts";
import type { TestApi } from "../../src/extension.ts";
import { PromptFiles } from "../../src/prompts/promptFiles.ts";
import type { EditParams } from "../../src/shared/edit.ts";
import type { ChatParams, ToWebview } from "../../src/shared/chat.ts";
import { readyFalcon, showInFront, until } from "./falcon.ts";

const files: Readonly<Record<string, string>> = {
  review:
    "---\nname: review\ndescription: Review this\nwhere: [palette, chat]\n---\nReview ${selection} in ${language}.\n",
  pirate: "---\nanswer: replace\nwhere: [lightbulb]\n---\nWrite it as a pirate would.\n",
  header: "---\nanswer: insert\n---\nWrite a header for:${selection}",
  plan: "---\nanswer: newDocument\n---\nWrite a plan.\n",
  wrong: "---\nname: wrong\nanswer: dance\n---\nDance.\n",
};

describe("prompt files", () => {
  let falcon: TestApi;
  let folder: Uri;
  let edits: EditParams[];
  let chats: ChatParams[];
  let answer: string;

  before(async () => {
    falcon = await readyFalcon();
    folder = Uri.joinPath(workspace.workspaceFolders?.[0]?.uri ?? Uri.file("/"), ".falcon");
    for (const [name, text] of Object.entries(files)) await write(name, text);
    await falcon.prompts.read();
  });

  after(async () => {
    await workspace.fs.delete(folder, { recursive: true });
    await falcon.prompts.read();
  });

  beforeEach(() => {
    [edits, chats] = [[], []];
    falcon.server.edit = (params) => {
      edits.push(params);
      return Promise.resolve({ text: answer, stopReason: "end" });
    };
    falcon.server.chat = (params) => {
      chats.push(params);
      return Promise.resolve({ stopReason: "end", leftOut: 0 });
    };
  });

  afterEach(async () => {
    Reflect.deleteProperty(falcon.server, "edit");
    Reflect.deleteProperty(falcon.server, "chat");
    for (const proposal of falcon.proposals.all) proposal.dispose();
    await commands.executeCommand("workbench.action.closeAllEditors");
  });

  function write(name: string, text: string): Thenable<void> {
    return workspace.fs.writeFile(Uri.joinPath(folder, `prompts/${name}.md`), Buffer.from(text));
  }

  /** A file: VS Code gives a new document at times the text of the one that was closed last. */
  async function openFile(name: string, text: string, select: "all" | "end"): Promise<TextEditor> {
    const uri = Uri.joinPath(folder, name);
    await workspace.fs.writeFile(uri, Buffer.from(text));
    const editor = await showInFront(await workspace.openTextDocument(uri));
    const end = editor.document.positionAt(text.length);
    editor.selection = new Selection(select === "all" ? new Position(0, 0) : end, end);
    return editor;
  }

  const names = () => falcon.prompts.all.map(({ name }) => name);

  it("are those that are right", async () => {
    assert.deepEqual(names(), ["header", "pirate", "plan", "review"]);
    await write("wrong", "---\nname: review\n---\nDance.\n");
    await falcon.prompts.read();
    assert.deepEqual(names(), ["header", "pirate", "plan", "review"], "a name is there once");
  });

  it("are read again when an editor saves one", async () => {
    const { document } = await window.showTextDocument(Uri.joinPath(folder, "prompts/wrong.md"));
    const edit = new WorkspaceEdit();
    edit.replace(document.uri, new Range(0, 0, document.lineCount, 0), "Dance.\n");
    await workspace.applyEdit(edit);
    assert.ok(await document.save());
    await until("the file is read", () => names().includes("wrong"));
  });

  it("are read once for the list behind a slash, not at each letter", async () => {
    let reads = 0;
    const read = () => {
      reads++;
      return Promise.resolve();
    };
    const prompts = { all: falcon.prompts.all, read };
    const offers = new Offers({ ...falcon, prompts } as never);
    const found = [];
    for (const query of ["/", "/p", "/pl", "/pla"]) found.push((await offers.find(query)).map(({ label }) => label));
    assert.equal(reads, 1);
    assert.ok(found[0]?.includes("/review"));
    assert.deepEqual(found[3], ["/plan"]);
  });

  it("that cannot be read say why", async () => {
    const said: string[] = [];
    const { showErrorMessage } = window;
    Object.assign(window, { showErrorMessage: (message: string) => Promise.resolve(void said.push(message)) });
    const bad = { long: Buffer.alloc(100_001, "a"), binary: Buffer.from([0xff, 0xfe, 0x41]), empty: Buffer.from(" ") };
    const uris = Object.entries(bad).map(
      ([name, bytes]) => [Uri.joinPath(folder, `prompts/${name}.md`), bytes] as const,
    );
    const own = new PromptFiles();
    try {
      for (const [uri, bytes] of uris) await workspace.fs.writeFile(uri, bytes);
      await own.read();
    } finally {
      own.dispose();
      Object.assign(window, { showErrorMessage });
      for (const [uri] of uris) await workspace.fs.delete(uri);
    }
    for (const part of [
      /long\.md, line 1: .*longer than 100000 bytes/,
      /binary\.md, line 1: .*UTF-8/,
      /empty\.md, line 1: .*no text/,
    ])
      assert.ok(
        said.some((message) => part.test(message)),
        `${part}: ${said.join("; ")}`,
      );
  });

  it("are offered behind a slash, and ask in the chat about the selection", async () => {
    await openFile("a.py", "a = 1", "all");
    const posted: ToWebview[] = [];
    const post = falcon.chatView.post.bind(falcon.chatView);
    falcon.chatView.post = (message) => posted.push(message);
    try {
      falcon.chatView.receive({ type: "findOffers", query: "/rev", request: 9_001 });
      await until("they are offered", () => posted.some(({ type }) => type === "offers"));
    } finally {
      falcon.chatView.post = post;
    }
    const found = posted.find((each) => each.type === "offers");
    const [offer, ...more] = found?.type === "offers" ? found.offers : [];
    assert.ok(offer && more.length === 0);
    assert.deepEqual([offer.label, offer.description], ["/review", "Review this"]);
    falcon.chatView.receive({ type: "chooseOffer", id: offer.id, request: 9_002 });
    await until("the chat is asked", () => chats.length > 0);
    const question = chats[0]?.messages.at(-1);
    assert.ok(question && "attachments" in question);
    const [attachment] = question.attachments;
    assert.equal(attachment?.text, "a = 1");
    assert.equal(question.text, `Review ${attachment.label} in python.`);
  });

  it("are offered in the lightbulb of a selection, and change it", async () => {
    const { document } = await openFile("hello.txt", "hello", "all");
    const place = new Range(0, 0, 0, 5);
    const actions = await commands.executeCommand<CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      place,
    );
    const titles = actions.map(({ title }) => title);
    assert.ok(titles.includes("pirate with Falcon") && !titles.includes("Review this with Falcon"), titles.join(", "));
    answer = "ahoy";
    await commands.executeCommand("falcon.runPrompt", "pirate");
    assert.deepEqual([edits[0]?.command, edits[0]?.text], ["edit", "hello"]);
    assert.equal(edits[0]?.instruction, "Write it as a pirate would.");
    assert.equal(document.getText(), "ahoy");
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(document.getText(), "hello");
  });

  it("insert at the cursor, and the selection is a block in their words", async () => {
    const { document } = await openFile("x.txt", "x ``` y\n", "end");
    await commands.executeCommand("cursorTop");
    answer = "header";
    await commands.executeCommand("falcon.runPrompt", "header");
    assert.equal(edits[0]?.instruction, "Write a header for:\n````plaintext\nx ``` y\n````\n");
    assert.equal(edits[0].text, "");
    assert.equal(document.getText(), "headerx ``` y\n");
    await commands.executeCommand("falcon.rejectAllChanges");
  });

  it("write a new document, and none where the answer is empty", async () => {
    answer = " ";
    await commands.executeCommand("falcon.runPrompt", "plan");
    const shown = () => window.visibleTextEditors.map(({ document }) => [document.getText(), document.languageId]);
    assert.deepEqual(shown(), []);
    answer = "# Plan";
    await commands.executeCommand("falcon.runPrompt", "plan");
    assert.equal(edits[1]?.command, "compose");
    assert.deepEqual(shown(), [["# Plan\n", "markdown"]]);
  });
});
