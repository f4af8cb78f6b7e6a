// A download in words, for the notification, the list and the status bar.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import * as l10n from "@vscode/l10n";

import { describeDownload, downloadName, partOf, withDownloads } from "../../../src/models/describeDownload.ts";
import type { Download } from "../../../src/shared/downloads.ts";

const download: Download = {
  id: "1",
  repository: "tiiuae/Falcon3-7B-Instruct-GGUF",
  files: ["sub/falcon3-7b-q4_0.gguf"],
  state: "downloading",
  received: 1_234_000_000,
  size: 4_000_000_000,
  speed: 12_340_000,
  secondsLeft: 224,
};

test("says how far a download is, how fast, and how long it takes", () => {
  const said = (more: Partial<Download>) => describeDownload({ ...download, ...more }, l10n);
  assert.equal(said({}), "1.23 of 4.00 GB, 12.3 MB/s, 4 min left");
  assert.equal(said({ secondsLeft: 59.2 }), "1.23 of 4.00 GB, 12.3 MB/s, 60 s left");
  assert.equal(said({ secondsLeft: 5400 }), "1.23 of 4.00 GB, 12.3 MB/s, 1.5 h left");
  assert.equal(said({ state: "checking" }), "checking what is there: 1.23 of 4.00 GB");
  assert.equal(said({ state: "paused" }), "paused at 1.23 of 4.00 GB");
  assert.equal(said({ state: "waiting" }), "waiting");
  assert.equal(said({ state: "waiting", note: "There is no network." }), "There is no network.");
});

test("in Italian decimals have a comma", (context) => {
  l10n.config({ fsPath: path.join(import.meta.dirname, "../../../l10n/bundle.l10n.it.json") });
  context.after(() => l10n.config({ contents: {} }));
  assert.equal(describeDownload(download, l10n), "1,23 di 4,00 GB, 12,3 MB/s, ancora 4 min");
});

test("says what is known of one whose size is not", () => {
  const { size, speed, secondsLeft, ...unknown } = download;
  assert.ok(size && speed && secondsLeft);
  assert.equal(describeDownload(unknown, l10n), "1.23 GB");
  assert.equal(partOf(unknown), undefined);
});

test("names the file, or the repository of several", () => {
  assert.equal(downloadName(download), "falcon3-7b-q4_0.gguf");
  assert.equal(downloadName({ ...download, files: ["a", "b"] }), "tiiuae/Falcon3-7B-Instruct-GGUF");
});

test("the status bar shows the percent of the first download, and tells of all", () => {
  const view = { icon: "zap", text: "Falcon", tooltip: ["Falcon 7B"] };
  assert.equal(withDownloads(view, [], l10n), view);
  assert.deepEqual(withDownloads(view, [download, { ...download, state: "waiting" }], l10n), {
    icon: "zap",
    text: "Falcon ↓ 30%",
    tooltip: [
      "Falcon 7B",
      "falcon3-7b-q4_0.gguf: 1.23 of 4.00 GB, 12.3 MB/s, 4 min left",
      "falcon3-7b-q4_0.gguf: waiting",
    ],
  });
});
