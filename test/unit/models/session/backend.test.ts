// Which model file or server a role's settings name, and when a server may not be used.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { keyOf, requireServer, settingsOf } from "../../../../server/models/session/backend.ts";
import { readSettings } from "../../../../server/lsp/settings.ts";
import type { RemoteServer } from "../../../../src/shared/protocol.ts";

const box: RemoteServer = { name: "box", address: "http://box:8080", kind: "llama-server" };
const settings = (given: object) => {
  const warnings: string[] = [];
  return { warnings, ...readSettings({ readWorkspace: true, ...given }, (warning) => warnings.push(warning)) };
};

describe("backend", () => {
  test("is this machine unless a server is named, for both roles or for one", () => {
    const local = settings({ servers: [box] });
    assert.equal(settingsOf("chat", local, "/demo.gguf").backend, undefined);
    assert.equal(settingsOf("chat", local, "/demo.gguf").path, "/demo.gguf");
    const both = settings({ servers: [box], backend: "box", chat: { backend: "local", model: "/chat.gguf" } });
    assert.deepEqual(settingsOf("completion", both, "").backend?.server, box);
    assert.equal(settingsOf("chat", both, "").backend, undefined);
    assert.equal(settingsOf("chat", both, "").path, "/chat.gguf");
  });

  test("two roles on one server share its model, whichever files they name", () => {
    const both = settings({ servers: [box], backend: "box", chat: { model: "/chat.gguf" } });
    assert.equal(keyOf(settingsOf("chat", both, "")), keyOf(settingsOf("completion", both, "")));
  });

  test("a server is refused by name where there is none, and where the workspace is not trusted", () => {
    assert.deepEqual(requireServer({ name: "box", server: box, isTrusted: true }), box);
    assert.throws(() => requireServer({ name: "boks", isTrusted: true }), /“boks”.*falcon\.servers/);
    assert.throws(() => requireServer({ name: "box", server: box, isTrusted: false }), /not trusted/);
    const untrusted = settings({ servers: [box], backend: "box", readWorkspace: false });
    assert.equal(settingsOf("chat", untrusted, "").backend?.isTrusted, false);
  });

  test("a server that is wrong is left out and told of, and the others stay", () => {
    const { servers, warnings } = settings({ servers: [{ ...box, kind: "ollama" }, box, "x"] });
    assert.deepEqual(servers, [box]);
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? "", /servers\[0\]\.kind/);
  });
});
