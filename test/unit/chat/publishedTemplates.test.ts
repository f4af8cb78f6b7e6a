// The prompt formats, byte for byte as the families publish them: training/parity_templates.py rendered their own templates.

import assert from "node:assert/strict";
import fs from "node:fs";
import { describe, test } from "node:test";

import { renderTurns, formatOf } from "../../../server/chat/formats.ts";
import type { ChatTurn } from "../../../src/shared/chat.ts";
import type { Tool } from "../../../src/shared/tools.ts";
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
  /** A conversation with tools, where the family has them. */
  readonly tools?: {
    readonly offered: readonly Tool[];
    readonly turns: readonly (Conversation["turns"][number] & Pick<ChatTurn, "toolCalls">)[];
    readonly published: string;
  };
}

const file = new URL("../../fixtures/parity/templates.json", import.meta.url);
const { families } = JSON.parse(fs.readFileSync(file, "utf8")) as { families: readonly Family[] };

function spelled(part: PromptPart): string {
  if (typeof part === "string") return part;
  if ("stable" in part || "cursor" in part || "turn" in part) return "";
  if ("special" in part) return part.special;
  assert.equal(part.role, "eos");
  return "<|endoftext|>";
}

for (const { model, markers, conversations, tools } of families) {
  describe(model, () => {
    const architecture = model.startsWith("Falcon-H1") ? "falcon-h1" : "";
    const format = formatOf({ name: model, path: "", architecture, markers });
    for (const { name, turns, published, deviation } of conversations) {
      test(deviation ? `${name}. ${deviation.reason}` : name, () => {
        const parts = renderTurns(
          turns.map(({ role, content }) => ({ role, text: content })),
          format,
        );
        assert.equal(parts.map(spelled).join(""), deviation?.rendered ?? published);
      });
    }
    test(tools ? "tools, calls, and what came of them" : "no tools, which the family was not trained on", () => {
      assert.equal(format.tools !== undefined, tools !== undefined);
      if (!tools) return;
      const turns = tools.turns.map(({ role, content, ...rest }) => ({ role, text: content, ...rest }));
      const parts = renderTurns(
        turns.map((turn) => (turn.role === "system" ? { ...turn, tools: tools.offered } : turn)),
        format,
      );
      assert.equal(parts.map(spelled).join(""), tools.published);
    });
  });
}
