// Which models are said to answer poorly, by the names under which they are published.

import assert from "node:assert/strict";
import { test } from "node:test";

import { formatNote } from "../../../server/chat/formatNote.ts";

const chatMl = ["<|im_start|>", "<|im_end|>"];
const falcon3 = ["<|system|>", "<|user|>", "<|assistant|>"];

const noteOf = (name: string, markers: readonly string[] = [], file = "model.gguf") =>
  formatNote({ name, path: `/models/${file}`, architecture: "", markers, demonstration: false });

test("models that were trained to answer have no note", () => {
  for (const name of ["falcon-7b-instruct", "Falcon 40B Instruct", "falcon-180B-chat", "Tiiuae Falcon-7b-Instruct"]) {
    assert.equal(noteOf(name), undefined, name);
  }
  for (const name of ["Falcon3-10B-Instruct", "Falcon-Arabic-7B-Instruct"])
    assert.equal(noteOf(name, falcon3), undefined);
  const others = [
    "Falcon-H1-1.5B-Deep-Instruct",
    "Falcon-H1R-7B",
    "Falcon H1 Tiny Coder 90M",
    "falcon-mamba-7b-instruct",
  ];
  for (const name of others) assert.equal(noteOf(name, chatMl), undefined, name);
  assert.equal(noteOf("Falcon", [], "tiiuae-falcon-7b-instruct-Q4_K_M.gguf"), undefined);
  assert.equal(formatNote({ name: "Demo", path: "", architecture: "", markers: [], demonstration: true }), undefined);
});

test("a base model is said to be one", () => {
  const plain = ["falcon-7b", "falcon-40b", "Falcon 180B", "falcon-11B", "Falcon2 11B", "falcon2-11B", "falcon-rw-1b"];
  for (const name of plain) assert.match(noteOf(name) ?? "", /is a base model/, name);
  for (const name of ["Falcon3 7B Base", "Falcon3-1B-Base"])
    assert.match(noteOf(name, falcon3) ?? "", /is a base model/);
  for (const name of ["Falcon-H1-0.5B-Base", "falcon-mamba-7b", "Falcon_Mamba_7B"]) {
    assert.match(noteOf(name, chatMl) ?? "", /is a base model/, name);
  }
  const files = [
    "ggml-tiiuae-falcon-7b-Q4_0.gguf",
    "falcon-11B-Q4_K_M.gguf",
    "falcon-7b.Q8_0.gguf",
    "falcon-7b-f16.gguf",
  ];
  for (const file of files) assert.match(noteOf("Falcon", [], file) ?? "", /is a base model/, file);
});

test("a model whose format cannot be told is said to be one", () => {
  for (const name of ["WizardLM Falcon 7B", "gpt4all-falcon", "Falcon", "database"]) {
    assert.match(noteOf(name) ?? "", /format of .* is not known/, name);
  }
  assert.match(noteOf("$(error) [x](command:y)") ?? "", /format of \$\u2060\(error\) \[x\]\u2060\(command:y\) is/);
});
