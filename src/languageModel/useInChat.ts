// Lets VS Code's own chat run on Falcon without signing in to anything.

import { commands, extensions, l10n, lm, workspace, type LogOutputChannel } from "vscode";

import { UserError } from "../problems.ts";

/** The extension of VS Code that its Ask, Edit and Agent are in. VS Code switches it off until its user signs in, or has models. */
const builtInChat = "GitHub.copilot-chat";

/** Commands of VS Code that it has since it runs on models of others without a sign-in. */
const [addModels, manageModels, closeModal] = [
  "lm.addLanguageModelsProviderGroup",
  "workbench.action.chat.manage",
  "workbench.action.closeModalEditor",
];

/** Opens VS Code's chat with Falcon chosen. */
export async function useInChat(log: LogOutputChannel): Promise<void> {
  if (workspace.getConfiguration("chat").get("disableAIFeatures") === true) {
    throw new UserError(
      l10n.t(
        "VS Code's chat is switched off by the setting {0}. Switch it on, then try again.",
        "chat.disableAIFeatures",
      ),
    );
  }
  const [model] = await lm.selectChatModels({ vendor: "falcon", id: "chat" });
  if (!model) {
    throw new UserError(l10n.t("No Falcon model is loaded yet. Choose one, or try again when it is loaded."), {
      action: "selectModel",
    });
  }
  const known = new Set(await commands.getCommands());
  const run = async (command: string, ...args: unknown[]) => {
    if (known.has(command)) await commands.executeCommand(command, ...args);
  };
  try {
    await run(addModels, { name: "Falcon", vendor: "falcon" });
  } catch (error) {
    // They were added before.
    log.debug(String(error));
  }
  if (!extensions.getExtension(builtInChat)) {
    // Its editor is of no use here; what counts is that it switches the extension on.
    await run(manageModels);
    await run(closeModal);
  }
  await commands.executeCommand("workbench.action.chat.open", {
    mode: "ask",
    modelSelector: { vendor: "falcon", id: "chat" },
  });
}
