// What is to be written: a text that goes on, one between two others, or the answer to a message.

import { element } from "../components.ts";
import type { Task } from "./api.ts";
import type { PlaygroundStrings } from "./strings.ts";

export interface TaskForm {
  readonly node: HTMLElement;
  readonly read: () => Task;
  readonly focus: () => void;
}

const kinds = ["text", "infill", "chat"] as const;

export function createTaskForm(strings: PlaygroundStrings): TaskForm {
  const fields = {
    text: { prompt: createField(strings.prompt, "def fibonacci(n):\n") },
    infill: {
      prompt: createField(strings.prefix, "def add(a, b):\n    "),
      suffix: createField(strings.suffix, "\n\nprint(add(1, 2))\n"),
    },
    chat: { prompt: createField(strings.question, "") },
  };
  const choices = kinds.map((kind) => createChoice(kind, strings.kinds[kind], () => choose(kind)));
  const panels = kinds.map((kind) => element("div", "fields", ...Object.values(fields[kind]).map(({ node }) => node)));
  const tabs = element("div", "kinds", ...choices);
  tabs.role = "radiogroup";
  tabs.ariaLabel = strings.kind;
  let chosen: (typeof kinds)[number] = "text";

  function choose(kind: (typeof kinds)[number]): void {
    chosen = kind;
    for (const [i, panel] of panels.entries()) panel.hidden = kinds[i] !== kind;
  }
  choose(chosen);

  return {
    node: element("div", "task", tabs, ...panels),
    read: () => {
      const prompt = fields[chosen].prompt.area.value;
      return chosen === "infill"
        ? { kind: chosen, prompt, suffix: fields.infill.suffix.area.value }
        : { kind: chosen, prompt };
    },
    focus: () => fields[chosen].prompt.area.focus(),
  };
}

/** A radio button that looks like a tab: the browser gives it keys and a name. */
function createChoice(kind: string, label: string, onChosen: () => void): HTMLLabelElement {
  const input = element("input", "visually-hidden");
  input.type = "radio";
  input.name = "kind";
  input.checked = kind === kinds[0];
  input.addEventListener("change", onChosen);
  return element("label", "", input, element("span", "", label));
}

function createField(label: string, value: string) {
  const area = element("textarea", "");
  area.value = value;
  area.rows = 4;
  area.spellcheck = false;
  area.dir = "auto";
  return { area, node: element("label", "", element("span", "", label), area) };
}
