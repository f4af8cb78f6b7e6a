// The chat: Explain Selection, what the page may ask for, and what comes from editors.

import assert from "node:assert/strict";

import { beforeEach, describe, it } from "mocha";
import { NotebookCellData, NotebookCellKind, NotebookData, Selection, commands, env, window, workspace } from "vscode";

import { showAttachment } from "../../src/chat/attachments.ts";
import type { TestApi } from "../../src/extension.ts";
import { longestText } from "../../src/shared/limits.ts";
import type { AnswerMessage, UserMessage } from "../../src/shared/chat.ts";
import { openEditor, readyFalcon, until } from "./falcon.ts";
import { MemoryFiles } from "./memoryFiles.ts";

const code = "def add(a, b):\n    return a + b\n";

describe("chat", () => {
  let falcon: TestApi;

  beforeEach(async () => {
    falcon = await readyFalcon();
    falcon.chat.newChat();
  });

  function question(): UserMessage | undefined {
    return falcon.chat.conversation.messages[0] as UserMessage | undefined;
  }

  function answer(): AnswerMessage | undefined {
    return falcon.chat.conversation.messages[1] as AnswerMessage | undefined;
  }

  /** What the page is told of its requests, in their order. */
  async function repliesOf(
    requests: readonly { readonly request: number; readonly [part: string]: unknown }[],
  ): Promise<unknown[]> {
    const replies = new Map<number, unknown>();
    const post = falcon.chatView.post.bind(falcon.chatView);
    falcon.chatView.post = (message) => {
      if (message.type === "reply") replies.set(message.request, message);
      else post(message);
    };
    try {
      for (const request of requests) falcon.chatView.receive(request);
      await until("every request has its reply", () => replies.size === requests.length);
    } finally {
      falcon.chatView.post = post;
    }
    return requests.map(({ request }) => replies.get(request));
  }

  it("explains the selection with an answer that streams", async () => {
    const { document } = await openEditor(code, "python", "all");
    await commands.executeCommand("falcon.explainSelection");
    assert.equal(question()?.command, "explain");
    const [attachment] = question()?.attachments ?? [];
    const { id, ...rest } = attachment ?? { id: "" };
    assert.ok(id);
    assert.deepEqual(rest, {
      label: `${document.uri.path}:1-2`,
      uri: document.uri.toString(),
      languageId: "python",
      text: code,
      range: { startLine: 0, endLine: 1 },
    });
    await until("the answer grows", () => answer()?.state === "streaming" && answer()?.text !== "");
    falcon.chatView.receive({ type: "stop", request: 1 });
    assert.equal(answer()?.state, "stopped");
    const { text = "" } = answer() ?? {};
    assert.ok(text.length > 0, "what was written stays");
  });

  it("documents the selection, by its command and when the page asks", async () => {
    await openEditor(code, "python", "all");
    await commands.executeCommand("falcon.documentSelection");
    assert.equal(question()?.command, "document");
    assert.equal(question()?.attachments[0]?.text, code);
    falcon.chat.newChat();
    assert.deepEqual(await repliesOf([{ type: "command", request: 1, command: "document" }]), [
      { type: "reply", request: 1 },
    ]);
    assert.equal(question()?.command, "document");
  });

  it("says why the line is not completed where completions are switched off, and why nothing is explained", async () => {
    await openEditor("\n", "python", "end");
    const configuration = workspace.getConfiguration();
    await configuration.update("falcon.inlineCompletion.enabled", false, true);
    assert.deepEqual(
      await repliesOf([
        { type: "completeLine", request: 1 },
        { type: "command", request: 2, command: "explain" },
      ]),
      [
        { type: "reply", request: 1, refusal: "Inline completions are off" },
        { type: "reply", request: 2, refusal: "Select the code first." },
      ],
    );
    await configuration.update("falcon.inlineCompletion.enabled", undefined, true);
    assert.equal(question(), undefined);
  });

  it("does nothing with an editor that was closed", async () => {
    const files = new MemoryFiles("closed");
    const { document } = await files.open("add.py", code);
    while (window.tabGroups.all.some(({ tabs }) => tabs.length > 0))
      await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await until("no editor is there", () => window.activeTextEditor === undefined);
    assert.equal(document.isClosed, false, "VS Code keeps it for a while");
    const refusal = "Open a file in an editor first.";
    assert.deepEqual(
      await repliesOf([
        { type: "completeLine", request: 1 },
        { type: "command", request: 2, command: "explain" },
      ]),
      [
        { type: "reply", request: 1, refusal },
        { type: "reply", request: 2, refusal },
      ],
    );
    assert.deepEqual(window.visibleTextEditors, []);
    files.dispose();
  });

  it("explains the line of the cursor when nothing is selected", async () => {
    const editor = await openEditor("first\nsecond line\n", "plaintext", "end");
    editor.selection = new Selection(1, 3, 1, 3);
    await commands.executeCommand("falcon.explainSelection");
    assert.equal(question()?.attachments[0]?.text, "second line");
  });

  it("shows a page that says it is ready", async () => {
    await commands.executeCommand("falcon.openChat");
    await until("the page is ready", () => falcon.chatView.isReady);
  });

  it("ignores messages of a wrong shape", () => {
    const before = falcon.chat.conversation;
    const wrong = [
      undefined,
      null,
      "send",
      {},
      { type: "send" },
      { type: "send", text: 1 },
      { type: "send", text: "hi", command: "explain" },
      { type: "act", action: "workbench.action.quit" },
      { type: "__proto__" },
    ];
    for (const message of wrong) falcon.chatView.receive(message);
    assert.equal(falcon.chat.conversation, before);
    falcon.chatView.receive({ type: "send", request: 1, text: "hi" });
    assert.equal(question()?.text, "hi");
  });

  it("replies to every request: what was accepted, and why the rest was not", async () => {
    const replies = await repliesOf([
      { type: "send", request: 1, text: "x".repeat(longestText + 1) },
      { type: "openAttachment", request: 2, id: "none" },
      { type: "openLink", request: 3, href: "command:workbench.action.quit" },
      { type: "fly", request: 4 },
    ]);
    assert.deepEqual(replies, [
      { type: "reply", request: 1, refusal: "This is too long: at most 1000000 characters are taken." },
      { type: "reply", request: 2, refusal: "This attachment is no longer in the chat." },
      { type: "reply", request: 3, refusal: "Only links to web pages and mail addresses are opened." },
      { type: "reply", request: 4, refusal: "Falcon does not know what the chat asks for. The log has the details." },
    ]);
    assert.equal(question(), undefined);
    assert.deepEqual(await repliesOf([{ type: "send", request: 5, text: "hi" }]), [{ type: "reply", request: 5 }]);
    assert.equal(question()?.text, "hi");
  });

  it("sends what was attached, once", async () => {
    await openEditor(code, "python", "all");
    await commands.executeCommand("falcon.attachSelection");
    const [first] = falcon.chat.attachments;
    assert.ok(first);
    falcon.chatView.receive({ type: "attachSelection", request: 1 });
    await until("the selection replaced itself", () => falcon.chat.attachments[0] !== first);
    assert.equal(falcon.chat.attachments.length, 1);
    falcon.chatView.receive({ type: "send", request: 1, text: "What is this?" });
    assert.deepEqual(falcon.chat.attachments, []);
    assert.equal(question()?.attachments[0]?.text, code);
  });

  it("says of an attachment whose file was deleted where it was, and shows what was attached", async () => {
    const files = new MemoryFiles("deleted");
    const uri = files.uri("gone.js").toString();
    const attachment = { id: "1", label: "gone.js", uri, languageId: "javascript", text: "let a = 1;" };
    const place = /deleted:[^ ]*gone\.js is not there any more: .* Here is what was attached\./;
    await assert.rejects(showAttachment(attachment), place);
    assert.equal(window.activeTextEditor?.document.getText(), "let a = 1;");
    assert.equal(window.activeTextEditor.document.languageId, "javascript");
    await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    files.dispose();
  });

  it("names the cell of a notebook", async () => {
    const cells = ["x = 1", "y = 2"].map((text) => new NotebookCellData(NotebookCellKind.Code, text, "python"));
    const notebook = await workspace.openNotebookDocument("jupyter-notebook", new NotebookData(cells));
    await window.showNotebookDocument(notebook);
    await commands.executeCommand("notebook.focusBottom");
    await commands.executeCommand("notebook.cell.edit");
    const cell = notebook.cellAt(1).document;
    await until("the cell is edited", () => window.activeTextEditor?.document === cell);
    falcon.chatView.receive({ type: "attachFile", request: 1 });
    await until("the cell is attached", () => falcon.chat.attachments.length === 1);
    const [attachment] = falcon.chat.attachments;
    assert.match(attachment?.label ?? "", /, cell 2$/);
    assert.equal(attachment?.text, "y = 2");
    await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("inserts code as one step to undo", async () => {
    const { document } = await openEditor("def f():\n    \n", "python", "end");
    const editor = await window.showTextDocument(document);
    editor.selection = new Selection(1, 4, 1, 4);
    falcon.chatView.receive({ type: "insertCode", request: 1, code: "a = ${1}\nif a:\n    b()" });
    await until("the code is there", () => document.getText().includes("b()"));
    assert.equal(document.getText(), "def f():\n    a = ${1}\n    if a:\n        b()\n");
    await commands.executeCommand("undo");
    assert.equal(document.getText(), "def f():\n    \n");
  });

  it("copies code", async () => {
    falcon.chatView.receive({ type: "copyCode", request: 1, code: "copied by Falcon" });
    await until("the clipboard has it", () => true);
    assert.equal(await env.clipboard.readText(), "copied by Falcon");
  });

  it("keeps earlier conversations", () => {
    falcon.chatView.receive({ type: "send", request: 1, text: "the first" });
    const { id } = falcon.chat.conversation;
    falcon.chat.newChat();
    assert.equal(falcon.chat.conversation.messages.length, 0);
    falcon.chat.open(id);
    assert.equal(question()?.text, "the first");
    falcon.chat.delete(id);
    falcon.chat.open(id);
    assert.equal(falcon.chat.conversation.messages.length, 0);
  });
});
