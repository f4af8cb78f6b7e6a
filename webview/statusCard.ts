// What is to be said of the model: it loads, it failed, it is only for demonstration. Each with what the user can do.

import { plainName, plainText } from "../src/shared/plainText.ts";
import type { ProblemAction, ModelStatus } from "../src/shared/status.ts";
import { codicon, element, replaceKeepingFocus, spinner, textButton } from "./components.ts";
import { type PageContext, fill } from "./context.ts";

export interface StatusCard {
  readonly node: HTMLElement;
  /** `empty`: nothing has been asked yet. */
  show(status: ModelStatus, empty: boolean): void;
}

export function isDemonstration(status: ModelStatus): boolean {
  return status.state === "ready" && status.model.demonstration;
}

export function createStatusCard(context: PageContext): StatusCard {
  const node = element("section", "status-card");
  node.role = "status";
  let shown: ModelStatus | undefined;
  return {
    node,
    show: (status, empty) => {
      node.hidden = status.state === "ready" && !status.preparing && !(isDemonstration(status) && empty);
      // A model's figures change at each completion: a button must not be replaced while it has the focus.
      if (JSON.stringify(contentOf(status)) === JSON.stringify(shown && contentOf(shown))) return;
      const progressed = shown?.state === "loading" && status.state === "loading" && shown.model === status.model;
      shown = status;
      if (progressed) showProgress(context, node, status.progress);
      else replaceKeepingFocus(node, { focus: context.focusComposer }, ...createContent(context, status));
    },
  };
}

/** What the card depends on. */
function contentOf(status: ModelStatus): unknown {
  return status.state === "ready" ? [status.model.name, status.model.demonstration, status.preparing] : status;
}

function createContent(context: PageContext, status: ModelStatus): HTMLElement[] {
  const { strings } = context;
  switch (status.state) {
    case "ready":
      if (status.preparing) return [element("p", "title", spinner(), element("span", "", strings.preparing))];
      return [
        createTitle("beaker", fill(strings.demonstrationTitle, plainName(status.model.name))),
        element("p", "", strings.demonstrationText),
        createActionButton(context, "selectModel"),
      ];
    case "failed":
      return [
        createTitle("error", fill(strings.loadFailed, plainName(status.model))),
        element("p", "detail", plainText(status.problem.message)),
        ...(status.problem.action ? [createActionButton(context, status.problem.action)] : []),
      ];
    case "loading": {
      // Only the title is announced, once; the percent would be read out at each step.
      const bar = element("progress", "");
      const percent = element("span", "percent");
      percent.ariaHidden = "true";
      const title = element(
        "p",
        "title",
        spinner(),
        element("span", "", fill(strings.loading, plainName(status.model))),
      );
      title.append(percent);
      bar.ariaLabel = fill(strings.loading, plainName(status.model));
      const content = element("div", "", title, bar);
      showProgress(context, content, status.progress);
      return [content];
    }
  }
}

function showProgress({ strings }: PageContext, place: HTMLElement, progress: number): void {
  const bar = place.querySelector("progress");
  const percent = place.querySelector(".percent");
  if (bar) bar.value = progress;
  if (percent) percent.textContent = fill(strings.percent, Math.floor(progress * 100));
}

function createTitle(icon: string, title: string): HTMLElement {
  return element("p", "title", codicon(icon), element("span", "", title));
}

function createActionButton({ strings, ask }: PageContext, action: ProblemAction): HTMLElement {
  return textButton(strings.actions[action], "primary", () => void ask({ type: "act", action }));
}
