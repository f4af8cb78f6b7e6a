// The page: what is asked, with one or two settings, and what comes of it.

import { element, textButton } from "../components.ts";
import { fill } from "../context.ts";
import { inFrames } from "../frame.ts";
import type { Api, Task } from "./api.ts";
import { Refusal } from "./api.ts";
import { createResult, type ResultContext } from "./result.ts";
import { createSettingsForm } from "./settingsForm.ts";
import type { PlaygroundStrings } from "./strings.ts";
import { createTaskForm } from "./taskForm.ts";
import type { Token } from "./token.ts";
import { createTokenForm } from "./tokenForm.ts";

export function createPlayground(api: Api, token: Token, strings: PlaygroundStrings): HTMLElement {
  const announcer = element("div", "visually-hidden");
  announcer.role = "status";
  const tasks: (() => void)[] = [];
  const context: ResultContext = {
    strings,
    api,
    requestRender: () => requestRender(),
    codeButtons: () => [],
    ask: async (request) => {
      if (request.type === "copyCode") return copy(request.code);
      if (request.type === "openLink" && /^https?:/i.test(request.href))
        window.open(request.href, "_blank", "noopener");
      return true;
    },
    later: (task) => {
      tasks.push(task);
      requestRender();
    },
    announce: (text) => (announcer.textContent = text),
  };
  const columns = [1, 2].map((number) => ({
    settings: createSettingsForm(strings, fill(strings.numberedSettings, number)),
    result: createResult(context, fill(strings.numbered, number)),
  }));
  const requestRender = inFrames((hasTime) => {
    const isWhole = columns.map(({ result }) => result.show(hasTime)).every(Boolean);
    while (isWhole && tasks.length > 0 && hasTime()) tasks.shift()?.();
    return isWhole && tasks.length === 0;
  });
  const task = createTaskForm(strings);
  const both = element("input", "");
  both.type = "checkbox";
  const run = textButton(strings.run, "primary", () => void write());
  const stop = textButton(strings.stop, "secondary", () => running?.abort());
  const tokenForm = createTokenForm(strings, (given) => {
    token.write(given);
    void connect();
  });
  const away = element("p", "");
  away.role = "alert";
  // The token is kept: the server may be back with it.
  const unreachable = element(
    "div",
    "unreachable",
    away,
    textButton(strings.tryAgain, "primary", () => void connect()),
  );
  unreachable.hidden = true;
  const body = element(
    "div",
    "body",
    task.node,
    element("div", "buttons", run, stop, element("label", "", both, strings.sideBySide)),
    element(
      "div",
      "columns",
      ...columns.map(({ settings, result }) => element("div", "column", settings.node, result.node)),
    ),
  );
  const page = element(
    "main",
    "playground",
    element("h1", "", strings.title),
    tokenForm.node,
    unreachable,
    body,
    announcer,
  );
  document.title = strings.title;
  let running: AbortController | undefined;

  function showState(): void {
    run.hidden = running !== undefined;
    stop.hidden = running === undefined;
    page.classList.toggle("both", both.checked);
  }

  async function write(): Promise<void> {
    const used = both.checked ? columns : columns.slice(0, 1);
    if (running || !used.every(({ settings }) => settings.check())) return;
    const hadFocus = run.matches(":focus-within");
    const controller = new AbortController();
    running = controller;
    showState();
    if (hadFocus) stop.focus();
    const asked: Task = task.read();
    const refusals = await Promise.all(
      used.map(({ settings, result }) => result.write(asked, settings.read(), controller.signal)),
    );
    const hasFocus = stop.matches(":focus-within");
    running = undefined;
    showState();
    if (hasFocus) run.focus();
    context.announce(controller.signal.aborted ? strings.stopped : strings.done);
    if (refusals.some((refusal) => refusal?.status === 401)) tokenForm.show(strings.tokenWrong);
  }

  /** A screen reader says what comes into an alert, not what was there. */
  function showUnreachable(is: boolean): void {
    if (unreachable.hidden !== is) return;
    unreachable.hidden = !is;
    away.textContent = is ? strings.unreachable : "";
  }

  /** Asks for the models; where the token does not do, for another. */
  async function connect(): Promise<void> {
    try {
      const isTaken = await token.take();
      if (token.read() === undefined) {
        tokenForm.show(isTaken ? strings.tokenWanted : strings.codeUsed);
        return;
      }
      const models = await api.models();
      for (const { settings } of columns) settings.offerModels(models);
      const hadFocus = unreachable.matches(":focus-within");
      showUnreachable(false);
      if (tokenForm.hide() || hadFocus) task.focus();
    } catch (error) {
      showUnreachable(!(error instanceof Refusal));
      if (error instanceof Refusal) tokenForm.show(error.status === 401 ? strings.tokenWrong : error.message);
      else tokenForm.hide();
    }
  }

  both.addEventListener("change", showState);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) running?.abort();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && tokenForm.node.hidden) void write();
  });
  token.onHandedOver(() => void connect());
  // The models may have been changed meanwhile.
  window.addEventListener("focus", () => {
    if (tokenForm.node.hidden && !running) void connect();
  });
  showState();
  void connect();
  return page;
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
