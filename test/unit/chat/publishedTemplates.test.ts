// The prompt formats, byte for byte as the families publish them: training/parity_templates.py rendered their own templates.

import assert from "node:assert/strict";
import fs from "node:fs";
import { describe, test } from "node:test";

import { renderTurns, formatOf } from "../../../server/chat/formats.ts";
import type { ChatTurn } from "../../../src/shared/protocol.ts";
import type { PromptPart } from "../../../server/engine/engine.ts";

interface Conversation {
  readonly name: string;
  readonly turns: readonly { readonly role: ChatTurn["role"]; readonly content: string }[];
  /** What the published template makes of it. */
  readonly published: string;
  /** What the assistant makes of it instead, on purpose. */
  readonly deviation?: { readonly reason: string; readonly rendered: string };
}

interface Family {
  readonly model: string;
  readonly markers: readonly string[];
  readonly conversations: readonly Conversation[];
}

const file = new URL("../../fixtures/parity/templates.json", import.meta.url);
const { families } = JSON.parse(fs.readFileSync(file, "utf8")) as { families: readonly Family[] };

function spelled(part: PromptPart): string {
  if (typeof part === "string") return part;
  if ("stable" in part || "cursor" in part) return "";
  if ("special" in part) return part.special;
  assert.equal(part.role, "eos");
  return "<|endoftext|>";
}

for (const { model, markers, conversations } of families) {
  describe(model, () => {
    const format = formatOf({ name: model, path: "", architecture: "", markers });
    for (const { name, turns, published, deviation } of conversations) {
      test(deviation ? `${name}. ${deviation.reason}` : name, () => {
        const parts = renderTurns(
          turns.map(({ role, content }) => ({ role, text: content })),
          format,
        );
        assert.equal(parts.map(spelled).join(""), deviation?.rendered ?? published);
      });
    }
  });
}
