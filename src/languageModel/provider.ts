// The loaded models for VS Code's own chat, and for other extensions: vendor `falcon`.

import { randomUUID } from "node:crypto";

import {
  Disposable,
  EventEmitter,
  LanguageModelChatToolMode,
  LanguageModelTextPart,
  LanguageModelToolCallPart,
  l10n,
  lm,
  type CancellationToken,
  type LanguageModelChatInformation,
  type LanguageModelChatProvider,
  type LanguageModelChatRequestMessage,
  type LanguageModelResponsePart,
  type LogOutputChannel,
  type Progress,
  type ProvideLanguageModelChatResponseOptions,
} from "vscode";

import { problemOf } from "../problems.ts";
import type { ServerClient } from "../server/client.ts";
import type { ChatModel } from "../shared/languageModel.ts";
import { chatModelsRequest, countTokensRequest } from "../shared/methods.ts";
import { type ModelRole, modelRoles, statusOf } from "../shared/modelRoles.ts";
import { plainText } from "../shared/plainText.ts";
import { ListedModels } from "./listedModels.ts";
import { textOf, toolsOf, turnsOf } from "./messages.ts";

/** A model of a role: VS Code keeps the user's choice by its id, whatever model has the role. */
interface RoleModel extends LanguageModelChatInformation {
  readonly id: ModelRole;
}

export class FalconProvider implements LanguageModelChatProvider<RoleModel>, Disposable {
  readonly #server: ServerClient;
  readonly #log: LogOutputChannel;
  readonly #listed = new ListedModels<RoleModel>();
  readonly #change = new EventEmitter<void>();
  readonly #registered: Disposable;
  readonly onDidChangeLanguageModelChatInformation = this.#change.event;

  constructor(server: ServerClient, log: LogOutputChannel) {
    this.#server = server;
    this.#log = log;
    this.#registered = Disposable.from(
      lm.registerLanguageModelChatProvider("falcon", this),
      server.onDidChangeStatus((status) => {
        if (this.#listed.isChangedBy(status)) this.#change.fire();
      }),
      this.#change,
    );
  }

  dispose(): void {
    this.#registered.dispose();
  }

  /** None while none is known: VS Code asks again when that changes. */
  async provideLanguageModelChatInformation(): Promise<RoleModel[]> {
    const isAny = modelRoles.some((role) => statusOf(this.#server.status, role).state === "ready");
    const found = isAny ? (await this.#server.ask(chatModelsRequest)).map(describe) : [];
    return this.#listed.list(found, this.#server.status);
  }

  async provideLanguageModelChatResponse(
    { id, name, capabilities }: RoleModel,
    messages: readonly LanguageModelChatRequestMessage[],
    { tools = [], toolMode }: ProvideLanguageModelChatResponseOptions,
    progress: Progress<LanguageModelResponsePart>,
    token: CancellationToken,
  ): Promise<void> {
    if (toolMode === LanguageModelChatToolMode.Required && capabilities.toolCalling !== true) {
      throw refusal(l10n.t("{0} was not trained to call tools. Choose a Falcon3 or Falcon-H1 for this.", name));
    }
    const params = {
      messages: turnsOf(messages),
      partialResultToken: randomUUID(),
      role: id,
      tools: tools.map(toolsOf),
    };
    const say = (text: string) => progress.report(new LanguageModelTextPart(text));
    const {
      toolCalls = [],
      notes = [],
      problem,
    } = await this.#ask(token, (signal) => this.#server.chat(params, say, signal));
    if (problem) throw refusal(problem.message);
    for (const note of notes) this.#log.info(note);
    for (const { name: tool, arguments: input } of toolCalls) {
      progress.report(new LanguageModelToolCallPart(randomUUID(), tool, input));
    }
  }

  provideTokenCount(
    { id }: RoleModel,
    text: string | LanguageModelChatRequestMessage,
    token: CancellationToken,
  ): Promise<number> {
    const params = { role: id, text: typeof text === "string" ? text : textOf(text) };
    return this.#ask(token, (signal) => this.#server.ask(countTokensRequest, params, signal));
  }

  /** Fails with the words of a problem, since VS Code shows no others. */
  async #ask<Result>(token: CancellationToken, request: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    const listener = token.onCancellationRequested(() => controller.abort());
    try {
      return await request(controller.signal);
    } catch (error) {
      const problem = problemOf(error);
      throw problem ? refusal(problem.message) : error;
    } finally {
      listener.dispose();
    }
  }
}

/** VS Code's chat shows the stack of an error, too, where it has one. */
function refusal(message: string): Error {
  return Object.assign(new Error(plainText(message)), { stack: "" });
}

function describe(model: ChatModel): RoleModel {
  const { role, name, architecture, contextSize, maxInputTokens, maxOutputTokens, toolCalling, demonstration } = model;
  return {
    id: role,
    name: plainText(name),
    family: architecture,
    version: name,
    maxInputTokens,
    maxOutputTokens,
    capabilities: { toolCalling },
    detail: role === "completion" ? l10n.t("for ghost text") : l10n.t("on this machine"),
    tooltip: demonstration
      ? l10n.t("A demonstration model: it does not answer questions.")
      : l10n.t("Runs on this machine, with {0} tokens of context.", contextSize),
  };
}
