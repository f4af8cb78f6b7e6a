// The figures of a server since it was started, as Prometheus reads them. Names follow OpenTelemetry's conventions for generative
// AI where there is one (README.md has llama-server's and TGI's beside them). Nothing of a text is in them.

// prom-client: the format with its escaping, and histograms (Apache-2.0).
import { Counter, Gauge, Histogram, Registry } from "prom-client";

import { modelRoles, statusOf } from "../../src/shared/modelRoles.ts";
import type { PerformanceHistory } from "../../src/shared/performance.ts";
import type { CompletionFigures, ServerStatus } from "../../src/shared/status.ts";
import type { EndedLoad, EndedRequest, ModelEvents } from "./events.ts";
import { History } from "./history.ts";

/** OpenTelemetry's bounds, in seconds. */
const firstTokenBuckets = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const tokenBuckets = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];
const durationBuckets = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

const loadBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

const operation = "gen_ai_operation_name";
const model = "gen_ai_request_model";

export class ServerMetrics implements ModelEvents {
  readonly #registry = new Registry();
  readonly #history = new History();
  readonly #common = { registers: [this.#registry], labelNames: [operation, model] };
  readonly #duration = new Histogram({
    ...{ ...this.#common, name: "gen_ai_server_request_duration_seconds", buckets: durationBuckets },
    help: "Time from a request to the end of its text.",
  });
  readonly #firstToken = new Histogram({
    ...{ ...this.#common, name: "gen_ai_server_time_to_first_token_seconds", buckets: firstTokenBuckets },
    help: "Time from a request to its first token, with the time that it waits.",
  });
  readonly #perToken = new Histogram({
    ...{ ...this.#common, name: "gen_ai_server_time_per_output_token_seconds", buckets: tokenBuckets },
    help: "Time for each token after the first.",
  });
  readonly #tokens = new Counter({
    ...{ registers: [this.#registry], labelNames: [operation, model, "gen_ai_token_type"] },
    ...{ name: "gen_ai_client_token_usage_total", help: "Tokens of prompts (input) and of texts (output)." },
  });
  readonly #reused = new Counter({
    ...{ ...this.#common, name: "falcon_prompt_tokens_reused_total" },
    help: "Tokens of prompts that were evaluated before and not again.",
  });
  readonly #hits = new Counter({
    ...{
      ...this.#common,
      name: "falcon_prompt_cache_hits_total",
      help: "Requests of which a part was evaluated before.",
    },
  });
  readonly #contextUse = new Histogram({
    ...{ ...this.#common, name: "falcon_context_used_ratio", buckets: [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1] },
    help: "Part of a sequence's KV cache that a request filled.",
  });
  readonly #errors = new Counter({
    ...{ registers: [this.#registry], labelNames: ["error_type"] },
    ...{ name: "falcon_api_errors_total", help: "Requests of the local API that were refused or failed." },
  });
  readonly #failures = new Counter({
    ...{ registers: [this.#registry], labelNames: [operation, "error_type"] },
    ...{ name: "falcon_engine_errors_total", help: "Requests and loads (load) that the engine or a server failed." },
  });
  readonly #loads = new Histogram({
    ...{ registers: [this.#registry], labelNames: [model], buckets: loadBuckets },
    ...{ name: "falcon_model_load_duration_seconds", help: "Time from the start of a load to the loaded model." },
  });
  readonly #completions = {
    shown: this.#counter("falcon_completions_shown_total", "Suggestions that were given to the editor."),
    accepted: this.#counter("falcon_completions_accepted_total", "Suggestions of which something was accepted."),
    characters: this.#counter("falcon_completion_accepted_characters_total", "Characters that were accepted."),
    keptAfterFiveMinutes: this.#counter(
      "falcon_completion_kept_characters_total",
      "Accepted characters that stood five minutes later.",
    ),
  };
  readonly #running = this.#gauge("falcon_requests_running", "Requests in the batch: no more than it has sequences.");
  readonly #waiting = this.#gauge("falcon_requests_waiting", "Requests that wait for a sequence.");
  readonly #sequences = this.#gauge("falcon_sequences", "Requests that the model works on in one batch at the most.");
  readonly #memory = this.#gauge("falcon_model_memory_bytes", "Resident memory of the model's process.");
  readonly #resident = new Gauge({
    ...{ registers: [this.#registry], name: "process_resident_memory_bytes", help: "Resident memory of the server." },
  });

  readonly onRequest = ({ operation: kind, model: { name, contextSize }, outcome }: EndedRequest): void => {
    if ("error" in outcome) {
      this.#failures.inc({ [operation]: kind, error_type: outcome.error });
      return;
    }
    const { usage } = outcome;
    const labels = { [operation]: kind, [model]: name };
    const { prompt, reused, generated, firstToken, duration } = usage;
    this.#history.addUsage(kind === "chat" ? "chat" : "completion", usage);
    this.#duration.observe(labels, duration / 1000);
    if (firstToken !== undefined) {
      this.#firstToken.observe(labels, firstToken / 1000);
      if (generated > 1) this.#perToken.observe(labels, (duration - firstToken) / 1000 / (generated - 1));
    }
    this.#tokens.inc({ ...labels, gen_ai_token_type: "input" }, prompt);
    this.#tokens.inc({ ...labels, gen_ai_token_type: "output" }, generated);
    this.#reused.inc(labels, reused);
    if (reused > 0) this.#hits.inc(labels);
    this.#contextUse.observe(labels, Math.min((prompt + generated) / contextSize, 1));
  };

  readonly onLoad = (ended: EndedLoad): void => {
    if ("error" in ended) this.#failures.inc({ [operation]: "load", error_type: ended.error });
    else this.#loads.observe({ [model]: ended.model.name }, ended.duration / 1000);
  };

  addCompletions(added: Partial<CompletionFigures>): void {
    this.#history.addCompletions(added);
    for (const name of ["shown", "accepted", "characters", "keptAfterFiveMinutes"] as const) {
      this.#completions[name].inc(added[name] ?? 0);
    }
  }

  /** @param type the code of the error */
  addError(type: string): void {
    this.#errors.inc({ error_type: type });
  }

  /** Prometheus' text, with how the models stand now. */
  async text(status: ServerStatus): Promise<string> {
    for (const gauge of [this.#running, this.#waiting, this.#sequences, this.#memory]) gauge.reset();
    for (const role of modelRoles) {
      const state = statusOf(status, role);
      if (state.state !== "ready" || state.unloaded) continue;
      const labels = { [model]: state.model.name };
      const { queue } = state.metrics;
      const { sequences } = state.model;
      this.#running.set(labels, Math.min(queue, sequences));
      this.#waiting.set(labels, Math.max(queue - sequences, 0));
      this.#sequences.set(labels, sequences);
      if (state.metrics.memory !== undefined) this.#memory.set(labels, state.metrics.memory);
    }
    this.#resident.set(process.memoryUsage.rss());
    return this.#registry.metrics();
  }

  /** How the figures went in the last hour. */
  get performance(): PerformanceHistory {
    return this.#history.performance;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ registers: [this.#registry], name, help });
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ registers: [this.#registry], labelNames: [model], name, help });
  }
}
