// The dashboard for Grafana asks for what the server tells, in queries that Prometheus understands.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { findPromtool } from "../../scripts/promtool.ts";
import { ServerMetrics } from "../../server/metrics/registry.ts";
import { readyStatus } from "../support/apiServer.ts";
import { scriptedModel } from "../support/scriptedModel.ts";

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
}

const file = new URL("../../media/grafana-dashboard.json", import.meta.url);
const { panels, templating } = JSON.parse(fs.readFileSync(file, "utf8")) as Dashboard;
const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** A server's figures after one thing of each kind. */
async function figures(): Promise<string> {
  const metrics = new ServerMetrics();
  const { info } = scriptedModel();
  const usage = { prompt: 9, reused: 1, generated: 2, accepted: 0, firstToken: 1, duration: 2 };
  const request = { operation: "chat", model: info, start: 0, asked: { maxTokens: 1, temperature: 0 } } as const;
  metrics.onRequest({ ...request, outcome: { usage, stopReason: "end" } });
  metrics.onRequest({ ...request, outcome: { error: "died" } });
  metrics.onLoad({ model: info, duration: 1 });
  metrics.addError("queue_full");
  const status = readyStatus(scriptedModel());
  assert.equal(status.state, "ready");
  return metrics.text({ ...status, metrics: { queue: 1, memory: 1 } });
}

test("each figure that the dashboard asks for is there, with its labels", async () => {
  const text = await figures();
  // Each name that has a value, and each label; Prometheus itself adds where it was read.
  const names = new Set([...text.matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => name ?? ""));
  const labels = new Set([...text.matchAll(/[{,](\w+)=/g)].map(([, label]) => label ?? ""));
  labels.add("instance");
  assert.ok(queries.length > 15);
  for (const query of [...queries, templating.list[1]?.query ?? ""]) {
    const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", "));
    const matched = [...query.matchAll(/(\w+)\s*=~?\s*"/g)].map(([, label]) => label ?? "");
    for (const label of [...grouped, ...matched]) assert.ok(labels.has(label), `${label} is no label: ${query}`);
    const asked = query
      .replaceAll(/\bby \([^)]*\)/g, "")
      .replaceAll(/\{[^}]*\}/g, "")
      .match(/\b(gen_ai|falcon|process)_\w+/g);
    assert.ok(asked, query);
    for (const name of asked) assert.ok(names.has(name), `${name} is no figure: ${query}`);
  }
});

test("Prometheus understands the queries", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-dashboard-"));
  try {
    // Grafana puts values into these.
    const rules = queries.map((query, index) => ({
      record: `falcon:panel${index}`,
      expr: query.replaceAll(/\$__(rate_interval|range)/g, "5m").replaceAll("$instance", ".*"),
    }));
    const written = path.join(folder, "rules.yml");
    // JSON is YAML.
    fs.writeFileSync(written, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
    const { status, stdout, stderr } = spawnSync(await findPromtool(), ["check", "rules", written], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`${rules.length} rules found`));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
