// `@terminal`: the last command of a terminal with what it wrote, as shells tell VS Code; and what is selected in one.

import type { Disposable } from "vscode";
import { commands, env, l10n, window, type Terminal, type TerminalShellExecution } from "vscode";

import { UserError } from "../../problems.ts";
import { terminalUri } from "../../shared/chatContext.ts";
import { plainName } from "../../shared/plainText.ts";
import type { Attachment } from "../../shared/chat.ts";
import { plainOutput } from "./plainOutput.ts";
import { gathered } from "./source.ts";

/** Characters that are kept of each command, its newest. */
const longestOutput = 100_000;
/** Characters of a command itself, which may hold a whole file. */
const longestCommand = 2_000;

/**
 * What is selected in the terminal in front. VS Code tells no extension of it, but copies it: the clipboard's text is as it
 * was afterwards. One without text may hold an image, which no extension can put back: it is left alone until there is a
 * selection to copy.
 */
export async function attachTerminalSelection(room: number): Promise<Attachment> {
  const { clipboard } = env;
  const before = await clipboard.readText();
  try {
    if (before !== "") await clipboard.writeText("");
    await commands.executeCommand("workbench.action.terminal.copySelection");
    const output = plainOutput((await clipboard.readText()).slice(-longestOutput));
    if (output === "") throw new UserError(l10n.t("Select the text in the terminal first."));
    return attachment({ label: l10n.t("Terminal: {0}", l10n.t("selection")), command: "", output, isCut: false, room });
  } finally {
    if ((await clipboard.readText()) !== before) await clipboard.writeText(before);
  }
}

interface Shown {
  readonly label: string;
  readonly command: string;
  readonly output: string;
  readonly isCut: boolean;
  readonly room: number;
}

function attachment({ label, command, output, isCut, room }: Shown): Attachment {
  return gathered(terminalUri, {
    label,
    languageId: "shellsession",
    icon: "terminal",
    text: command + output.slice(-room),
    ...((isCut || output.length > room) && { leftOut: l10n.t("the beginning of the output is left out") }),
  });
}

interface Written {
  readonly command: string;
  output: string;
  isCut: boolean;
}

export class TerminalOutput implements Disposable {
  readonly #last = new WeakMap<Terminal, Written>();
  #newest: Terminal | undefined;
  readonly #listener = window.onDidStartTerminalShellExecution(({ terminal, execution }) => {
    this.#newest = terminal;
    void this.#follow(terminal, execution);
  });

  dispose(): void {
    this.#listener.dispose();
  }

  /** Of the terminal in front, else of the one that ran something last. */
  attach(room: number): Attachment {
    const terminal = [window.activeTerminal, this.#newest].find((each) => each && this.#last.has(each));
    const written = terminal && this.#last.get(terminal);
    if (!terminal || !written) {
      throw new UserError(
        l10n.t(
          "No terminal has run a command since Falcon started, or its shell does not tell VS Code of its commands.",
        ),
      );
    }
    return attachment({
      label: l10n.t("Terminal: {0}", plainName(written.command)),
      command: `$ ${plainOutput(written.command.slice(0, longestCommand))}\n`,
      output: plainOutput(written.output),
      isCut: written.isCut,
      room,
    });
  }

  async #follow(terminal: Terminal, execution: TerminalShellExecution): Promise<void> {
    const written: Written = { command: execution.commandLine.value, output: "", isCut: false };
    this.#last.set(terminal, written);
    for await (const data of execution.read()) {
      written.output += data;
      if (written.output.length > 2 * longestOutput) {
        written.output = written.output.slice(-longestOutput);
        written.isCut = true;
      }
    }
  }
}
