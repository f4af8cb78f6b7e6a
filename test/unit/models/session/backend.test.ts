// Which model file or server a role's settings name, and when a server may not be used.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { keyOf, requireServer, settingsOf } from "../../../../server/models/session/backend.ts";
import { readSettings } from "../../../../server/lsp/settings.ts";
import type { RemoteServer } from "../../../../src/shared/serverSettings.ts";

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

  test("a server that is wrong is refused with what is wrong, not as if there were none", () => {
    const refusal = (...servers: object[]) => {
      const { backend } = settingsOf("chat", settings({ backend: "box", servers }), "");
      assert.ok(backend);
      return () => requireServer(backend);
    };
    assert.throws(refusal({ ...box, kind: "vLLM" }), /server box is not set up.*kind.*falcon\.servers/);
    assert.throws(refusal({ ...box, model: "" }), /server box is not set up.*model/);
    assert.throws(refusal(box, { ...box, address: "http://other:8080" }), /another server has this name/);
    assert.deepEqual(refusal(box)(), box);
  });

  test("two names that would take their key from one variable are not both taken", () => {
    const names = (...given: string[]) =>
      settings({ servers: given.map((name) => ({ ...box, name })) }).servers?.map(({ name }) => name);
    assert.deepEqual(names("GPU box", "gpu-box"), ["GPU box"]);
    assert.deepEqual(names("сервер", "машина"), ["сервер", "машина"]);
  });

  test("blanks around names count for nothing", () => {
    const spaced = settings({ servers: [{ ...box, name: " box ", model: " m " }], backend: "box\t" });
    assert.deepEqual(settingsOf("chat", spaced, "").backend?.server, { ...box, model: "m" });
    const role = settings({ servers: [box], chat: { backend: " box " } });
    assert.deepEqual(settingsOf("chat", role, "").backend?.server, box);
  });

  test("a client that knows no trust in workspaces uses its servers; what says no does not", () => {
    const warn = (warning: string) => assert.fail(warning);
    const isTrusted = (given: object) =>
      settingsOf("chat", readSettings({ servers: [box], backend: "box", ...given }, warn), "").backend?.isTrusted;
    assert.equal(isTrusted({}), true);
    assert.equal(isTrusted({ readWorkspace: true }), true);
    assert.equal(isTrusted({ readWorkspace: false }), false);
    assert.equal(isTrusted({ readWorkspace: "no" }), false);
  });
});
