// The words of the playground, which comes without VS Code and its translations: in the browser's language.

import type { MarkdownContext } from "../context.ts";

export interface PlaygroundStrings extends MarkdownStrings {
  readonly title: string;
  readonly kinds: Readonly<Record<"text" | "infill" | "chat", string>>;
  readonly kind: string;
  readonly sideBySide: string;
  readonly prompt: string;
  readonly question: string;
  readonly prefix: string;
  readonly suffix: string;
  /** {0} is 1 or 2. */
  readonly numberedSettings: string;
  readonly model: string;
  readonly temperature: string;
  readonly topP: string;
  readonly topK: string;
  readonly maxTokens: string;
  readonly seed: string;
  /** In a field that is empty. */
  readonly unset: string;
  readonly random: string;
  readonly run: string;
  readonly stop: string;
  /** {0} is 1 or 2. */
  readonly numbered: string;
  readonly writing: string;
  readonly done: string;
  readonly stopped: string;
  readonly empty: string;
  readonly cut: string;
  /** {0} tokens, {1} tokens per second, {2} milliseconds. */
  readonly figures: string;
  readonly token: string;
  readonly tokenWanted: string;
  readonly tokenWrong: string;
  readonly codeUsed: string;
  readonly tokenWhere: string;
  readonly open: string;
  readonly unreachable: string;
  readonly tryAgain: string;
}

type MarkdownStrings = MarkdownContext["strings"];

export const english: PlaygroundStrings = {
  title: "Falcon Playground",
  kinds: { text: "Text", infill: "Infill", chat: "Chat" },
  kind: "What is written",
  sideBySide: "Side by side",
  prompt: "Text to go on from",
  question: "Message",
  prefix: "Text before the gap",
  suffix: "Text after the gap",
  numberedSettings: "Settings {0}",
  model: "Model",
  temperature: "Temperature",
  topP: "Top-p",
  topK: "Top-k",
  maxTokens: "Tokens at most",
  seed: "Seed",
  unset: "default",
  random: "random",
  run: "Run (Ctrl+Enter)",
  stop: "Stop (Escape)",
  numbered: "Result {0}",
  writing: "Writing…",
  done: "Done",
  stopped: "Stopped",
  empty: "The model wrote nothing.",
  cut: "Cut off: the limit of tokens is reached.",
  figures: "{0} tokens, {1} tokens/s, the first after {2} ms",
  token: "Token",
  tokenWanted: "This server wants its token.",
  tokenWrong: "The server does not take this token.",
  codeUsed: "This address was opened before, or is too old. Open the playground again, or enter the token.",
  tokenWhere:
    "“falcon serve” prints it when it starts. In VS Code, “Falcon: Open Playground” opens this page with it, and “Falcon: Start Local API” copies it.",
  open: "Open",
  unreachable: "The server does not answer. It may have been stopped, or its window closed.",
  tryAgain: "Try again",
  code: "Code in {0}",
  plainText: "text",
  copyCode: "Copy code",
  copied: "Copied",
  thinking: "Thinking…",
  thought: "Thought",
  toolCall: "Tool call",
};

export const italian: PlaygroundStrings = {
  title: "Falcon Playground",
  kinds: { text: "Testo", infill: "Riempimento", chat: "Chat" },
  kind: "Che cosa si scrive",
  sideBySide: "A confronto",
  prompt: "Testo da continuare",
  question: "Messaggio",
  prefix: "Testo prima dello spazio",
  suffix: "Testo dopo lo spazio",
  numberedSettings: "Impostazioni {0}",
  model: "Modello",
  temperature: "Temperatura",
  topP: "Top-p",
  topK: "Top-k",
  maxTokens: "Token al massimo",
  seed: "Seme",
  unset: "predefinito",
  random: "casuale",
  run: "Esegui (Ctrl+Invio)",
  stop: "Ferma (Esc)",
  numbered: "Risultato {0}",
  writing: "In scrittura…",
  done: "Fatto",
  stopped: "Fermato",
  empty: "Il modello non ha scritto nulla.",
  cut: "Troncato: il limite di token è raggiunto.",
  figures: "{0} token, {1} token/s, il primo dopo {2} ms",
  token: "Token",
  tokenWanted: "Questo server vuole il suo token.",
  tokenWrong: "Il server non accetta questo token.",
  codeUsed:
    "Questo indirizzo è già stato aperto, o è troppo vecchio. Apri di nuovo il playground, o inserisci il token.",
  tokenWhere:
    "«falcon serve» lo mostra quando parte. In VS Code, «Falcon: Apri il Playground» apre questa pagina con il token, e «Falcon: Avvia l’API locale» lo copia.",
  open: "Apri",
  unreachable: "Il server non risponde. Forse è stato fermato, o la sua finestra è chiusa.",
  tryAgain: "Riprova",
  code: "Codice in {0}",
  plainText: "testo",
  copyCode: "Copia il codice",
  copied: "Copiato",
  thinking: "Sto pensando…",
  thought: "Ragionamento",
  toolCall: "Chiamata a uno strumento",
};
