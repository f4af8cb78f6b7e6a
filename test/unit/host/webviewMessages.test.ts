// What the host takes from the chat page.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import fc from "fast-check";

import { parseLink, parseWebviewMessage } from "../../../src/chat/webviewMessages.ts";
import type { FromWebview } from "../../../src/shared/protocol.ts";

const messages: readonly FromWebview[] = [
  { type: "ready" },
  { type: "send", text: "Hi\n<b>" },
  { type: "stop" },
  { type: "retry" },
  { type: "copyCode", code: "x" },
  { type: "insertCode", code: "" },
  { type: "attachSelection" },
  { type: "attachFile" },
  { type: "removeAttachment", id: "1" },
  { type: "openAttachment", id: "1" },
  { type: "openLink", href: "https://example.org" },
  { type: "act", action: "retry" },
];

suite("parseWebviewMessage", () => {
  test("takes every message of the protocol", () => {
    for (const message of messages) assert.deepEqual(parseWebviewMessage(message), message);
  });

  test("refuses a message with a part missing, added or of another type", () => {
    for (const message of messages) {
      assert.equal(parseWebviewMessage({ ...message, more: 1 }), undefined);
      for (const key of Object.keys(message)) {
        const rest = Object.entries(message).filter(([name]) => name !== key);
        assert.equal(parseWebviewMessage(Object.fromEntries(rest)), undefined, `${message.type} without ${key}`);
        assert.equal(parseWebviewMessage({ ...message, [key]: 7 }), undefined, `${message.type} with a wrong ${key}`);
      }
    }
  });

  test("refuses a command in disguise and a text of unreasonable length", () => {
    assert.equal(parseWebviewMessage({ type: "act", action: "workbench.action.quit" }), undefined);
    assert.equal(parseWebviewMessage({ type: "send", text: "x".repeat(1_000_001) }), undefined);
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        assert.equal(parseWebviewMessage(value), undefined);
      }),
    );
  });
});

suite("parseLink", () => {
  test("lets out web pages and mail addresses", () => {
    for (const href of ["https://example.org/a?b#c", "http://localhost:8080/", "mailto:a@example.org"]) {
      assert.equal(parseLink(href)?.href, href);
    }
  });

  test("keeps in everything else", () => {
    const links = ["javascript:alert(1)", "file:///etc/passwd", "command:falcon.showLog", "vscode://x", "//x.org", ""];
    for (const href of links) assert.equal(parseLink(href), undefined, href);
  });
});
