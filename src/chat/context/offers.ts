// The composer's list: what may go with a message, after `@`, and the commands, after `/`.

import { commands, l10n, type TextDocument } from "vscode";

import type { LastEditor } from "../../lastEditor.ts";
import type { PromptFiles } from "../../prompts/promptFiles.ts";
import type { Settings } from "../../settings.ts";
import type { Offer } from "../../shared/chatContext.ts";
import type { Attachment, ChatCommand } from "../../shared/chat.ts";
import type { ModelStatus } from "../../shared/status.ts";
import { attachSelection } from "../attachments.ts";
import { attachChanges } from "./changes.ts";
import { attachOpenFiles, attachProblems } from "./editors.ts";
import { type FileDependencies, attachFile, findFiles, findFolders, findText } from "./files.ts";
import { findSymbols } from "./outline.ts";
import { type Candidate, type FindCandidates, roomFor } from "./source.ts";
import type { TerminalOutput } from "./terminalOutput.ts";
import type { WorkspaceFiles } from "./workspaceFiles.ts";

export interface OfferDependencies {
  readonly lastEditor: LastEditor;
  readonly settings: Settings;
  readonly terminalOutput: TerminalOutput;
  readonly workspaceFiles: WorkspaceFiles;
  readonly prompts: PromptFiles;
  readonly status: () => ModelStatus;
  /** What the user has written. */
  readonly draft: () => string;
  readonly attach: (attachment: Attachment) => void;
  /** Of the open chat. */
  readonly conversationId: () => string;
  /** Asks what a command stands for of the code at the cursor. */
  readonly command: (command: ChatCommand) => Promise<void>;
}

/** What is written after `/`. */
interface SlashCommand {
  readonly name: string;
  readonly description: string;
  readonly run: () => Promise<void>;
}

/** A kind of context: one that is chosen as it is, or one that needs a word more. */
interface Kind {
  readonly name: string;
  readonly icon: string;
  readonly description: string;
  readonly attach?: () => Promise<readonly Attachment[]>;
  readonly find?: FindCandidates;
}

/** Rows that the page may still choose from, though a newer list was made. */
const mostKept = 300;

export class Offers {
  readonly #commands: readonly SlashCommand[];
  readonly #kinds: readonly Kind[];
  readonly #dependencies: OfferDependencies;
  readonly #chosen = new Map<string, () => Promise<void>>();
  #count = 0;

  constructor(dependencies: OfferDependencies) {
    this.#dependencies = dependencies;
    this.#commands = commandsOf(dependencies);
    this.#kinds = kindsOf(dependencies);
  }

