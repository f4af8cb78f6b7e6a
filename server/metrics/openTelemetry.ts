// A span for each request, for OpenTelemetry. It is off, and nothing of it is loaded, unless an endpoint is named: by the setting,
// or by the variables of the environment that OpenTelemetry defines.

import process from "node:process";

import type { EndedRequest } from "./events.ts";
import type { SpanExport } from "./spanExport.ts";

/**
 * What a receiver that is down is waited for at the end, in milliseconds: less than the exporter waits before it tries again, and
 * far less than the 2,000 after which vscode-languageclient says that the server does not stop.
 */
const usualPatience = 500;

export class OpenTelemetry {
  readonly #log: (line: string) => void;
  readonly #patience: number;
  #setting: string | undefined;
  #export: Promise<SpanExport> | undefined;

  constructor(log: (line: string) => void, patience = usualPatience) {
    this.#log = log;
    this.#patience = patience;
  }

  /** @param setting the endpoint that the settings name, if they name one */
  use(setting: string | undefined): void {
    const given = setting?.trim() ?? "";
    if (given === this.#setting) return;
    this.#setting = given;
    void this.stop();
    const endpoint = given || endpointOfEnvironment();
    if (endpoint === undefined) return;
    const url = URL.parse(endpoint);
    if (!url || !["http:", "https:"].includes(url.protocol)) {
      this.#log(`OpenTelemetry: the endpoint ${endpoint} is no HTTP address; no spans are sent.`);
      return;
    }
    this.#log(`OpenTelemetry: spans of requests, without texts, are sent to ${url.origin}.`);
    this.#export = import("./spanExport.ts").then(({ SpanExport }) => new SpanExport(given, this.#log));
  }

  readonly onRequest = (ended: EndedRequest): void => {
    const end = Date.now();
    void this.#export?.then((spans) => spans.add(ended, end));
  };

  /** Sends what is left, and resolves when that is done or takes too long. Never rejects. */
  readonly stop = async (): Promise<void> => {
    const spans = this.#export;
    this.#export = undefined;
    if (!spans) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#patience);
    await Promise.race([spans.then((each) => each.end()).catch(() => undefined), late]);
    clearTimeout(timer);
  };
}

/** By OpenTelemetry's rules. */
function endpointOfEnvironment(): string | undefined {
  const { env } = process;
  if (env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true" || env["OTEL_TRACES_EXPORTER"] === "none") return undefined;
  return env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] || env["OTEL_EXPORTER_OTLP_ENDPOINT"] || undefined;
}
