// A request that is refused or fails, in OpenAI's form and with the status of HTTP that clients act on.

import { PromptTooLongError, UserError } from "../userError.ts";

/** `type` and `code` are OpenAI's names where it has one. */
interface ApiErrorOptions {
  readonly type?: string;
  readonly code?: string;
  /** Seconds after which asking again makes sense. */
  readonly retryAfter?: number;
  /** The methods that the path knows. */
  readonly allow?: string;
}

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly retryAfter: number | undefined;
  readonly allow: string | undefined;

  constructor(status: number, message: string, { type, code, retryAfter, allow }: ApiErrorOptions = {}) {
    super(message);
    this.status = status;
    this.type = type ?? (status < 500 ? "invalid_request_error" : "server_error");
    this.code = code ?? null;
    this.retryAfter = retryAfter;
    this.allow = allow;
  }

  toBody(): object {
    const { message, type, code } = this;
    return { error: { message, type, param: null, code } };
  }
}

/** Any failure of a request: of the request itself, of the model's state, or of a server elsewhere that runs the model. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof PromptTooLongError) {
    return new ApiError(400, error.message, { code: "context_length_exceeded" });
  }
  if (error instanceof UserError) {
    return error.action === undefined
      ? new ApiError(502, error.message, { code: "model_failed" })
      : new ApiError(503, error.message, { code: "model_not_ready", retryAfter: 5 });
  }
  return new ApiError(500, "Falcon ran into an error. Its log has the details.", { code: "internal_error" });
}
