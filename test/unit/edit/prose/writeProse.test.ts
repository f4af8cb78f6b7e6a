import assert from "node:assert/strict";
import test from "node:test";

import type { PromptPart } from "../../../../server/engine/engine.ts";
import { digestText } from "../../../../server/edit/prose/digest.ts";
import { writeProse } from "../../../../server/edit/prose/writeProse.ts";
import { languagesOf } from "../../../../server/models/catalogue/languages.ts";
import { PartPlaces } from "../../../../src/edit/prose/partPlaces.ts";
import type { ProsePart, RewriteCommand } from "../../../../src/shared/prose.ts";
import { scriptedModel, textOf } from "../../../support/scriptedModel.ts";

/** What stands in the fence of a prompt. */
function shownIn(prompt: readonly PromptPart[]): string {
  return /```text\n([^]*?)\n```/.exec(textOf(prompt))?.[1] ?? "";
}

/** A model that answers with what a test makes of the text that it is shown. */
function answering(answer: (shown: string) => string, stopReason: "end" | "interrupted" | "limit" = "end") {
  const model = scriptedModel({}, (onText) => {
    onText(answer(shownIn(model.asked.at(-1)?.prompt ?? [])));
    if (stopReason === "end") onText("\n```\nI hope this helps!");
    return stopReason;
  });
  return model;
}

async function write(text: string, command: RewriteCommand, model: ReturnType<typeof scriptedModel>) {
  const parts: ProsePart[] = [];
  const params = {
    command,
    language: "Italian",
    uri: "file:///a.md",
    languageId: "markdown",
    text,
    start: 0,
    end: text.length,
  };
  const options = { model, isPrivate: false, parser: undefined };
  const result = await writeProse(params, options, (part) => parts.push(part), new AbortController().signal);
  let written = text;
  for (const { start, end, text: replaced } of parts.toReversed()) {
    written = written.slice(0, start) + replaced + written.slice(end);
  }
  return { result, parts, written };
}

void test("a translation keeps code and a link byte for byte, and the model is told the language", async () => {
  const text =
    "Read [the guide](https://a.b/c%20d?e=(f)#g) first.\n\n```sh\n# read the guide first\n```\n\nThen `run` it.\n";
  const model = answering((shown) =>
    shown.replace("Read", "Leggi").replace("the guide", "la guida").replace("first", "prima"),
  );
  const { written, result } = await write(text, "translate", model);
  assert.equal(
    written,
    "Leggi [la guida](https://a.b/c%20d?e=(f)#g) prima.\n\n```sh\n# read the guide first\n```\n\nThen `run` it.\n",
  );
  assert.equal(result.total, 2);
  for (const { prompt } of model.asked) {
    assert.match(textOf(prompt), /Translate it into Italian\. Keep each number in brackets/);
    assert.ok(!textOf(prompt).includes("https://"));
  }
});

void test("an answer that was cut leaves its part, and one that was interrupted ends the run", async () => {
  const cut = await write(
    "one\n\ntwo\n",
    "improve",
    answering((shown) => shown.toUpperCase(), "limit"),
  );
  assert.equal(cut.written, "one\n\ntwo\n");
  assert.deepEqual(
    cut.parts.map(({ isBroken }) => isBroken),
    [true, true],
  );
  const model = answering((shown) => shown.toUpperCase(), "interrupted");
  const interrupted = await write("one\n\ntwo\n", "improve", model);
  assert.equal(interrupted.result.stopReason, "interrupted");
  assert.equal(model.asked.length, 1);
  assert.deepEqual(interrupted.parts, []);
});

void test("a demonstration model is asked nothing, and the answer says which button helps", async () => {
  const model = scriptedModel({ demonstration: true });
  const { result } = await write("one\n", "grammar", model);
  assert.equal(result.problem?.action, "selectModel");
  const digest = await digestText(
    { command: "summarise", uri: "file:///a.md", text: "one" },
    { model, isPrivate: false },
    () => undefined,
    new AbortController().signal,
  );
  assert.equal(digest.problem?.action, "selectModel");
  assert.deepEqual(model.asked, []);
});

void test("a text that is longer than the context is summarised by sections first", async () => {
  const model = scriptedModel({ contextSize: 1000 }, (onText) => {
    onText("A summary.\n```");
    return "end";
  });
  // Each cross is a token.
  const text = Array.from({ length: 60 }, (_, i) => `## Section ${i}\n\n${"✚ ".repeat(20)}`).join("\n\n");
  const done: number[] = [];
  const result = await digestText(
    { command: "outline", uri: "file:///a.md", text },
    { model, isPrivate: false },
    (fraction) => done.push(fraction),
    new AbortController().signal,
  );
  assert.equal(result.text, "A summary.");
  const prompts = model.asked.map(({ prompt }) => textOf(prompt));
  assert.ok(prompts.length >= 4);
  assert.match(prompts.at(-1) ?? "", /outline of the text/);
  for (let i = 0; i < 60; i++) {
    assert.equal(prompts.filter((prompt) => prompt.includes(`## Section ${i}\n`)).length, 1, `section ${i}`);
  }
  assert.deepEqual(
    done,
    done.toSorted((a, b) => a - b),
  );
});

void test("a model's languages are those of the catalogue, by its name or its file's", () => {
  assert.deepEqual(languagesOf({ name: "Falcon3 7B Instruct", path: "/m/x.gguf" }), ["en", "es", "fr", "pt"]);
  assert.deepEqual(languagesOf({ name: "model", path: "C:\\m\\falcon3-1b-instruct-q4_0.gguf" }), [
    "en",
    "es",
    "fr",
    "pt",
  ]);
  assert.ok(languagesOf({ name: "Falcon-H1-7B-Instruct", path: "" }).includes("it"));
  assert.ok(languagesOf({ name: "mine", path: "/mine.gguf" }).includes("ar"));
});

void test("a part is found where it stands by now, unless it was changed", () => {
  const places = new PartPlaces();
  places.follow([
    { rangeOffset: 0, rangeLength: 2, text: "abcd" },
    { rangeOffset: 50, rangeLength: 0, text: "more" },
  ]);
  assert.deepEqual(places.find({ start: 10, end: 20 }), { start: 12, end: 22 });
  assert.equal(places.find({ start: 0, end: 5 }), undefined);
  assert.deepEqual(places.find({ start: 60, end: 61 }), { start: 66, end: 67 });
  assert.equal(places.find({ start: 45, end: 60 }), undefined);
});
