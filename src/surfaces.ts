// VS Code's own surfaces: the only file that shows words in them. Whoever wrote the words, they pass as plain text.

import { setTimeout as sleep } from "node:timers/promises";

import {
  ProgressLocation,
  QuickPickItemKind,
  StatusBarAlignment,
  ThemeColor,
  ThemeIcon,
  window,
  type Event,
  type LogOutputChannel,
  type QuickInputButton,
  type QuickPickItem,
  type Terminal,
} from "vscode";

import { plainText } from "./shared/plainText.ts";

/** Resolves to the button that was chosen. */
export async function showErrorMessage<Button extends string>(
  message: string,
  ...buttons: readonly Button[]
): Promise<Button | undefined> {
  return window.showErrorMessage(plainText(message), ...buttons);
}

export async function showInformationMessage(message: string): Promise<void> {
  await window.showInformationMessage(plainText(message));
}

/** Says something with what can be done about it; resolves to the button that was chosen. */
export async function askButton<Button extends string>(
  message: string,
  ...buttons: readonly Button[]
): Promise<Button | undefined> {
  return window.showInformationMessage(plainText(message), ...buttons);
}

/** Asks before something is done. Resolves to whether the button was chosen. */
export async function askConsent(message: string, button: string): Promise<boolean> {
  return (await askChoice(message, "", button)) === button;
}

/** The terminal in front, or a new one. */
export function openTerminal(): Terminal {
  return window.activeTerminal ?? window.createTerminal();
}

/** Runs a program in a folder, in a terminal of its own, and resolves to its exit code when that is closed. */
export function runProgram(
  name: string,
  { program, args, cwd }: { readonly program: string; readonly args: readonly string[]; readonly cwd: string },
): Promise<number | undefined> {
  const terminal = window.createTerminal({ name: plainText(name), shellPath: program, shellArgs: [...args], cwd });
  terminal.show();
  return new Promise((resolve) => {
    const closing = window.onDidCloseTerminal((closed) => {
      if (closed !== terminal) return;
      closing.dispose();
      resolve(closed.exitStatus?.code);
    });
  });
}

/** Asks in a dialog, and resolves to the button that was chosen. */
export async function askChoice<Button extends string>(
  question: string,
  detail: string,
  ...buttons: readonly Button[]
): Promise<Button | undefined> {
  return window.showWarningMessage(plainText(question), { modal: true, detail: plainText(detail) }, ...buttons);
}

interface TextOptions {
  readonly secret?: boolean;
  /** What the line holds at first. */
  readonly value?: string;
  readonly fault?: (text: string) => string | undefined;
}

/** Asks for a line of text; resolves to undefined when the user gives none. What is secret is not shown. */
export async function askText(
  title: string,
  prompt: string,
  { secret = false, value = "", fault = () => undefined }: TextOptions = {},
): Promise<string | undefined> {
  return window.showInputBox({
    title: plainText(title),
    prompt: plainText(prompt),
    password: secret,
    value: plainText(value),
    ignoreFocusOut: true,
    validateInput: fault,
  });
}