  /** What is offered for what stands in the composer from `@` or `/` on. */
  async find(query: string): Promise<readonly Offer[]> {
    const words = query.slice(1);
    if (query.startsWith("/")) {
      const { prompts } = this.#dependencies;
      // Once for the list, not at each letter; a watcher tells of changes meanwhile.
      if (words === "") await prompts.read();
      return [...this.#commands, ...promptCommands(prompts)]
        .filter(({ name }) => name.toLowerCase().startsWith(words.toLowerCase()))
        .map(({ name, description, run }) =>
          this.#offer({ icon: "comment-discussion", label: `/${name}`, description }, run),
        );
    }
    const [, name, argument = ""] = /^(\w+)[ :](.*)$/s.exec(words) ?? [];
    const meant = this.#kinds.find((kind) => kind.find && kind.name === name?.toLowerCase());
    if (meant?.find) return (await meant.find(argument)).map((each) => this.#offerCandidate(each));
    const kinds = this.#kinds.filter((kind) => kind.name.startsWith(words.toLowerCase()));
    const files = /^\S+$/.test(words) ? await this.#kinds.find((kind) => kind.name === "file")?.find?.(words) : [];
    return [...kinds.map((kind) => this.#offerKind(kind)), ...(files ?? []).map((each) => this.#offerCandidate(each))];
  }

  /** As `@file` has it. */
  attachFile(document: TextDocument): Promise<Attachment> {
    return attachFile(document, filesOf(this.#dependencies));
  }

  /** Does what a row stands for. */
  async choose(id: string): Promise<void> {
    await this.#chosen.get(id)?.();
  }

  #offerKind({ name, icon, description, attach }: Kind): Offer {
    const row = { icon, label: `@${name}`, description };
    return attach ? this.#offer(row, () => this.#attach(attach)) : { ...row, id: name, continues: `@${name} ` };
  }

  #offerCandidate({ icon, label, description, attach }: Candidate): Offer {
    return this.#offer({ icon, label, ...(description !== undefined && { description }) }, () => this.#attach(attach));
  }

  #offer(row: Omit<Offer, "id">, run: () => Promise<void>): Offer {
    const id = String(++this.#count);
    this.#chosen.set(id, run);
    const [oldest] = this.#chosen.keys();
    if (this.#chosen.size > mostKept && oldest !== undefined) this.#chosen.delete(oldest);
    return { ...row, id };
  }

  async #attach(make: () => Promise<readonly Attachment[]>): Promise<void> {
    const { attach, conversationId } = this.#dependencies;
    const id = conversationId();
    const attachments = await make();
    // The user may have gone on to another chat.
    if (conversationId() === id) for (const attachment of attachments) attach(attachment);
  }
}

/** The user's own. */
function promptCommands({ all }: PromptFiles): readonly SlashCommand[] {
  return all
    .filter(({ where }) => where.includes("chat"))
    .map(({ name, description }) => ({ name, description, run: () => run("runPrompt", name) }));
}

/** A command of the palette: it tells itself how far it is, and what is wrong. */
function run(id: string, ...args: readonly unknown[]): Promise<void> {
  void commands.executeCommand(`falcon.${id}`, ...args);
  return Promise.resolve();
}

function commandsOf({ command }: OfferDependencies): readonly SlashCommand[] {
  return [
    { name: "explain", description: l10n.t("Explain this code"), run: () => command("explain") },
    { name: "document", description: l10n.t("Document this function"), run: () => command("document") },
    { name: "error", description: l10n.t("Explain the error at the cursor"), run: () => run("explainError") },
    {
      name: "terminal",
      description: l10n.t("Explain the terminal's last output"),
      run: () => run("explainTerminalOutput"),
    },
    { name: "fix", description: l10n.t("Mend what is reported at the cursor"), run: () => run("fix") },
    { name: "simplify", description: l10n.t("Make the code simpler"), run: () => run("simplify") },
    { name: "types", description: l10n.t("Add the types that are missing"), run: () => run("addTypes") },
    { name: "comment", description: l10n.t("Add a documentation comment"), run: () => run("addDocumentation") },
    {
      name: "name",
      description: l10n.t("Find a better name for the symbol at the cursor"),
      run: () => run("nameThis"),
    },
    { name: "tests", description: l10n.t("Write tests for the code"), run: () => run("writeTests") },
    {
      name: "commit",
      description: l10n.t("Write the message for what is staged"),
      run: () => run("writeCommitMessage"),
    },
  ];
}

function filesOf({ workspaceFiles, settings, status, draft }: OfferDependencies): FileDependencies {
  return { files: workspaceFiles, settings, room: () => roomFor(status()), draft };
}

function kindsOf(dependencies: OfferDependencies): readonly Kind[] {
  const { lastEditor, settings, terminalOutput } = dependencies;
  const files = filesOf(dependencies);
  const { room } = files;
  return [
    { name: "file", icon: "file", description: l10n.t("A file of the workspace"), find: findFiles(files) },
    {
      name: "selection",
      icon: "list-selection",
      description: l10n.t("What is selected in the editor"),
      attach: async () => [await attachSelection(lastEditor.get(), settings)],
    },
    {
      name: "open",
      icon: "files",
      description: l10n.t("The open files"),
      attach: () => attachOpenFiles(settings, room()),
    },
    {
      name: "problems",
      icon: "warning",
      description: l10n.t("Errors and warnings of the workspace"),
      attach: () => Promise.resolve([attachProblems(settings, room(), lastEditor.document?.uri)]),
    },
    { name: "symbol", icon: "symbol-method", description: l10n.t("A function or class"), find: findSymbols(settings) },
    {
      name: "folder",
      icon: "folder",
      description: l10n.t("A folder: its outline and what fits of its files"),
      find: findFolders(files),
    },
    {
      name: "changes",
      icon: "git-compare",
      description: l10n.t("What differs from the last commit"),
      attach: async () => [await attachChanges(settings, room())],
    },
    {
      name: "terminal",
      icon: "terminal",
      description: l10n.t("The terminal's last command and its output"),
      attach: () => Promise.resolve([terminalOutput.attach(room())]),
    },
    {
      name: "search",
      icon: "search",
      description: l10n.t("Lines of the workspace that have a text"),
      find: findText(files),
    },
  ];
}
