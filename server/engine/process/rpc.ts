// The protocol in which a model in another process is asked: JSON-RPC, over Node's IPC channel or a socket.

import * as l10n from "@vscode/l10n";
import {
  type CancellationToken,
  CancellationTokenSource,
  ErrorCodes,
  NotificationType,
  NotificationType0,
  ProgressType,
  RequestType,
  RequestType0,
  ResponseError,
} from "vscode-jsonrpc";

import {
  EngineError,
  type EngineFailure,
  type GenerateRequest,
  type Generation,
  type Hang,
  type LoadedModel,
  type LoadRequest,
  type PromptPart,
  type Score,
  type ScoreRequest,
} from "../engine.ts";
import { describeHang } from "./hang.ts";

/** Progress comes with the id that the request carries; ids are the caller's. */
export type WithProgress<T> = T & { readonly progressToken: string };

/** What of an `EngineError` goes with its message. */
export interface Failure {
  readonly failure: EngineFailure;
  readonly fits?: number | undefined;
  readonly hang?: Hang | undefined;
}

export const loadRequest = new RequestType<WithProgress<LoadRequest>, LoadedModel, Failure>("load");
export const loadProgress = new ProgressType<number>();

export const generateRequest = new RequestType<WithProgress<GenerateRequest>, Generation, Failure>("generate");
export const generateProgress = new ProgressType<string>();

/** Null when it was cancelled: JSON has no undefined. */
export const scoreRequest = new RequestType<ScoreRequest, readonly Score[] | null, Failure>("score");

export const countTokensRequest = new RequestType<
  { readonly prompt: readonly PromptPart[]; readonly limit?: number },
  number,
  Failure
>("countTokens");

/** Resolves when no request has to wait any more for what is done once after a load. */
export const preparedRequest = new RequestType0<void, void>("prepared");

/** Ends all requests and writes the prompt cache, before the process is ended, which it is after `within` milliseconds. */
export const unloadRequest = new RequestType<{ readonly within: number }, void, Failure>("unload");

/** The answer to a heartbeat. */
export interface Pong {
  /** Resident bytes of the process. */
  readonly memory: number;
  /** A number that rises with the progress of what runs; not there while nothing runs. */
  readonly progress?: number | undefined;
}
export const pingRequest = new RequestType0<Pong, void>("ping");

/** Of a service that several clients share: the process of the loaded model ended, or hung. */
export const diedNotification = new NotificationType<{ readonly reason: string; readonly hang?: Hang | undefined }>(
  "died",
);

/** Of such a service: the model was unloaded, since another client's needs its place. */
export const unloadedNotification = new NotificationType0("unloaded");

/** Of such a service: the load waits, since other clients use all the models that there may be. */
export const waitsNotification = new NotificationType0("waits");

/** Of such a service: a line that the model process wrote. */
export const logNotification = new NotificationType<{ readonly line: string }>("log");

const engineErrorCode = 1;

/** An engine's error in the form in which JSON-RPC carries it. */
export function toResponseError(error: unknown): ResponseError<Failure> {
  return error instanceof EngineError
    ? new ResponseError(engineErrorCode, error.message, {
        failure: error.failure,
        fits: error.fits,
        hang: error.hang,
      })
    : new ResponseError(ErrorCodes.InternalError, error instanceof Error ? error.message : String(error));
}

/** The model left its place to another one. */
export function unloadedError(): EngineError {
  return new EngineError("unloaded", l10n.t("the model left its place to another"));
}

/** The error that `toResponseError` was given, as far as it came through, in the words of this process's language. */
export function fromResponseError(error: unknown): unknown {
  if (!(error instanceof ResponseError) || error.code !== engineErrorCode) return error;
  const { failure, fits, hang } = error.data as Failure;
  if (failure === "unloaded") return unloadedError();
  return new EngineError(failure, hang ? describeHang(hang) : error.message, { fits, hang });
}

/** Cancels what is sent when the signal fires. */
export async function cancellable<R>(signal: AbortSignal, send: (token: CancellationToken) => Promise<R>): Promise<R> {
  const cancellation = new CancellationTokenSource();
  const cancel = () => cancellation.cancel();
  signal.addEventListener("abort", cancel);
  if (signal.aborted) cancel();
  try {
    return await send(cancellation.token);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
