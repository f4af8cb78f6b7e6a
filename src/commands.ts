// Every command: its id and what it does.

import { Disposable, commands } from "vscode";

import { attachCodeAtCursor, attachSelection } from "./chat/attachments.ts";
import { explainCommands, type ExplainDependencies } from "./chat/explain.ts";
import type { ContextDocument } from "./completion/contextDocument.ts";
import type { WorkspaceFiles } from "./chat/context/workspaceFiles.ts";
import type { ConversationStore } from "./chat/conversationStore.ts";
import { evaluateModel, type EvaluateDependencies } from "./evaluate/evaluateModel.ts";
import { editSelection, type EditDependencies } from "./edit/editSelection.ts";
import { proposalCommands } from "./edit/proposalCommands.ts";
import { readyCommands } from "./edit/readyCommands.ts";
import { exportChat, renameChat, showPreviousChats } from "./chat/previousChats.ts";
import { proseCommands } from "./edit/prose/proseCommands.ts";
import { fineTune, type FineTuneDependencies } from "./finetune/fineTune.ts";
import { showError } from "./problems.ts";
import type { Figures } from "./completion/figures.ts";
import type { LocalApi } from "./localApi.ts";
import type { LastEditor } from "./lastEditor.ts";
import type { Comparison } from "./compare/comparison.ts";
import type { PagePanel } from "./pages/pagePanel.ts";
import { useInChat } from "./languageModel/useInChat.ts";
import { showMenu } from "./status/menu.ts";
import { runPromptCommand, type PromptDependencies } from "./prompts/runPrompt.ts";
import type { HubToken } from "./models/hubToken.ts";
import type { ServerKeys } from "./server/serverKeys.ts";
import { convertWeights } from "./models/convertWeights.ts";
import { importModelFile } from "./models/importModelFile.ts";
import { deleteSavedContexts } from "./models/deleteSavedContexts.ts";
import { chooseModel, type ChoiceDependencies } from "./models/chooseModel.ts";
import { removeCuda, useCuda } from "./models/useCuda.ts";
import { selectModelFile } from "./models/useModel.ts";
import type { DownloadParams } from "./shared/downloads.ts";
import type { ChatCommand } from "./shared/chat.ts";

export interface CommandDependencies
  extends
    ChoiceDependencies,
    EditDependencies,
    EvaluateDependencies,
    ExplainDependencies,
    PromptDependencies,
    FineTuneDependencies {
  readonly workspaceFiles: WorkspaceFiles;
  readonly contextDocument: ContextDocument;
  readonly conversations: ConversationStore;
  readonly figures: Figures;
  readonly hubToken: HubToken;
  readonly lastEditor: LastEditor;
  readonly localApi: LocalApi;
  readonly comparison: Comparison;
  readonly performance: Pick<PagePanel<unknown>, "show">;
  readonly serverKeys: ServerKeys;
}

export function registerCommands(dependencies: CommandDependencies): Disposable {
  const { chat, chatView, contextDocument, conversations, figures, lastEditor, localApi, log, server, settings } =
    dependencies;
  const ask = async (command: ChatCommand) => {
    chat.command(command, await attachCodeAtCursor(lastEditor.get(), settings));
    await chatView.focus();
  };
  const table: Record<string, (...args: unknown[]) => unknown> = {
    ...proposalCommands(dependencies.proposals),
    ...proseCommands(dependencies),
    ...readyCommands(dependencies),
    ...explainCommands(dependencies),
    "falcon.editSelection": () => editSelection(lastEditor.get(), dependencies),
    "falcon.explainSelection": () => ask("explain"),
    "falcon.documentSelection": () => ask("document"),
    "falcon.runPrompt": (name) => runPromptCommand(name, dependencies),
    "falcon.openChat": () => chatView.focus(),
    "falcon.useInVsCodeChat": () => useInChat(log),
    "falcon.newChat": async () => {
      chat.newChat();
      await chatView.focus();
    },
    "falcon.openPreviousChat": async () => {
      if (await showPreviousChats(chat, conversations)) await chatView.focus();
    },
    "falcon.renameChat": () => renameChat(chat, chat.conversation),
    "falcon.exportChat": () => exportChat(chat.conversation),
    "falcon.attachSelection": async () => {
      chat.attach(await attachSelection(lastEditor.get(), settings));
      await chatView.focus();
    },
    "falcon.toggleInlineCompletions": () => settings.toggleCompletions(),
    "falcon.toggleInlineCompletionsForLanguage": () =>
      settings.toggleCompletionsFor(lastEditor.get().document.languageId),
    "falcon.chooseModel": (onUsed) =>
      chooseModel({ ...dependencies, ...(typeof onUsed === "function" && { onUsed: onUsed as () => void }) }),
    "falcon.selectModelFile": () => selectModelFile(dependencies),
    "falcon.importModelFile": () => importModelFile(dependencies.models),
    "falcon.convertWeights": () => convertWeights(dependencies),
    "falcon.useCuda": () => useCuda(dependencies),
    "falcon.removeCuda": () => removeCuda(dependencies),
    "falcon.showDownloads": () => dependencies.downloads.show(),
    // A hub that did not answer before anything was downloaded is asked again by another choice.
    "falcon.continueDownload": (params) =>
      params ? dependencies.downloads.continue(params as DownloadParams) : chooseModel(dependencies),
    "falcon.setHubToken": () => dependencies.hubToken.set(),
    "falcon.setServerKey": async () => {
      const changed = await dependencies.serverKeys.set(settings);
      if (changed !== undefined) await server.reloadModel({ server: changed });
    },
    "falcon.deleteSavedContexts": () => deleteSavedContexts(server),
    "falcon.resetCompletionFigures": () => figures.reset(),
    "falcon.reloadModel": () => server.reloadModel(),
    "falcon.restartServer": () => server.restart(),
    "falcon.showCompletionContext": () => contextDocument.show(),
    "falcon.startLocalApi": async () => {
      await localApi.start();
      void localApi.show();
    },
    "falcon.stopLocalApi": () => localApi.stop(),
    "falcon.openPlayground": () => localApi.openPlayground(),
    "falcon.fineTune": () => fineTune(dependencies),
    "falcon.showFineTuning": () => dependencies.training.show(),
    "falcon.compareModels": () => dependencies.comparison.open(),
    "falcon.evaluateModel": () => evaluateModel(dependencies),
    "falcon.showPerformance": () => dependencies.performance.show(),
    "falcon.showLog": () => log.show(),
    "falcon.showMenu": () => showMenu({ server, settings, lastEditor, localApi }, figures.sum),
  };
  const registrations = Object.entries(table).map(([id, run]) =>
    commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        await run(...args);
      } catch (error) {
        void showError(error, log);
      }
    }),
  );
  return Disposable.from(...registrations);
}
