// Which value of `falcon.inlineCompletion.enabled` to write, and where, so that a toggle is seen to take effect.

/** The parts of `WorkspaceConfiguration.inspect` that decide. */
export interface InspectedSwitch {
  readonly defaultValue?: boolean;
  readonly globalValue?: boolean;
  readonly workspaceValue?: boolean;
  readonly workspaceFolderValue?: boolean;
  readonly globalLanguageValue?: boolean;
  readonly workspaceLanguageValue?: boolean;
  readonly workspaceFolderLanguageValue?: boolean;
}

/** `value` undefined removes the entry. */
export interface SwitchEdit {
  readonly target: "global" | "workspace" | "workspaceFolder";
  readonly value: boolean | undefined;
}

/** Toggles for all languages, in the narrowest scope that has a say: a wider one would not be heard. */
export function planGlobalToggle(inspected: InspectedSwitch): SwitchEdit {
  return { target: narrowestScope(inspected, "Value"), value: !valueForAll(inspected) };
}

/**
 * Toggles for the language that was inspected. VS Code lets the value of a language win over the value for all
 * languages whatever their scopes, so an entry that says what holds anyway is removed.
 */
export function planLanguageToggle(inspected: InspectedSwitch): SwitchEdit {
  const target = narrowestScope(inspected, "LanguageValue");
  const value = !(languageValue(inspected) ?? valueForAll(inspected));
  const wider = languageValue({ ...inspected, [`${target}LanguageValue`]: undefined });
  return { target, value: (wider ?? valueForAll(inspected)) === value ? undefined : value };
}

function narrowestScope(inspected: InspectedSwitch, kind: "Value" | "LanguageValue"): SwitchEdit["target"] {
  const scopes = ["workspaceFolder", "workspace"] as const;
  return scopes.find((scope) => inspected[`${scope}${kind}`] !== undefined) ?? "global";
}

function valueForAll(inspected: InspectedSwitch): boolean {
  return (
    inspected.workspaceFolderValue ??
    inspected.workspaceValue ??
    inspected.globalValue ??
    inspected.defaultValue ??
    true
  );
}

function languageValue(inspected: InspectedSwitch): boolean | undefined {
  return inspected.workspaceFolderLanguageValue ?? inspected.workspaceLanguageValue ?? inspected.globalLanguageValue;
}
