// The models by the names that clients ask for.

import path from "node:path";

import { type ModelRole, modelRoles, statusOf } from "../../src/shared/modelRoles.ts";
import type { ModelStatus } from "../../src/shared/status.ts";
import type { Model } from "../engine/engine.ts";
import { ApiError } from "./apiError.ts";
import { type ApiModels, type Exchange, readyModel, type Route, sendJson } from "./exchange.ts";

/** Names that mean the model of what is asked for. */
const anyModel = ["", "falcon", "default"];

/** The name of a file without its ending. */
function modelId(file: string): string {
  return path.basename(file).replace(/\.gguf$/i, "");
}

function idOf(status: ModelStatus): string {
  return modelId(status.state === "ready" ? status.model.path : status.model);
}

/**
 * The model that a client names once it is loaded; what is asked for decides where it names none.
 * @throws ApiError when there is no such model, or not in time
 */
export async function namedModel(name: string | null | undefined, role: ModelRole, exchange: Exchange): Promise<Model> {
  const { status } = exchange.models;
  if (anyModel.includes(name ?? "")) return readyModel(role, exchange);
  const roles = [role, ...modelRoles.filter((each) => each !== role)];
  const named = roles.find((each) => idOf(statusOf(status, each)) === name);
  if (named !== undefined) return readyModel(named, exchange);
  // A server elsewhere tells what its model is called only once it answers.
  for (const each of roles.filter((one) => statusOf(status, one).state !== "ready")) {
    const model = await readyModel(each, exchange);
    if (modelId(model.info.path) === name) return model;
  }
  const ids = idsOf(exchange.models).join(", ");
  throw new ApiError(404, `There is no model of that name. There are: ${ids}.`, { code: "model_not_found" });
}

function idsOf({ status }: Pick<ApiModels, "status">): string[] {
  return [...new Set(modelRoles.map((role) => idOf(statusOf(status, role))))];
}

export const modelRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/models",
    run: (exchange) => {
      const data = idsOf(exchange.models).map((id) => ({ id, object: "model", created: 0, owned_by: "falcon" }));
      sendJson(exchange, { object: "list", data });
    },
  },
  {
    method: "GET",
    path: "/metrics",
    run: async ({ response, models, metrics }) => {
      const text = await metrics.text(models.status);
      response.writeHead(200, { "content-type": metrics.contentType });
      response.end(text);
    },
  },
  {
    method: "GET",
    path: "/health",
    isOpen: true,
    run: (exchange) => {
      const { state } = statusOf(exchange.models.status, "completion");
      if (state === "ready") sendJson(exchange, { status: "ok" });
      else
        throw new ApiError(503, state === "loading" ? "The model is being loaded." : "The model is not loaded.", {
          code: "model_not_ready",
          retryAfter: 1,
        });
    },
  },
];
