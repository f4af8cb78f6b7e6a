// The settings that a text is written with: a field for each, empty where the server's default is wanted.

import { element } from "../components.ts";
import type { Settings } from "./api.ts";
import type { PlaygroundStrings } from "./strings.ts";

export interface SettingsForm {
  readonly node: HTMLElement;
  readonly read: () => Settings;
  /** Says whether all fields hold what the server takes, and shows the first that does not. */
  readonly check: () => boolean;
  readonly offerModels: (ids: readonly string[]) => void;
}

type NumberName = Exclude<keyof Settings, "model">;

interface NumberField {
  readonly name: NumberName;
  readonly label: string;
  readonly most: number;
  readonly least: number;
  readonly step: string;
  readonly placeholder: string;
  readonly value?: string;
}

/** @param title names the group, where there are two */
export function createSettingsForm(strings: PlaygroundStrings, title: string): SettingsForm {
  const { unset } = strings;
  const fields: readonly NumberField[] = [
    { name: "temperature", label: strings.temperature, least: 0, most: 10, step: "any", placeholder: unset },
    { name: "top_p", label: strings.topP, least: 0, most: 1, step: "any", placeholder: unset },
    { name: "top_k", label: strings.topK, least: 0, most: 1_000_000, step: "1", placeholder: unset },
    {
      name: "max_tokens",
      label: strings.maxTokens,
      least: 1,
      most: 2 ** 22,
      step: "1",
      placeholder: unset,
      value: "256",
    },
    { name: "seed", label: strings.seed, least: 0, most: 2 ** 32 - 1, step: "1", placeholder: strings.random },
  ];
  const model = element("select", "");
  const inputs = fields.map((field) => ({ name: field.name, input: createInput(field) }));
  const node = element(
    "fieldset",
    "settings",
    element("legend", "", title),
    element("label", "model-field", element("span", "", strings.model), model),
    ...fields.map(({ label }, i) => element("label", "", element("span", "", label), inputs[i]?.input ?? "")),
  );
  return {
    node,
    read: () => {
      const given = inputs.filter(({ input }) => input.value !== "");
      const numbers = Object.fromEntries(given.map(({ name, input }) => [name, input.valueAsNumber]));
      return { ...(model.value !== "" && { model: model.value }), ...numbers };
    },
    check: () => inputs.every(({ input }) => input.reportValidity()),
    offerModels: (ids) => {
      const chosen = model.value;
      model.replaceChildren(...ids.map((id) => new Option(id, id)));
      if (ids.includes(chosen)) model.value = chosen;
    },
  };
}

function createInput({ least, most, step, placeholder, value = "" }: NumberField): HTMLInputElement {
  const input = element("input", "");
  input.type = "number";
  input.min = String(least);
  input.max = String(most);
  input.step = step;
  input.placeholder = placeholder;
  input.value = value;
  return input;
}
