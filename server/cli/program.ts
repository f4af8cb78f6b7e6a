// What the commands of the command line share: the models that the options choose, and where is written.

import type { ModelRole } from "../../src/shared/modelRoles.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import { chatMarkers } from "../chat/formats.ts";
import type { Model } from "../engine/engine.ts";
import type { OpenTelemetry } from "../metrics/openTelemetry.ts";
import type { ServerMetrics } from "../metrics/registry.ts";
import { type CreateHost, RoleModels } from "../models/session/roleModels.ts";

export interface Program {
  readonly settings: ServerSettings;
  readonly models: RoleModels;
  readonly metrics: ServerMetrics;
  /** What the models' processes logged; of a server it is written as it comes. */
  readonly log: readonly string[];
  /** Folder of the bundles. */
  readonly folder: string;
  readonly print: (text: string) => void;
  /** For what is no part of the result. */
  readonly note: (text: string) => void;
  /** Fires when the user ends the command. */
  readonly signal: AbortSignal;
}

/** A command that is called wrongly. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function createModels(
  createHost: CreateHost,
  { metrics, openTelemetry }: { readonly metrics: ServerMetrics; readonly openTelemetry: OpenTelemetry },
  log: (line: string) => void,
): RoleModels {
  return new RoleModels({
    createHost,
    markers: chatMarkers,
    log,
    events: {
      onLoad: metrics.onLoad,
      onRequest: (ended) => {
        metrics.onRequest(ended);
        openTelemetry.onRequest(ended);
      },
    },
    onStatus: () => undefined,
  });
}

/**
 * A role's model, loaded as the settings say.
 * @throws UserError
 */
export function loadModel(role: ModelRole, { models, settings }: Program): Promise<Model> {
  useModels(models, settings);
  return models.ready(role);
}

/** @param load the roles whose models are loaded before they are asked for anything */
export function useModels(models: RoleModels, { model, chat }: ServerSettings, load: readonly ModelRole[] = []): void {
  models.use({ completion: model, chat: { ...model, path: chat.model ?? model.path } }, load);
}
