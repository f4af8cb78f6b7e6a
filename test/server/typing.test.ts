// Someone types for hours: what the server and the model's process keep does not grow with the keys.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { after, test } from "node:test";

import { countTokensRequest } from "../../src/shared/methods.ts";
import { modelProcessOf } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { seededRandom } from "../support/mutations.ts";
import { memoryOf, until } from "../support/processes.ts";
import { rounds } from "../support/soak.ts";

const uri = "file:///typed.ts";
// By a signal that else does nothing: Node writes reports by others.
const snapshots = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-heap-"));
process.env["NODE_OPTIONS"] = `--heapsnapshot-signal=SIGCONT --diagnostic-dir=${snapshots}`;
after(() => fs.rmSync(snapshots, { recursive: true }));

/** Bytes of a snapshot: code that is compiled late, and what a key may leave behind. */
const usualGrowth = 2e6;
const mostOfKey = 300;
/** Objects of one class that a key may leave behind: what stays of each key is one at least. */
const mostObjectsOfKey = 0.5;
/** What the system leaves in memory of a process goes up and down, as with the pages of the model's file. */
const mostResident = 100e6;

test("memory stays flat while someone types, takes back, and goes on", async (context) => {
  const client = await LspClient.withModel(modelFile("falcon7b"), {
    ...quickSettings,
    inlineCompletion: { ...quickSettings.inlineCompletion, maxTokens: 8 },
  });
  context.after(() => client.stop());
  const random = seededRandom(5);
  await client.open(uri, "");
  let version = 1;
  let line = 0;
  let character = 0;
  /** Every thousandth key deletes what was typed, as a document that grows for hours would be one of megabytes. */
  const press = async (i: number) => {
    const key = i % 1000 === 999 ? "" : i % 40 === 39 ? "\n" : ("abcdefg (){};=."[random(15)] ?? "");
    const cursor = { line, character };
    const start = key === "" ? { line: 0, character: 0 } : cursor;
    await client.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version: ++version },
      contentChanges: [{ range: { start, end: cursor }, text: key }],
    });
    [line, character] = key === "" ? [0, 0] : key === "\n" ? [line + 1, 0] : [line, character + 1];
    await client.complete(uri, line, character);
  };
  const memory = async () => ({
    server: await settledHeapOf(client.child.pid, client),
    model: await settledHeapOf(modelProcessOf(client), client),
    resident: memoryOf(modelProcessOf(client)),
  });

  const first = rounds(100, 2500);
  const keys = 3 * first;
  for (let i = 0; i < first; i++) await press(i);
  const before = await memory();
  for (let i = first; i < first + keys; i++) await press(i);
  const later = await memory();
  for (const process of ["server", "model"] as const) {
    const bytes = later[process].bytes - before[process].bytes;
    const grown = growth(before[process].objects, later[process].objects);
    context.diagnostic(`${process}: ${bytes} bytes more; ${JSON.stringify(grown.slice(0, 5))}`);
    assert.ok(bytes < usualGrowth + mostOfKey * keys, `the ${process} process keeps ${bytes} bytes more`);
    const perKey = grown.filter(({ more }) => more > mostObjectsOfKey * keys);
    assert.deepEqual(perKey, [], `the ${process} process keeps objects of each key`);
  }
  const resident = later.resident - before.resident;
  assert.ok(resident < mostResident, `the model process grew by ${resident} bytes`);
});

interface LiveHeap {
  readonly bytes: number;
  /** How many there are, by the name of their class or function. */
  readonly objects: ReadonlyMap<string, number>;
}

/** How many objects more there are of each class, the most first. */
function growth(before: LiveHeap["objects"], later: LiveHeap["objects"]): { name: string; more: number }[] {
  const grown = [...later].map(([name, count]) => ({ name, more: count - (before.get(name) ?? 0) }));
  return grown.sort((a, b) => b.more - a.more);
}

/** Of the second of two snapshots: what Node does once garbage is collected, such as with weak references, is done between them. */
async function settledHeapOf(pid: number | undefined, client: LspClient): Promise<LiveHeap> {
  await liveHeapOf(pid, client);
  return liveHeapOf(pid, client);
}

/** Of a snapshot of what a process keeps: Node collects the garbage before it writes one. */
async function liveHeapOf(pid: number | undefined, { connection }: LspClient): Promise<LiveHeap> {
  for (const file of fs.readdirSync(snapshots)) fs.rmSync(path.join(snapshots, file));
  assert.ok(pid !== undefined);
  process.kill(pid, "SIGCONT");
  await until("there is a snapshot", () => fs.readdirSync(snapshots).length > 0);
  // Both processes answer once they have written it: the server, or the model's through the server.
  await connection.sendRequest(countTokensRequest, { role: "completion", text: "typed" });
  const [file = ""] = fs.readdirSync(snapshots);
  const written = fs.readFileSync(path.join(snapshots, file), "utf8");
  return { bytes: written.length, objects: objectsOf(JSON.parse(written) as Snapshot) };
}

/** What V8 writes, as far as it is read here: a node is as many numbers as it has fields. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[]] };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

function objectsOf({ snapshot: { meta }, nodes, strings }: Snapshot): Map<string, number> {
  const counts = new Map<string, number>();
  const [type, name] = [meta.node_fields.indexOf("type"), meta.node_fields.indexOf("name")];
  const counted = ["object", "closure"].map((each) => meta.node_types[0].indexOf(each));
  for (let node = 0; node < nodes.length; node += meta.node_fields.length) {
    if (!counted.includes(nodes[node + type] ?? 0)) continue;
    const label = strings[nodes[node + name] ?? 0] ?? "";
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}
