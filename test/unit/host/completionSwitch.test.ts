// The toggles of inline completion, against a model of how VS Code picks a value.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import fc from "../../support/fastCheck.ts";

import {
  planGlobalToggle,
  planLanguageToggle,
  type InspectedSwitch,
  type SwitchEdit,
} from "../../../src/completion/completionSwitch.ts";

/** A value for the language wins over one for all, whatever their scopes; after that the narrower scope wins. */
function effectiveValue(inspected: InspectedSwitch, kind: "all" | "language"): boolean {
  const { workspaceFolderLanguageValue, workspaceLanguageValue, globalLanguageValue } = inspected;
  const ofLanguage = [workspaceFolderLanguageValue, workspaceLanguageValue, globalLanguageValue];
  const ofAll = [inspected.workspaceFolderValue, inspected.workspaceValue, inspected.globalValue];
  const candidates = [...(kind === "language" ? ofLanguage : []), ...ofAll, inspected.defaultValue];
  return candidates.find((value) => value !== undefined) ?? true;
}

function applyEdit(inspected: InspectedSwitch, kind: "Value" | "LanguageValue", { target, value }: SwitchEdit) {
  const others = Object.entries(inspected).filter(([name]) => name !== `${target}${kind}`);
  return { ...Object.fromEntries(others), ...(value !== undefined && { [`${target}${kind}`]: value }) };
}

const inspectedSwitch: fc.Arbitrary<InspectedSwitch> = fc
  .record(
    {
      globalValue: fc.boolean(),
      workspaceValue: fc.boolean(),
      workspaceFolderValue: fc.boolean(),
      globalLanguageValue: fc.boolean(),
      workspaceLanguageValue: fc.boolean(),
      workspaceFolderLanguageValue: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .map((values) => ({ ...values, defaultValue: true }));

suite("the toggles of inline completion", () => {
  test("toggling for all languages turns what holds for all", () => {
    fc.assert(
      fc.property(inspectedSwitch, (inspected) => {
        const after = applyEdit(inspected, "Value", planGlobalToggle(inspected));
        assert.equal(effectiveValue(after, "all"), !effectiveValue(inspected, "all"));
      }),
    );
  });

  test("toggling for a language turns what holds for it, and for no other", () => {
    fc.assert(
      fc.property(inspectedSwitch, (inspected) => {
        const after = applyEdit(inspected, "LanguageValue", planLanguageToggle(inspected));
        assert.equal(effectiveValue(after, "language"), !effectiveValue(inspected, "language"));
        assert.equal(effectiveValue(after, "all"), effectiveValue(inspected, "all"));
      }),
    );
  });

  test("toggling for a language twice leaves nothing behind", () => {
    const start = { defaultValue: true };
    const once = applyEdit(start, "LanguageValue", planLanguageToggle(start));
    assert.deepEqual(once, { defaultValue: true, globalLanguageValue: false });
    assert.deepEqual(applyEdit(once, "LanguageValue", planLanguageToggle(once)), start);
  });

  test("a workspace that has a say is the place to write to", () => {
    const inspected = { defaultValue: true, globalValue: true, workspaceValue: false };
    assert.deepEqual(planGlobalToggle(inspected), { target: "workspace", value: true });
  });
});
