// Builds the extension's parts and connects them.

import { ExtensionMode, Uri, window, workspace, type ExtensionContext } from "vscode";

import { Chat } from "./chat/chat.ts";
import { ChatView } from "./chat/chatView.ts";
import { attachCodeAtCursor } from "./chat/attachments.ts";
import { Offers } from "./chat/context/offers.ts";
import { Places } from "./chat/context/places.ts";
import { WorkspaceFiles } from "./chat/context/workspaceFiles.ts";
import { TerminalOutput } from "./chat/context/terminalOutput.ts";
import { ContextMeter } from "./chat/contextMeter.ts";
import { announceCopy, openConversations } from "./chat/openConversations.ts";
import { receivePageMessage } from "./chat/receive.ts";
import { registerEditActions } from "./edit/editActions.ts";
import { EditInstructions } from "./edit/instructions.ts";
import { Proposals } from "./edit/proposals.ts";
import { Comparison } from "./compare/comparison.ts";
import { ServerClient } from "./server/client.ts";
import { ServerKeys } from "./server/serverKeys.ts";
import { ModelsClient } from "./server/modelsClient.ts";
import { registerCommands } from "./commands.ts";
import { registerParticipant } from "./languageModel/participant.ts";
import { FalconProvider } from "./languageModel/provider.ts";
import { PromptFiles } from "./prompts/promptFiles.ts";
import { announceFailures, endOfFailedAnswer, showError } from "./problems.ts";
import { Figures } from "./completion/figures.ts";
import { ContextDocument } from "./completion/contextDocument.ts";
import { inlineCompletionMiddleware } from "./completion/inlineCompletion.ts";
import { LastEditor } from "./lastEditor.ts";
import { LocalApi } from "./localApi.ts";
import { Downloads } from "./models/downloads.ts";
import { HubToken } from "./models/hubToken.ts";
import { RecentModels } from "./models/recentModels.ts";
import { EvaluationRuns } from "./evaluate/evaluationRuns.ts";
import { evaluationPanel } from "./pages/evaluation.ts";
import { workspaceFolder } from "./finetune/workspaceFolder.ts";
import { performancePanel } from "./pages/performance.ts";
import { trainingPanel } from "./pages/training.ts";
import { Settings } from "./settings.ts";
import { serverKeyRequest } from "./shared/methods.ts";
import { statusOf } from "./shared/modelRoles.ts";
import { registerStatusBar } from "./status/statusBar.ts";
import { createLog } from "./surfaces.ts";

/** What must be done before the extension host ends. VS Code hands `deactivate` nothing, so it is kept here. */
let shutDown: (() => Promise<void>) | undefined;