/** Asks for a line of text; below it stand earlier ones to choose from. Resolves to undefined when the user gives none. */
export function askTextAgain(
  title: string,
  placeholder: string,
  earlier: readonly string[],
): Promise<string | undefined> {
  const picker = window.createQuickPick<QuickPickItem & { readonly text: string }>();
  const itemOf = (text: string) => ({ label: plainText(text, 200), text });
  const fill = () => {
    const typed = picker.value.trim();
    const others = earlier.filter((text) => text !== typed);
    // What is typed comes first, so that Enter takes it and not an earlier text that is like it.
    picker.items = [...(typed === "" ? [] : [{ ...itemOf(typed), alwaysShow: true }]), ...others.map(itemOf)];
  };
  picker.title = plainText(title);
  picker.placeholder = plainText(placeholder);
  picker.ignoreFocusOut = true;
  fill();
  picker.show();
  return new Promise((resolve) => {
    picker.onDidChangeValue(fill);
    picker.onDidAccept(() => {
      resolve(picker.activeItems[0]?.text ?? (picker.value.trim() || undefined));
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
  });
}

/** How far something is: a line of text, and the part of it that is done, from 0 to 1, where that is known. */
export type ReportProgress = (text: string, done?: number) => void;

/** VS Code hands on what is reported this many milliseconds apart, and nothing after the end: the last words would be lost. */
const reportInterval = 100;

/** Shows a notification with a button that cancels, as long as something runs. */
export function showProgress<T>(
  title: string,
  run: (report: ReportProgress, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const options = { location: ProgressLocation.Notification, title: plainText(title), cancellable: true };
  const result = Promise.withResolvers<T>();
  const shownProgress = window.withProgress(options, async (progress, token) => {
    const controller = new AbortController();
    const listener = token.onCancellationRequested(() => controller.abort());
    let shown = 0;
    const report: ReportProgress = (text, done = 0) => {
      progress.report({ message: plainText(text), increment: Math.max(done * 100 - shown, 0) });
      shown = Math.max(shown, done * 100);
    };
    try {
      result.resolve(await run(report, controller.signal));
    } finally {
      listener.dispose();
    }
    await sleep(reportInterval);
  });
  shownProgress.then(undefined, result.reject);
  return result.promise;
}

/** A row of a list. */
export interface ListItem<Item = unknown> {
  /** A codicon's name, such as `gear`. */
  readonly icon?: string;
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly buttons?: readonly RowButton<Item>[];
  /** Whether it is shown whatever is written in the list's field: it was found by that. */
  readonly isFound?: boolean;
}

/** A button of a row: it chooses something else than the row, or does something while the list stays. */
export interface RowButton<Item = unknown> {
  readonly icon: string;
  readonly tooltip: string;
  readonly choose?: Item;
  readonly run?: () => void | Promise<void>;
}

/** A line between rows, with a heading. */
export interface Separator {
  readonly separator: string;
}

export interface ListOptions<Item extends ListItem<Item>> {
  readonly title: string;
  readonly placeholder: string;
  /** Asked again when a button has run, and when `onDidChange` fires. */
  readonly items: (written: string) => readonly (Item | Separator)[];
  /** Whether the items depend on what is written, and are asked again with each key. */
  readonly isSearch?: boolean;
  readonly onDidChange?: Event<unknown>;
  /** Until these are settled the list is busy; the items are asked again with each. */
  readonly pending?: readonly Promise<unknown>[];
}

/** Lets the user choose a row; resolves to undefined when he chooses none. */
export function showList<Item extends ListItem<Item>>({
  title,
  placeholder,
  items,
  isSearch = false,
  onDidChange,
  pending = [],
}: ListOptions<Item>): Promise<Item | undefined> {
  const picker = window.createQuickPick<QuickPickItem & { readonly item?: Item }>();
  const fill = () => {
    const [active] = picker.activeItems;
    picker.items = items(picker.value).map((item) =>
      "separator" in item
        ? { label: plainText(item.separator), kind: QuickPickItemKind.Separator }
        : { ...plainItem(item), buttons: plainButtons(item.buttons), item },
    );
    const again = picker.items.find(
      ({ label, detail, item }) => item && label === active?.label && detail === active.detail,
    );
    if (again) picker.activeItems = [again];
  };
  picker.title = plainText(title);
  picker.placeholder = plainText(placeholder);
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.keepScrollPosition = true;
  fill();
  picker.show();
  let running = Promise.resolve<unknown>(undefined);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)));
      picker.hide();
    };
    if (isSearch) picker.onDidChangeValue(fill);
    const changes = onDidChange?.(fill);
    for (const each of pending) each.then(fill, fail);
    picker.busy = pending.length > 0;
    void Promise.allSettled(pending).then(() => (picker.busy = false));
    picker.onDidTriggerItemButton(({ button, item: { item } }) => {
      const pressed = item?.buttons?.find((each) => plainText(each.tooltip) === button.tooltip);
      if (!pressed) return;
      if (pressed.choose) {
        resolve(pressed.choose);
        picker.hide();
        return;
      }
      running = Promise.resolve().then(() => pressed.run?.());
      running.then(fill, fail);
    });
    picker.onDidAccept(() => {
      resolve(picker.selectedItems[0]?.item);
      picker.hide();
    });
    picker.onDidHide(() => {
      // What a button does may hide the list, such as a question, and still fail.
      running.then(() => resolve(undefined), fail);
      changes?.dispose();
      picker.dispose();
    });
  });
}

