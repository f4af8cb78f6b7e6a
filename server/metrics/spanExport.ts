// Makes spans of requests, with the attributes of OpenTelemetry's conventions for generative AI, and sends them by OTLP over HTTP, as
// JSON. No text is in them.

import { type Attributes, type Span, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
// OpenTelemetry's own: what it reads of the environment is what operators know; bundled, it takes 60 KB (Apache-2.0).
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from "@opentelemetry/sdk-trace";

import type { StopReason } from "../engine/engine.ts";
import type { EndedRequest } from "./events.ts";

/** Spans that wait to be sent; later ones are lost while the receiver does not answer. */
const maxQueueSize = 2048;

const finishReasons: Readonly<Record<StopReason, string>> = {
  end: "stop",
  limit: "length",
  aborted: "cancelled",
  interrupted: "error",
};

export class SpanExport {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  /** @param endpoint the base of its addresses, or that of traces; what the environment says where it is empty */
  constructor(endpoint: string, log: (line: string) => void) {
    const url = `${endpoint.replace(/(\/v1\/traces)?\/*$/, "")}/v1/traces`;
    const exporter = new OTLPTraceExporter(endpoint === "" ? {} : { url });
    const named = resourceFromAttributes({ "service.name": "falcon-vscode" });
    this.#provider = new TracerProvider({
      resource: named.merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
      spanProcessors: [new BatchSpanProcessor({ exporter: loggedOnce(exporter, log), maxQueueSize })],
    });
    this.#tracer = this.#provider.getTracer("falcon");
  }

  /** @param end milliseconds since 1970 */
  add({ operation, model, start, asked, outcome }: EndedRequest, end: number): void {
    const { name, remote } = model;
    const span = this.#tracer.startSpan(`${operation} ${name}`, {
      kind: remote ? SpanKind.CLIENT : SpanKind.INTERNAL,
      startTime: start,
      attributes: {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": "falcon",
        "gen_ai.request.model": name,
        "gen_ai.request.max_tokens": asked.maxTokens,
        "gen_ai.request.temperature": asked.temperature,
        ...given("gen_ai.request.top_k", asked.topK),
        ...given("gen_ai.request.top_p", asked.topP),
        ...given("gen_ai.request.seed", asked.seed),
        ...given("gen_ai.request.choice.count", asked.candidates),
        ...given("server.address", remote?.host),
      },
    });
    if ("error" in outcome) fail(span, outcome.error);
    else {
      const { usage, stopReason } = outcome;
      span.setAttributes({
        "gen_ai.response.model": name,
        "gen_ai.response.finish_reasons": [finishReasons[stopReason]],
        "gen_ai.usage.input_tokens": usage.prompt,
        "gen_ai.usage.output_tokens": usage.generated,
        "gen_ai.usage.cache_read.input_tokens": usage.reused,
      });
      if (usage.firstToken !== undefined) span.addEvent("first_token", {}, Math.min(start + usage.firstToken, end));
      if (stopReason === "interrupted") fail(span, "died");
    }
    span.end(Math.max(end, start));
  }

  /** Sends what is left. */
  end(): Promise<void> {
    return this.#provider.shutdown();
  }
}

function given(name: string, value: string | number | undefined): Attributes {
  return value === undefined ? {} : { [name]: value };
}

function fail(span: Span, kind: string): void {
  span.setAttribute("error.type", kind);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** A receiver that is down costs one line of the log, until it has taken something again. */
function loggedOnce(exporter: SpanExporter, log: (line: string) => void): SpanExporter {
  let isDown = false;
  return {
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS;
        if (failed && !isDown) log(`OpenTelemetry: spans could not be sent: ${reasonOf(result.error)}`);
        isDown = failed;
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

/** That a port is closed at each address of a name is an error without words, of several. */
function reasonOf(error: Error | undefined): string {
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  return first?.message || "no reason is given";
}
