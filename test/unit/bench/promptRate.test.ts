// A benchmark that sets how fast prompts are evaluated gets the same prompts and texts on any machine.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import type * as Gather from "../../../server/completion/context/gather.ts";
import type * as TimeLimit from "../../../server/completion/timeLimit.ts";
import type * as Window from "../../../server/completion/window.ts";
import { requestAt } from "../../support/cursor.ts";

let window: typeof Window;
let timeLimit: typeof TimeLimit;
let gather: typeof Gather;
before(async () => {
  process.env["FALCON_PROMPT_RATE"] = "4096";
  // The setting is read when the modules are loaded.
  window = await import("../../../server/completion/window.ts");
  timeLimit = await import("../../../server/completion/timeLimit.ts");
  gather = await import("../../../server/completion/context/gather.ts");
});

test("the window and the room for other files are those of the rate", () => {
  const at = (promptRate: number) => {
    const info = { contextSize: 8192, infill: true, promptRate };
    return [window.windowBudget(info, 0), window.contextBudget(info, 0)];
  };
  assert.deepEqual(at(10), at(4096));
  assert.deepEqual(at(100_000), at(4096));
  assert.ok(window.contextBudget({ contextSize: 8192, infill: true, promptRate: 10 }, 0) > 0);
});

test("a text and a provider of context have all the time", async () => {
  const isOverdue = timeLimit.followTime(requestAt("║", { automatic: true }), { timeLimit: 0 });
  assert.equal(isOverdue("line\n", "\n"), false);
  const slow = {
    name: "index",
    timeLimit: 0,
    find: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return [];
    },
  } as const;
  const [gathered] = await gather.gather([slow], new Set(), requestAt("║"), new AbortController().signal);
  assert.equal(gathered?.failure, undefined);
});
