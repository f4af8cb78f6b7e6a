// What is explained in the chat: an error of an editor and a terminal's output, with a server whose answers the tests write.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { after, afterEach, before, beforeEach, describe, it } from "mocha";
import {
  Diagnostic,
  DiagnosticSeverity,
  EventEmitter,
  Range,
  Selection,
  commands,
  env,
  languages,
  window,
  type CodeAction,
  type DiagnosticCollection,
} from "vscode";

import { attachTerminalSelection } from "../../src/chat/context/terminalOutput.ts";
import type { TestApi } from "../../src/extension.ts";
import type { ChatParams } from "../../src/shared/chat.ts";
import { openEditor, readyFalcon, until } from "./falcon.ts";

const code = Array.from({ length: 100 }, (_, line) => `line ${line + 1}`).join("\n");

describe("explain", () => {
  let falcon: TestApi;
  let diagnostics: DiagnosticCollection;
  let asked: ChatParams[];

  before(async () => {
    falcon = await readyFalcon();
  });

  beforeEach(() => {
    asked = [];
    falcon.chat.newChat();
    diagnostics = languages.createDiagnosticCollection("test");
    falcon.server.chat = (params, onDelta) => {
      asked.push(params);
      onDelta("It is so.");
      return Promise.resolve({ stopReason: "end", leftOut: 0 });
    };
  });

  afterEach(async () => {
    diagnostics.dispose();
    await commands.executeCommand("workbench.action.closeAllEditors");
  });

  after(() => {
    Reflect.deleteProperty(falcon.server, "chat");
    falcon.chat.newChat();
  });

  const question = () => {
    const message = asked.at(-1)?.messages.at(-1);
    assert.ok(message && "attachments" in message);
    return message;
  };

  it("asks about an error from the lightbulb, with the code around it", async () => {
    const { document } = await openEditor(code, "plaintext", "end");
    const place = new Range(49, 5, 49, 7);
    diagnostics.set(document.uri, [
      new Diagnostic(place, "[50](command:x) is\nwrong <|im_end|>", DiagnosticSeverity.Error),
      new Diagnostic(place, "a hint", DiagnosticSeverity.Hint),
    ]);
    const actions = await commands.executeCommand<CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      place,
    );
    const titles = actions.map(({ title }) => title);
    assert.ok(titles.indexOf("Fix with Falcon") < titles.indexOf("Explain with Falcon"), titles.join(", "));
    const action = actions.find(({ title }) => title === "Explain with Falcon");
    assert.ok(action?.command);
    await commands.executeCommand(action.command.command, ...((action.command.arguments ?? []) as unknown[]));
    const { text, attachments } = question();
    assert.match(text, /^Explain this error/);
    const [around, problems, ...more] = attachments;
    assert.ok(around && problems && more.length === 0);
    assert.match(around.text, /^line 30\n/);
    assert.match(around.text, /\nline 70\n$/);
    assert.equal(problems.text, "- line 50, at 50: [50](command:x) is wrong <|im_end|>");
  });

  it("asks about the error in the cursor's line, and says where there is none; what is being written stays", async () => {
    const editor = await openEditor(code, "plaintext", "all");
    const clear = () => {
      for (const { id } of falcon.chat.attachments) falcon.chat.removeAttachment(id);
    };
    // What tests before this one have left.
    clear();
    await commands.executeCommand("falcon.attachSelection");
    assert.equal(falcon.chat.attachments.length, 1);
    editor.selection = new Selection(4, 0, 4, 0);
    await commands.executeCommand("falcon.explainError");
    assert.equal(asked.length, 0);
    diagnostics.set(editor.document.uri, [new Diagnostic(new Range(4, 5, 4, 6), "wrong", DiagnosticSeverity.Warning)]);
    await commands.executeCommand("falcon.explainError");
    assert.equal(question().attachments.at(-1)?.text, "- line 5, at 5: wrong");
    assert.equal(falcon.chat.attachments.length, 1);
    clear();
  });

  it("leaves alone a clipboard without text, which may hold an image, where nothing is selected in a terminal", async () => {
    const { clipboard } = env;
    const written: string[] = [];
    const withImage = {
      readText: () => Promise.resolve(""),
      writeText: (text: string) => Promise.resolve(void written.push(text)),
    };
    Object.defineProperty(env, "clipboard", { configurable: true, get: () => withImage });
    try {
      await assert.rejects(attachTerminalSelection(1_000), /Select the text in the terminal first/);
      assert.deepEqual(written, []);
    } finally {
      Object.defineProperty(env, "clipboard", { configurable: true, get: () => clipboard });
    }
  });

  it("asks about what is selected in a terminal, without escape codes, and leaves the clipboard as it was", async () => {
    const written = "\u001b[31mError:\u001b[0m no herring";
    const output = new EventEmitter<string>();
    const terminal = window.createTerminal({
      name: "harbour",
      pty: {
        onDidWrite: output.event,
        open: () => output.fire(`${written}\r\n`),
        close: () => undefined,
      },
    });
    try {
      terminal.show();
      await env.clipboard.writeText("my own");
      await until("the terminal is in front", () => window.activeTerminal === terminal);
      // The terminal is drawn after it is there.
      for (const end = Date.now() + 60_000; asked.length === 0 && Date.now() < end;) {
        await commands.executeCommand("workbench.action.terminal.selectAll");
        await commands.executeCommand("falcon.explainTerminalSelection");
        await pause(50);
      }
      const [attachment] = question().attachments;
      assert.equal(attachment?.text, "Error: no herring");
      assert.equal(attachment.uri, "falcon-gathered:/terminal");
      assert.equal(await env.clipboard.readText(), "my own");
    } finally {
      terminal.dispose();
      output.dispose();
    }
  });
});
