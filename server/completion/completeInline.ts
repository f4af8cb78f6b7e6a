// Ghost text, from the request to what is shown: trigger → reuse → pause → context → window → prompt → engine → refine → gate.

import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import type { Model, Priority } from "../engine/engine.ts";
import { isLeftOut } from "./ablation.ts";
import { findAlternatives } from "./candidates.ts";
import { CompletionContext } from "./context/completionContext.ts";
import { followEnd } from "./ending.ts";
import { isWorthShowing, tokensOf } from "./gate.ts";
import { Pause, wait } from "./pause.ts";
import { afterAcceptance, lookedAtAfter } from "./prefetch.ts";
import { inOrder } from "./infillPrompt.ts";
import { Prompts } from "./prompts.ts";
import { refine, type RefinedCompletion } from "./refine/refine.ts";
import { stopAtDoubt } from "./refine/stopAtDoubt.ts";
import type { CompletionRequest } from "./request.ts";
import { type Remembered, RecentCompletions } from "./reuse.ts";
import { RunningGeneration } from "./running.ts";
import { cutAtFault } from "./syntax/cutAtFault.ts";
import type { Grammars } from "../syntax/grammars.ts";
import { type PlaceInSyntax, placeInSyntax } from "./syntax/placeInSyntax.ts";
import { followTime, overdue } from "./timeLimit.ts";
import { placesLeftOut, shouldComplete } from "./trigger.ts";

type CompletionSettings = ServerSettings["inlineCompletion"];

export interface Completion extends RefinedCompletion {
  /** What else could stand there, the likeliest first, where the user asked for a completion. */
  readonly alternatives?: readonly RefinedCompletion[];
}

/** Has a model while one is in memory. */
interface CurrentModel {
  readonly model: Model | undefined;
  /** Requests to it that run or wait; unless given, none are known of. */
  readonly queue?: number;
}

/** Completes one request at a time: the newest wins. It takes over what runs for an older one where it agrees with that. */
export class InlineCompleter {
  readonly #current: CurrentModel;
  readonly #pause = new Pause();
  readonly #prompts: Prompts;
  readonly #grammars: Pick<Grammars, "parserOf"> | undefined;
  readonly #acceptance: { readonly rate: number | undefined };
  #recent = new RecentCompletions();
  /** The model that wrote the recent ones, and that the window is counted by. */
  #recentModel: Model | undefined;
  #running: RunningGeneration | undefined;
  /** Resolves when nothing is written any more that no key waits for. */
  #beside: Promise<unknown> = Promise.resolve();
  #newest = new AbortController();

  /** @param acceptance the part of the latest suggestions that was accepted, if that is known */
  constructor(
    current: CurrentModel,
    context = new CompletionContext(
      [],
      () => true,
      () => true,
    ),
    acceptance: { readonly rate: number | undefined } = { rate: undefined },
    grammars?: Pick<Grammars, "parserOf">,
  ) {
    this.#current = current;
    this.#prompts = new Prompts(context);
    this.#acceptance = acceptance;
    this.#grammars = grammars;
  }