/** Lets the user choose several rows; resolves to undefined when he gives it up. */
export async function chooseSeveral<Item extends ListItem & { readonly isChosen: boolean }>(
  title: string,
  placeholder: string,
  items: readonly Item[],
): Promise<readonly Item[] | undefined> {
  const rows = items.map((item) => ({ ...plainItem(item), picked: item.isChosen, item }));
  const options = { title: plainText(title), placeHolder: plainText(placeholder), canPickMany: true as const };
  return (await window.showQuickPick(rows, options))?.map(({ item }) => item);
}

function plainButtons(buttons: readonly RowButton[] = []): QuickInputButton[] {
  return buttons.map(({ icon, tooltip }) => ({ iconPath: new ThemeIcon(icon), tooltip: plainText(tooltip) }));
}

function plainItem({ icon, label, description, detail, isFound }: ListItem): QuickPickItem {
  return {
    label: plainText(label),
    ...(icon !== undefined && { iconPath: new ThemeIcon(icon) }),
    ...(description !== undefined && { description: plainText(description) }),
    ...(detail !== undefined && { detail: plainText(detail) }),
    ...(isFound && { alwaysShow: true }),
  };
}

export interface StatusItemView {
  /** A codicon's name, such as `loading~spin`. */
  readonly icon: string;
  readonly text: string;
  /** Lines. */
  readonly tooltip: readonly string[];
  readonly background?: "error";
}

export interface StatusItem {
  readonly show: (view: StatusItemView) => void;
  readonly dispose: () => void;
}

/** An item of the status bar, which runs the command when it is clicked. */
export function createStatusItem(id: string, name: string, command: string): StatusItem {
  const item = window.createStatusBarItem(id, StatusBarAlignment.Right, 100);
  item.name = name;
  item.command = command;
  return {
    show({ icon, text, tooltip, background }) {
      const words = plainText(text);
      const lines = tooltip.map((line) => plainText(line));
      item.text = `$(${icon}) ${words}`;
      item.tooltip = lines.join("\n");
      item.backgroundColor = background && new ThemeColor(`statusBarItem.${background}Background`);
      item.accessibilityInformation = { label: [words, ...lines].join(", ") };
      item.show();
    },
    dispose: () => item.dispose(),
  };
}

/** A log whose lines are plain text each; stacks keep theirs. */
export function createLog(name: string): LogOutputChannel {
  const log = window.createOutputChannel(name, { log: true });
  const plainLines = (text: string) =>
    text
      .slice(0, 100_000)
      .split(/\r\n|[\r\n]/)
      .map((line) => (/^ {0,20}/.exec(line)?.[0] ?? "") + plainText(line, 2000))
      .join("\n");
  return {
    ...log,
    get logLevel() {
      return log.logLevel;
    },
    append: (value) => log.append(plainLines(value)),
    appendLine: (value) => log.appendLine(plainLines(value)),
    replace: (value) => log.replace(plainLines(value)),
    trace: (message) => log.trace(plainLines(message)),
    debug: (message) => log.debug(plainLines(message)),
    info: (message) => log.info(plainLines(message)),
    warn: (message) => log.warn(plainLines(message)),
    error: (error) => log.error(plainLines(error instanceof Error ? (error.stack ?? error.message) : error)),
  };
}
