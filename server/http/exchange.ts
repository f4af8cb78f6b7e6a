// A request with what answers it, and how a path of the interface is declared.

import type { IncomingMessage, ServerResponse } from "node:http";
import type * as v from "valibot";

import type { ModelRole } from "../../src/shared/modelRoles.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import type { ServerStatus } from "../../src/shared/status.ts";
import type { Model } from "../engine/engine.ts";
import type { ServerMetrics } from "../metrics/registry.ts";
import { ApiError } from "./apiError.ts";
import { readBody } from "./body.ts";
import { EventStream } from "./eventStream.ts";
import type { PageCodes } from "./pageCodes.ts";

/** What may be asked at once, and for how long. */
export interface ApiLimits {
  /** Bytes of a body. */
  readonly body: number;
  /** Requests that run or wait for their turn. */
  readonly queue: number;
  /** Milliseconds that a generation may take, with the time that it waits. */
  readonly time: number;
  /** Milliseconds that a client may read nothing while something waits for it. */
  readonly stall: number;
}

/** The models of the roles, as `RoleModels` has them. */
export interface ApiModels {
  readonly status: ServerStatus;
  ready(role: ModelRole): Promise<Model>;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly models: ApiModels;
  readonly metrics: ServerMetrics;
  readonly settings: ServerSettings;
  readonly limits: ApiLimits;
  /** Folder of the built pages. */
  readonly pages: string;
  readonly token: string;
  readonly pageCodes: PageCodes;
  /** Fires when the client is gone, or the time is over. */
  readonly signal: AbortSignal;
}

export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Whether it is for those, too, who do not know the token. */
  readonly isOpen?: boolean;
  /** Whether it takes a place in the queue. */
  readonly isGeneration?: boolean;
  run(exchange: Exchange): Promise<void> | void;
}

/** A generation that is asked for with a JSON body. */
export function post<Body>(
  path: string,
  schema: v.GenericSchema<unknown, Body>,
  answer: (body: Body, exchange: Exchange) => Promise<void>,
): Route {
  return {
    method: "POST",
    path,
    isGeneration: true,
    run: async (exchange) => answer(await readBody(exchange.request, schema, exchange.limits.body), exchange),
  };
}

export function sendJson({ response }: Pick<Exchange, "response">, body: object, status = 200): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

export function openStream({ response, limits }: Exchange, format: (text: string) => object): EventStream {
  return new EventStream(response, format, limits.stall);
}

/**
 * A role's model once it is loaded; who is gone does not wait for it.
 * @throws ApiError when there is none in time
 */
export async function readyModel(role: ModelRole, { models, signal }: Exchange): Promise<Model> {
  const gone = Promise.withResolvers<undefined>();
  const abort = () => gone.resolve(undefined);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    const model = await Promise.race([models.ready(role), gone.promise]);
    if (model) return model;
  } catch (error) {
    throw new ApiError(503, error instanceof Error ? error.message : String(error), {
      code: "model_not_ready",
      retryAfter: 5,
    });
  } finally {
    signal.removeEventListener("abort", abort);
  }
  throw outOfTime();
}

/** A request whose turn did not come in time. */
export function outOfTime(): ApiError {
  return new ApiError(503, "The model is busy: the request was not begun in time.", { code: "busy", retryAfter: 5 });
}