  /** The completion, or undefined where there is none to show, as when a newer request came. */
  async complete(
    request: CompletionRequest,
    settings: CompletionSettings,
    signal: AbortSignal,
  ): Promise<Completion | undefined> {
    this.#pause.keyCame(performance.now());
    const newest = AbortSignal.any([signal, this.#supersede()]);
    const completion = await this.#find(request, settings, newest);
    if (!completion) return undefined;
    if (!request.automatic) return this.#addAlternatives(completion, request, settings, newest);
    if (!isWorthShowing(completion, settings.suggestions, this.#acceptance.rate)) return undefined;
    if (!isLeftOut("prefetch")) this.#runBeside(this.#prefetch(request, completion, settings, newest));
    return completion;
  }

  /** Whether a request may be answered at all, before a model is loaded for it. */
  async mayComplete(
    request: CompletionRequest,
    info: { readonly infill: boolean },
    settings: CompletionSettings,
  ): Promise<boolean> {
    if (!shouldComplete(request, inOrder(info, settings), settings.suggestions)) return false;
    return !(await this.#isIn(placesLeftOut(request, settings), request));
  }

  /** Begins with what is going to be asked for. */
  async begin(request: CompletionRequest, settings: CompletionSettings): Promise<void> {
    await this.#find(request, settings, this.#supersede());
  }

  /** Ends the request before; the signal fires when the next one comes. */
  #supersede(): AbortSignal {
    this.#newest.abort();
    this.#newest = new AbortController();
    return this.#newest.signal;
  }

  async #find(
    request: CompletionRequest,
    settings: CompletionSettings,
    newest: AbortSignal,
  ): Promise<RefinedCompletion | undefined> {
    const { model } = this.#current;
    const leads = this.#turnTo(request, model);
    if (!model || !shouldComplete(request, inOrder(model.info, settings), settings.suggestions)) return undefined;
    const leftOut = placesLeftOut(request, settings);
    if (leftOut.length > 0 && ((await this.#isIn(leftOut, request)) || newest.aborted)) return undefined;
    const remembered = isLeftOut("reuse") ? undefined : this.#recent.find(request);
    const recent = remembered ?? (leads ? await this.#follow(request, newest) : undefined);
    if (recent || newest.aborted) return recent?.completion;
    await this.#allEnded();
    if (!(await wait(this.#pauseBefore(request, settings), newest))) return undefined;
    this.#running = new RunningGeneration(request, (onText, stopped) =>
      this.#ask(request, model, settings, onText, stopped),
    );
    return (await this.#follow(request, newest))?.completion;
  }

  /** Ends what runs and forgets what was shown, unless it is of use for a request; whether what runs leads to its text. */
  #turnTo(request: CompletionRequest, model: Model | undefined): boolean {
    const isSame = model === this.#recentModel;
    if (!isSame) {
      this.#recent = new RecentCompletions();
      this.#prompts.forgetModel();
    }
    this.#recentModel = model;
    const leads = isSame && !isLeftOut("adoption") && this.#running?.leadsTo(request) === true;
    if (!leads) this.#running?.stop();
    return leads;
  }

  async #isIn(places: readonly PlaceInSyntax[], request: CompletionRequest): Promise<boolean> {
    if (places.length === 0) return false;
    const parser = await this.#grammars?.parserOf(request.languageId);
    const place = parser && placeInSyntax(request, parser);
    return place !== undefined && places.includes(place);
  }

  #pauseBefore(request: CompletionRequest, { debounce }: CompletionSettings): number {
    const isIdle = (this.#current.queue ?? 0) === 0;
    return request.automatic ? this.#pause.length(request, debounce, isIdle) : 0;
  }

  /** What the running generation leaves at a request; undefined where that is over before, or the text does not lead there. */
  async #follow(request: CompletionRequest, signal: AbortSignal): Promise<Remembered | undefined> {
    return (await this.#running?.follow(request, signal)) === true ? this.#recent.find(request) : undefined;
  }

  /** The next request waits for it too. */
  #runBeside(written: Promise<unknown>): void {
    this.#beside = Promise.all([this.#beside, written.catch(() => undefined)]).then(() => undefined);
  }

  /** Resolves when nothing is written any more. */
  #allEnded(): Promise<unknown> {
    return Promise.all([this.#running?.ended(), this.#beside]);
  }

  /** What was shown stays the first; a fault leaves it alone. */
  async #addAlternatives(
    completion: RefinedCompletion,
    request: CompletionRequest,
    settings: CompletionSettings,
    signal: AbortSignal,
  ): Promise<Completion | undefined> {
    const { model } = this.#current;
    if (!model) return undefined;
    const found = this.#writeAlternatives(completion, request, model, settings, signal);
    this.#runBeside(found);
    const alternatives = await found.catch(() => []);
    if (signal.aborted) return undefined;
    for (const each of [completion, ...alternatives].toReversed()) this.#recent.add(request, each);
    return { ...completion, alternatives };
  }

  async #writeAlternatives(
    completion: RefinedCompletion,
    request: CompletionRequest,
    model: Model,
    settings: CompletionSettings,
    signal: AbortSignal,
  ): Promise<readonly RefinedCompletion[]> {
    // What ran before may still end its step, where the first text was remembered.
    this.#running?.stop();
    await this.#allEnded();
    if (signal.aborted) return [];
    const { prompt, maxTokens } = await this.#prompts.at(request, model, settings, signal);
    const cut = await this.#cutAtFault(request);
    const refineCut = (text: string) => refine(text, request, true, cut);
    return findAlternatives(completion, model, prompt, maxTokens, refineCut, signal);
  }

  /** Writes what follows a suggestion while that is looked at and the engine has nothing else to do. */
  async #prefetch(
    request: CompletionRequest,
    completion: RefinedCompletion,
    settings: CompletionSettings,
    signal: AbortSignal,
  ): Promise<void> {
    const { model } = this.#current;
    const next = afterAcceptance(request, completion);
    if (!model || !(await wait(lookedAtAfter, signal)) || this.#current.queue !== 0) return;
    if (this.#recent.find(next) || !shouldComplete(next, inOrder(model.info, settings))) return;
    await this.#ask(next, model, settings, () => undefined, signal, "background");
  }

  async #cutAtFault(request: CompletionRequest): Promise<((written: string) => string) | undefined> {
    const parser = await this.#grammars?.parserOf(request.languageId);
    return parser && ((written) => cutAtFault(written, request, parser));
  }

  /** Generates and remembers a completion. `onText` gets all that is written after the cursor until now. */
  async #ask(
    request: CompletionRequest,
    model: Model,
    settings: CompletionSettings,
    onText: (written: string) => void,
    signal: AbortSignal,
    priority: Priority = "completion",
  ): Promise<void> {
    const start = performance.now();
    const isAhead = priority === "background";
    const { prompt, maxTokens } = await this.#prompts.at(request, model, settings, signal, isAhead);
    const endOf = followEnd(request);
    // Loaded while the model writes.
    const cutLoading = this.#cutAtFault(request);
    const ended = new AbortController();
    const isOverdue = followTime(request, settings);
    let text = "";
    const { stopReason, tokens } = await model.generate(
      { priority, prompt, maxTokens, temperature: 0, probabilities: true, stop: [] },
      (piece) => {
        // What comes before the engine has stopped is beyond the end.
        if (ended.signal.aborted) return;
        text += piece;
        if (isOverdue(text, piece)) ended.abort(overdue);
        else if (endOf(text) !== undefined) ended.abort();
        else onText(text);
      },
      AbortSignal.any([signal, ended.signal]),
    );
    if (signal.aborted || stopReason === "interrupted") return;
    if (priority === "completion") this.#pause.answered(performance.now() - start);
    const isCut = stopReason === "limit" || ended.signal.reason === overdue;
    const cutFault = await cutLoading;
    const refined = refine(text, request, isCut, (written) => {
      const sure = isLeftOut("doubt") ? written : stopAtDoubt(written, tokensOf(written, text, tokens));
      return cutFault ? cutFault(sure) : sure;
    });
    this.#recent.add(request, refined && { ...refined, tokens: tokensOf(refined.text, text, tokens) });
  }
}
