// What a client sends as options and settings, whatever it is.

import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import fc from "../../support/fastCheck.ts";

import { secretFiles } from "../../../src/shared/excludedFiles.ts";
import { readOptions, readSettings } from "../../../server/lsp/settings.ts";

const defaults = {
  model: { path: "", contextSize: 4096, gpu: "auto", threads: 0, shared: true },
  inlineCompletion: { debounce: 75, maxTokens: 96, timeLimit: 200, suggestions: "balanced" },
  chat: { maxTokens: 1024, temperature: 0.1 },
};

function read(given: unknown) {
  const warnings: string[] = [];
  return { settings: readSettings(given, (warning) => warnings.push(warning)), warnings };
}

test("a client that sends no options gets the defaults, without a word", () => {
  for (const given of [undefined, null, {}, { settings: {} }, { settings: { model: {} } }]) {
    const options = readOptions(given, (warning) => assert.fail(warning));
    assert.deepEqual(options, { settings: { ...defaults, excludedFiles: secretFiles } });
  }
});

test("the defaults are those of package.json", () => {
  const { contributes } = JSON.parse(fs.readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    contributes: { configuration: { properties: Record<string, { default: unknown }> } };
  };
  for (const [group, entries] of Object.entries(defaults)) {
    for (const [name, value] of Object.entries(entries)) {
      assert.equal(contributes.configuration.properties[`falcon.${group}.${name}`]?.default, value, `${group}.${name}`);
    }
  }
});

test("what is right is taken, and one wrong value costs that value alone", () => {
  const { settings, warnings } = read({
    model: {
      path: "/m.gguf",
      contextSize: "many",
      gpu: "opencl",
      adapters: { "/m.gguf": [{ path: "/a.gguf", scale: 0.5 }] },
    },
    inlineCompletion: { debounce: -1, maxTokens: 7, unknown: true, model: "/c.gguf" },
    chat: 3,
    excludedFiles: ".env",
  });
  assert.deepEqual(settings, {
    model: { ...defaults.model, path: "/m.gguf", adapters: { "/m.gguf": [{ path: "/a.gguf", scale: 0.5 }] } },
    inlineCompletion: { debounce: 75, maxTokens: 7, timeLimit: 200, suggestions: "balanced", model: "/c.gguf" },
    chat: defaults.chat,
    excludedFiles: secretFiles,
  });
  assert.equal(warnings.length, 5, warnings.join("\n"));
  for (const [i, name] of [
    "model.contextSize",
    "model.gpu",
    "inlineCompletion.debounce",
    "chat",
    "excludedFiles",
  ].entries()) {
    assert.ok(warnings[i]?.startsWith(`settings.${name}`), warnings[i]);
  }
});

test("anything at all gives settings that the server can work with", () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (whole, group) => {
      for (const given of [whole, { model: group, chat: group, inlineCompletion: group }]) {
        const { settings } = read(given);
        assert.deepEqual(read(settings), { settings, warnings: [] });
      }
    }),
  );
});
