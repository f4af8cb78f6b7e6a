// What the host takes from the chat page.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import fc from "../../support/fastCheck.ts";

import { parseLink, parseWebviewMessage } from "../../../src/chat/webviewMessages.ts";
import { longestLink, longestText } from "../../../src/shared/limits.ts";
import type { FromWebview, PageRequest } from "../../../src/shared/chat.ts";

const requests: readonly PageRequest[] = [
  { type: "send", text: "Hi\n<b>" },
  { type: "stop" },
  { type: "retry" },
  { type: "retryWith" },
  { type: "resend", id: "1", text: "Hi" },
  { type: "branch", id: "1" },
  { type: "command", command: "document" },
  { type: "completeLine" },
  { type: "copyCode", code: "x" },
  { type: "insertCode", code: "" },
  { type: "applyCode", code: "a" },
  { type: "newFile", code: "a", language: "js" },
  { type: "runCode", code: "ls" },
  { type: "openPlace", name: "a.ts:3" },
  { type: "findOffers", query: "@a" },
  { type: "chooseOffer", id: "1" },
  { type: "attachSelection" },
  { type: "attachFile" },
  { type: "removeAttachment", id: "1" },
  { type: "openAttachment", id: "1" },
  { type: "openLink", href: "https://example.org" },
  { type: "act", action: "retry" },
];
const messages: readonly FromWebview[] = [
  { type: "ready" },
  { type: "draft", text: "a" },
  { type: "findPlaces", names: ["a.ts"] },
  ...requests.map((each) => ({ ...each, request: 7 })),
];

const isRefused = (value: unknown) => parseWebviewMessage(value).type === "invalid";

suite("parseWebviewMessage", () => {
  test("takes every message of the protocol", () => {
    for (const message of messages) assert.deepEqual(parseWebviewMessage(message), message);
  });

  test("refuses a message with a part missing, added or of another type", () => {
    for (const message of messages) {
      assert.ok(isRefused({ ...message, more: 1 }));
      for (const key of Object.keys(message)) {
        const rest = Object.entries(message).filter(([name]) => name !== key);
        assert.ok(isRefused(Object.fromEntries(rest)), `${message.type} without ${key}`);
        assert.ok(isRefused({ ...message, [key]: [7] }), `${message.type} with a wrong ${key}`);
      }
    }
  });

  test("refuses a command in disguise", () => {
    assert.ok(isRefused({ type: "act", request: 1, action: "workbench.action.quit" }));
    assert.ok(isRefused({ type: "command", request: 1, command: "workbench.action.quit" }));
  });

  test("says of what is too long how much is taken, and of what it refuses to which request that belongs", () => {
    const most = "x".repeat(longestText);
    assert.equal(parseWebviewMessage({ type: "send", request: 7, text: most }).type, "send");
    const tooMuch = { type: "invalid", request: 7, limit: longestText };
    assert.deepEqual(parseWebviewMessage({ type: "send", request: 7, text: `${most}x` }), tooMuch);
    assert.deepEqual(parseWebviewMessage({ type: "copyCode", request: 7, code: `${most}x` }), tooMuch);
    assert.deepEqual(parseWebviewMessage({ type: "insertCode", request: 7, code: `${most}x` }), tooMuch);
    const href = `https://example.org/${"x".repeat(longestLink)}`;
    const link = { type: "invalid", request: 7, limit: longestLink };
    assert.deepEqual(parseWebviewMessage({ type: "openLink", request: 7, href }), link);
    assert.deepEqual(parseWebviewMessage({ type: "send", request: 7 }), { type: "invalid", request: 7 });
    assert.deepEqual(parseWebviewMessage({ type: "send", text: "Hi" }), { type: "invalid" });
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        assert.ok(isRefused(value));
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