export function activate(context: ExtensionContext) {
  const log = createLog("Falcon");
  const contextsFolder = Uri.joinPath(context.globalStorageUri, "contexts").fsPath;
  const demonstrationModel = Uri.joinPath(context.extensionUri, "media/models/falcon-tiny-demo.gguf").fsPath;
  const measurements = Uri.joinPath(context.globalStorageUri, "measurements.json").fsPath;
  const modelsFolder = Uri.joinPath(context.globalStorageUri, "models").fsPath;
  const cudaFolder = Uri.joinPath(context.globalStorageUri, "cuda").fsPath;
  const settings = new Settings({ demonstrationModel, contextsFolder, measurements, modelsFolder, cudaFolder });
  const lastEditor = new LastEditor();
  const recentModels = new RecentModels(context.globalState);
  const figures = new Figures(context.globalState);
  const conversations = openConversations(context, log);
  const hubToken = new HubToken(context.secrets);
  const serverKeys = new ServerKeys(context.secrets);
  const models: ModelsClient = new ModelsClient(
    (...asked) => server.ask(...asked),
    () => hubToken.get(),
  );
  const downloads = new Downloads(models);
  const localApi: LocalApi = new LocalApi(
    context.secrets,
    () => server,
    settings,
    (error) => void showError(error, log),
  );
  const server: ServerClient = new ServerClient(
    {
      module: Uri.joinPath(context.extensionUri, "dist", "server.cjs").fsPath,
      log,
      middleware: inlineCompletionMiddleware(settings, log),
      listen: (client) => {
        models.listen(client);
        localApi.listen(client);
        client.onRequest(serverKeyRequest, async ({ name }) => (await serverKeys.get(name)) ?? null);
      },
    },
    () => settings.server,
  );
  const proposals = new Proposals();
  const instructions = new EditInstructions(context.globalState);
  const panels = { extensionUri: context.extensionUri, log };
  const performance = performancePanel(panels, server);
  const fineTuningFolder = Uri.joinPath(context.globalStorageUri, "finetune").fsPath;
  const training = trainingPanel(panels, () => {
    const folders = workspace.workspaceFolders ?? [];
    return workspaceFolder(
      fineTuningFolder,
      folders.map(({ uri }) => uri.toString()),
    );
  });
  const comparison = new Comparison({ ...panels, server, settings, recentModels, models, demonstrationModel });
  const evaluationRuns = new EvaluationRuns(Uri.joinPath(context.globalStorageUri, "evaluations").fsPath);
  const evaluation = evaluationPanel(panels, evaluationRuns, server);
  const contextDocument = new ContextDocument(server);
  const chat = new Chat({
    store: conversations,
    answer: (params, onDelta, signal) => server.chat(params, onDelta, signal),
    endOfFailedAnswer: (error) => endOfFailedAnswer(error, log),
    onEvent: (event) => {
      chatView.post({ type: "event", event });
      if (event.type !== "delta") meter.refresh();
    },
    onAttachments: (attachments) => {
      chatView.post({ type: "attachments", attachments });
      meter.refresh();
    },
    onOpened: () => {
      chatView.post(chatState());
      meter.refresh();
    },
    onCopied: announceCopy,
  });
  const meter: ContextMeter = new ContextMeter(
    () => chat,
    server,
    (message) => chatView.post(message),
  );
  const terminalOutput = new TerminalOutput();
  const workspaceFiles = new WorkspaceFiles();
  const prompts = new PromptFiles();
  const places = new Places(workspaceFiles);
  const offers = new Offers({
    workspaceFiles,
    lastEditor,
    settings,
    terminalOutput,
    prompts,
    status: () => statusOf(server.status, "chat"),
    draft: () => meter.draft,
    attach: (attachment) => chat.attach(attachment),
    conversationId: () => chat.conversation.id,
    command: async (command) => chat.command(command, await attachCodeAtCursor(lastEditor.get(), settings)),
  });
  const chatState = () =>
    ({
      type: "state",
      conversation: chat.conversation,
      status: statusOf(server.status, "chat"),
      attachments: chat.attachments,
    }) as const;
  const chatView = new ChatView({
    extensionUri: context.extensionUri,
    log,
    state: chatState,
    onNotice: (notice) => {
      if (notice.type === "ready") {
        meter.refresh();
        // Who looks at the chat is going to ask something.
        void server.loadModel("chat");
      } else if (notice.type === "draft") meter.draft = notice.text;
      else void places.existing(notice.names).then((names) => chatView.post({ type: "places", names }));
    },
    receive: (message) =>
      receivePageMessage(message, {
        chat,
        instructions,
        lastEditor,
        offers,
        places,
        proposals,
        server,
        settings,
        post: (answer) => chatView.post(answer),
      }),
  });

  context.subscriptions.push(
    window.registerWebviewViewProvider("falcon.chat", chatView),
    registerCommands({
      chat,
      chatView,
      comparison,
      contextDocument,
      conversations,
      downloads,
      figures,
      fineTuningFolder,
      hubToken,
      instructions,
      lastEditor,
      localApi,
      log,
      models,
      performance,
      evaluation,
      evaluationRuns,
      memory: context.globalState,
      prompts,
      proposals,
      recentModels,
      server,
      serverKeys,
      settings,
      terminalOutput,
      training,
      workspaceFiles,
    }),
    registerEditActions(prompts),
    registerStatusBar(server, models, settings, lastEditor),
    new FalconProvider(server, log),
    registerParticipant({
      server,
      settings,
      lastEditor,
      terminalOutput,
      log,
      icon: Uri.joinPath(context.extensionUri, "media/icon.png"),
    }),
    announceFailures(server.onDidChangeStatus),
    server.onDidChangeStatus((status) => chatView.post({ type: "status", status: statusOf(status, "chat") })),
    server.onDidChangeStatus((status) => {
      if (statusOf(status, "chat").state === "ready") meter.refresh();
    }),
    server.onDidCountCompletions((added) => void figures.add(added)),
    settings.onDidChangeServerSettings((changed) => void server.updateSettings(changed)),
    chat,
    meter,
    terminalOutput,
    contextDocument,
    server,
    models,
    performance,
    comparison,
    evaluation,
    training,
    prompts,
    proposals,
    lastEditor,
    settings,
    log,
  );

  shutDown = async () => {
    chat.dispose();
    await Promise.all([conversations.flush(), server.dispose()]);
  };

  return context.extensionMode === ExtensionMode.Test
    ? {
        chat,
        chatView,
        comparison,
        downloads,
        evaluation,
        evaluationRuns,
        figures,
        localApi,
        models,
        performance,
        prompts,
        proposals,
        server,
        settings,
        training,
      }
    : undefined;
}

/** VS Code waits for it, at most five seconds, before it ends the extension host. */
export async function deactivate(): Promise<void> {
  await shutDown?.();
}

/** What the tests inside VS Code get hold of. */
export type TestApi = NonNullable<ReturnType<typeof activate>>;
