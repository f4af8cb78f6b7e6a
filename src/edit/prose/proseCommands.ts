// The commands for prose, in one table: what each is called, and what it asks for. “Write…” lists them.

import { env, l10n } from "vscode";

import type { LastEditor } from "../../lastEditor.ts";
import { proseLanguagesRequest } from "../../shared/methods.ts";
import type { DigestCommand, RewriteCommand } from "../../shared/prose.ts";
import { type ListItem, showList } from "../../surfaces.ts";
import { digestText } from "./digestText.ts";
import { type ProseDependencies, rewriteText } from "./rewriteText.ts";

interface ProseRow extends ListItem<ProseRow> {
  /** Of the command, after `falcon.`. */
  readonly id: string;
  readonly icon: string;
  readonly label: string;
  readonly rewrite?: RewriteCommand;
  readonly digest?: DigestCommand;
}

function proseRows(): readonly ProseRow[] {
  return [
    { id: "fixGrammar", icon: "check", label: l10n.t("Fix Grammar and Spelling"), rewrite: "grammar" },
    { id: "improveText", icon: "sparkle", label: l10n.t("Improve"), rewrite: "improve" },
    { id: "shortenText", icon: "fold", label: l10n.t("Shorten"), rewrite: "shorten" },
    { id: "expandText", icon: "unfold", label: l10n.t("Expand"), rewrite: "expand" },
    { id: "makeFormal", icon: "briefcase", label: l10n.t("Make Formal"), rewrite: "formal" },
    { id: "makeFriendly", icon: "smiley", label: l10n.t("Make Friendly"), rewrite: "friendly" },
    { id: "makePlain", icon: "symbol-text", label: l10n.t("Make Plain"), rewrite: "plain" },
    { id: "translateText", icon: "globe", label: l10n.t("Translate…"), rewrite: "translate" },
    { id: "summariseText", icon: "note", label: l10n.t("Summarise"), digest: "summarise" },
    { id: "outlineText", icon: "list-tree", label: l10n.t("Outline"), digest: "outline" },
    { id: "titleText", icon: "text-size", label: l10n.t("Write Title"), digest: "title" },
    { id: "continueText", icon: "arrow-right", label: l10n.t("Continue Writing"), digest: "continue" },
  ];
}

interface LanguageItem extends ListItem<LanguageItem> {
  /** In English. */
  readonly name: string;
}

interface Dependencies extends ProseDependencies {
  readonly lastEditor: LastEditor;
}

export function proseCommands(dependencies: Dependencies): Record<string, () => unknown> {
  return {
    ...Object.fromEntries(proseRows().map((row) => [`falcon.${row.id}`, () => run(row, dependencies)])),
    "falcon.write": async () => {
      dependencies.lastEditor.get();
      const row = await showList({
        title: l10n.t("Write"),
        placeholder: l10n.t("What should be done with the selection, or the whole text?"),
        items: proseRows,
      });
      if (row) await run(row, dependencies);
    },
  };
}

async function run({ label, rewrite, digest }: ProseRow, dependencies: Dependencies): Promise<void> {
  const editor = dependencies.lastEditor.get();
  const title = `Falcon: ${label}`;
  if (digest) await digestText(editor, { command: digest, title }, dependencies);
  else if (rewrite === "translate") {
    const language = await chooseLanguage(dependencies);
    if (language !== undefined) await rewriteText(editor, { command: rewrite, title, language }, dependencies);
  } else if (rewrite) await rewriteText(editor, { command: rewrite, title }, dependencies);
}

/** A language that the model writes, by its English name, in which models know it. */
async function chooseLanguage({ server }: ProseDependencies): Promise<string | undefined> {
  const codes = await server.ask(proseLanguagesRequest);
  const [here, english] = [env.language, "en"].map((locale) => new Intl.DisplayNames([locale], { type: "language" }));
  const items = codes.map((code): LanguageItem => {
    const name = english?.of(code) ?? code;
    return { label: here?.of(code) ?? name, description: code, name };
  });
  const chosen = await showList({
    title: l10n.t("Translate"),
    placeholder: l10n.t("Languages that the model writes"),
    items: () => items.toSorted((a, b) => a.label.localeCompare(b.label, env.language)),
  });
  return chosen?.name;
}
