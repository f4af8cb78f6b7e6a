// The chat page's words in the user's language.

import { l10n } from "vscode";

import { actionLabels } from "../problems.ts";
import type { WebviewStrings } from "../shared/webviewStrings.ts";

export function pageStrings(): WebviewStrings {
  return {
    conversation: l10n.t("Conversation"),
    you: l10n.t("You"),
    falcon: "Falcon",
    explain: l10n.t("Explain this code"),
    showAllLines: l10n.t("Show all {0} lines"),
    showFewerLines: l10n.t("Show fewer lines"),
    showAllText: l10n.t("Show the whole message"),
    showLessText: l10n.t("Show less of the message"),
    openAttachment: l10n.t("Open {0}"),
    jumpToLatest: l10n.t("Go to the latest message"),
    thinking: l10n.t("Thinking…"),
    thought: l10n.t("Thought"),
    toolCall: l10n.t("Tool call"),
    answering: l10n.t("Falcon is answering"),
    answered: l10n.t("Falcon answered: {0}"),
    emptyAnswer: l10n.t("The model gave no answer."),
    stopped: l10n.t("Stopped"),
    interrupted: l10n.t("Interrupted: the model or the editor ended while this was written"),
    truncated: l10n.t("Cut off: the answer reached the limit of tokens"),
    failed: l10n.t("The answer failed"),
    copyAnswer: l10n.t("Copy answer"),
    retry: l10n.t("Try again"),
    code: l10n.t("Code in {0}"),
    plainText: l10n.t("text"),
    copyCode: l10n.t("Copy code"),
    copied: l10n.t("Copied"),
    insertCode: l10n.t("Insert at cursor"),
    message: l10n.t("Message to Falcon"),
    placeholder: l10n.t("Ask about your code, or for a text"),
    send: l10n.t("Send (Enter)"),
    stop: l10n.t("Stop (Escape)"),
    attachSelection: l10n.t("Attach the selection"),
    attachFile: l10n.t("Attach the file"),
    attachments: l10n.t("Goes with the message"),
    removeAttachment: l10n.t("Remove {0}"),
    sendNeedsText: l10n.t("Write a message first"),
    messageTooLong: l10n.t("The message has {0} characters; at most {1} can be sent"),
    sendNeedsLoading: l10n.t("The model is still loading"),
    sendNeedsWorkingModel: l10n.t("The model could not be loaded"),
    sendNeedsEnd: l10n.t("Wait for the answer to end, or stop it"),
    modelDetails: l10n.t("{0}: {1} tokens of context, on {2}. Click to choose another model."),
    demonstrationTitle: l10n.t("{0} is a demonstration model"),
    demonstrationText: l10n.t(
      "It came with the extension and is very small: it finishes simple lines, and often errs. Choose a Falcon of your own for real work.",
    ),
    loading: l10n.t("Loading {0}"),
    percent: l10n.t("{0}%"),
    loadFailed: l10n.t("{0} could not be loaded"),
    actions: actionLabels(),
    welcomeTitle: l10n.t("What are you working on?"),
    welcomeText: l10n.t("Answers come from a model on this machine. Nothing you write leaves it."),
    suggestions: [
      l10n.t("Write a function that …"),
      l10n.t("Find bugs in the attached code"),
      l10n.t("Write unit tests for the attached code"),
    ],
    welcomeHint: l10n.t("Select code and choose Explain Selection from its context menu to have it explained here."),
  };
}
