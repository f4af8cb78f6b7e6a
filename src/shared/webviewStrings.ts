// The words of the chat page. The host fills them through vscode.l10n and puts them into the page as JSON.

import type { ChatCommand } from "./chat.ts";
import type { ProblemAction } from "./status.ts";

/** `{0}`, `{1}` are filled by the page. The text beside each is its English. */
export interface WebviewStrings {
  // The conversation
  /** "Conversation" */
  readonly conversation: string;
  /** "You" */
  readonly you: string;
  /** "Falcon" */
  readonly falcon: string;
  /** "Explain this code", "Document this function" */
  readonly commands: Readonly<Record<ChatCommand, string>>;
  /** {0} is a number of lines. "Show all {0} lines" */
  readonly showAllLines: string;
  /** "Show fewer lines" */
  readonly showFewerLines: string;
  /** "Show the whole message" */
  readonly showAllText: string;
  /** "Show less of the message" */
  readonly showLessText: string;
  /** {0} is an attachment's label. "Open {0}" */
  readonly openAttachment: string;
  /** "Go to the latest message" */
  readonly jumpToLatest: string;

  // An answer and how it stands
  /** Before the first word. "Thinking…" */
  readonly thinking: string;
  /** Folds away what the model thought before it answered. "Thought" */
  readonly thought: string;
  /** Folds away a call of a tool. "Tool call" */
  readonly toolCall: string;
  /** Read out when an answer begins. "Falcon is answering" */
  readonly answering: string;
  /** Read out before a finished answer; {0} is its text. "Falcon answered: {0}" */
  readonly answered: string;
  /** "The model gave no answer." */
  readonly emptyAnswer: string;
  /** "Stopped" */
  readonly stopped: string;
  /** "Interrupted: the model or the editor ended while this was written" */
  readonly interrupted: string;
  /** "Cut off: the answer reached the limit of tokens" */
  readonly truncated: string;
  /** When the problem is not told. "The answer failed" */
  readonly failed: string;
  /** "Copy answer" */
  readonly copyAnswer: string;
  /** "Try again" */
  readonly retry: string;
  /** "Ask again with another temperature or model" */
  readonly retryWith: string;
  /** "Go on from here in a new chat" */
  readonly branch: string;
  /** "Edit and send again" */
  readonly edit: string;
  /** "Edit the message" */
  readonly editedMessage: string;
  /** "Send again" */
  readonly resend: string;
  /** "Cancel" */
  readonly cancel: string;

  // A block of code
  /** {0} is a language. "Code in {0}" */
  readonly code: string;
  /** The language of code that names none. "text" */
  readonly plainText: string;
  /** "Copy code" */
  readonly copyCode: string;
  /** "Copied" */
  readonly copied: string;
  /** "Insert at cursor" */
  readonly insertCode: string;
  /** "Apply to the file" */
  readonly applyCode: string;
  /** "New file" */
  readonly newFile: string;
  /** "Run in the terminal" */
  readonly runCode: string;

  // The composer
  /** "Message to Falcon" */
  readonly message: string;
  /** "Ask about your code, or for a text" */
  readonly placeholder: string;
  /** "To ask, choose a real Falcon" */
  readonly demonstrationPlaceholder: string;
  /** "Send (Enter)" */
  readonly send: string;
  /** "Stop (Escape)" */
  readonly stop: string;
  /** "Add context (@)" */
  readonly addContext: string;
  /** The name of the list of what can be added, or of commands. "Suggestions" */
  readonly offers: string;
  /** {0} is a number. "{0} suggestions" */
  readonly offerCount: string;
  /** {0} is a number. "{0} tokens" */
  readonly tokens: string;
  /** {0} and {1} are numbers. "The model's context: {0} of {1} tokens" */
  readonly contextUse: string;
  /** "The oldest messages will be left out" */
  readonly contextOverflows: string;
  /** "The question is too long for the model's context: attach less" */
  readonly contextTooSmall: string;
  /** "Attach the selection" */
  readonly attachSelection: string;
  /** "Attach the file" */
  readonly attachFile: string;
  /** "Goes with the message" */
  readonly attachments: string;
  /** {0} is an attachment's label. "Remove {0}" */
  readonly removeAttachment: string;
  /** Why one cannot send, with nothing written. "Write a message first" */
  readonly sendNeedsText: string;
  /** Why one cannot send; {0} and {1} are numbers. "The message has {0} characters; at most {1} can be sent" */
  readonly messageTooLong: string;
  /** Why one cannot send. "The model could not be loaded" */
  readonly sendNeedsWorkingModel: string;
  /** Why one cannot send while an answer is written. "Wait for the answer to end, or stop it" */
  readonly sendNeedsEnd: string;

  // The model
  /** Of a model that was not loaded yet. {0} name, {1} tokens. "{0}: {1} tokens of context. Click to choose another model." */
  readonly modelDetailsAtRest: string;
  /** {0} name, {1} tokens, {2} device. "{0}: {1} tokens of context, on {2}. Click to choose another model." */
  readonly modelDetails: string;
  /** {0} is the model's name. "{0} is a demonstration model" */
  readonly demonstrationTitle: string;
  /** "It is very small, and often errs. For a conversation, and for all real work, choose a real Falcon." */
  readonly demonstrationText: string;
  /** {0} is the model's name. "Loading {0}" */
  readonly loading: string;
  /** "Preparing the GPU: until that is done, an answer may take longer to begin" */
  readonly preparing: string;
  /** {0} is a whole number. "{0}%" */
  readonly percent: string;
  /** {0} is the model's name. "{0} could not be loaded" */
  readonly loadFailed: string;
  /** The buttons that mend a problem: "Choose Model…", "Restart Server", "Show Log", "Try Again" */
  readonly actions: Readonly<Record<ProblemAction, string>>;

  // The empty conversation
  /** "What are you working on?" */
  readonly welcomeTitle: string;
  /** "Answers come from a model on this machine. Nothing you write leaves it." */
  readonly welcomeText: string;
  /** Where the model runs on a server elsewhere, which {0} names. */
  readonly welcomeRemote: string;
  /** Ways to begin, each a button that puts its text into the composer:
   *  "Write a function that …", "Find bugs in the attached code", "Write unit tests for the attached code" */
  readonly suggestions: readonly string[];
  /** What a demonstration model can do: "Complete the line at the cursor", "Explain the selected function",
   *  "Document the selected function" */
  readonly demonstrations: Readonly<Record<ChatCommand | "complete", string>>;
  /** "While you type, the rest of a line comes as grey text, and Tab takes it." */
  readonly demonstrationHint: string;
  /** "Select code and choose Explain Selection from its context menu to have it explained here." */
  readonly welcomeHint: string;
}
