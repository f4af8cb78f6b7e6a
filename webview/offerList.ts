// The list above the composer: what may be added after `@`, and the commands after `/`, chosen by keys or by a click.

import type { Offer } from "../src/shared/chatContext.ts";
import { longestQuery } from "../src/shared/limits.ts";
import { codicon, element } from "./components.ts";
import { type PageContext, fill } from "./context.ts";

export interface OfferList {
  readonly node: HTMLElement;
  /** Writes the sign after which the list opens. */
  begin(): void;
  /** The text or its cursor has changed. */
  follow(): void;
  readonly show: (query: string, offers: readonly Offer[]) => void;
  /** Resolves when all that was chosen goes with the message. */
  whenChosen(): Promise<void>;
  /** Whether a key was the list's. */
  take(event: KeyboardEvent): boolean;
}

/** From an `@` at the beginning of a word, or a `/` at the beginning of the text, to the cursor. */
const queryPattern = /(?:^|\s)(@(?:(?:file|folder|symbol|search)[ :][^\n]*|[^\s@]*))$|^(\/\w*)$/;

interface OfferListEvents {
  /** The list has changed the text. */
  readonly onChange: () => void;
  /** Enter came before it was known that nothing is offered. */
  readonly onNone: () => void;
}

export function createOfferList(
  context: PageContext,
  text: HTMLTextAreaElement,
  { onChange, onNone }: OfferListEvents,
): OfferList {
  const { strings, ask } = context;
  const node = element("ul", "offers");
  node.id = "offers";
  node.role = "listbox";
  node.ariaLabel = strings.offers;
  node.hidden = true;
  text.setAttribute("aria-autocomplete", "list");
  text.setAttribute("aria-controls", node.id);
  let asked: string | undefined;
  let offers: readonly Offer[] = [];
  let active = 0;
  /** The query that is answered. */
  let settled: string | undefined;
  /** Enter or Tab came before the answer: the key takes the first row of it. */
  let takesFirst = false;
  /** Resolves when all that was chosen goes with the message. */
  let chosen: Promise<unknown> = Promise.resolve();

  function queryNow(): string | undefined {
    if (text.selectionStart !== text.selectionEnd) return undefined;
    const before = text.value.slice(Math.max(0, text.selectionEnd - longestQuery), text.selectionEnd);
    const [, context, command] = queryPattern.exec(before) ?? [];
    return context ?? (before.length === text.selectionEnd ? command : undefined);
  }

  function close(): void {
    offers = [];
    node.hidden = true;
    node.replaceChildren();
    // A text field is no combobox but while it has a list.
    text.removeAttribute("role");
    text.removeAttribute("aria-expanded");
    text.removeAttribute("aria-activedescendant");
  }

  function activate(index: number): void {
    active = (index + offers.length) % offers.length;
    for (const [at, row] of [...node.children].entries()) row.ariaSelected = String(at === active);
    text.setAttribute("aria-activedescendant", `offer-${active}`);
    node.children[active]?.scrollIntoView({ block: "nearest" });
  }

  function choose(offer: Offer): void {
    const query = asked ?? "";
    const end = text.selectionEnd;
    text.setRangeText(offer.continues ?? "", end - query.length, end, "end");
    close();
    asked = undefined;
    text.focus();
    onChange();
    if (offer.continues === undefined) chosen = Promise.all([chosen, ask({ type: "chooseOffer", id: offer.id })]);
  }

  function createRow(offer: Offer, index: number): HTMLElement {
    const row = element("li", "offer", codicon(offer.icon), element("span", "name", offer.label));
    if (offer.description !== undefined) row.append(element("span", "description", offer.description));
    row.id = `offer-${index}`;
    row.role = "option";
    // The focus stays in the text.
    row.addEventListener("mousedown", (event) => event.preventDefault());
    row.addEventListener("click", () => choose(offer));
    return row;
  }

  function follow(): void {
    const query = queryNow();
    if (query === asked) return;
    asked = query;
    settled = undefined;
    takesFirst = false;
    if (query === undefined) close();
    // Where the host has no answer there is none.
    else void ask({ type: "findOffers", query }).then(() => settled === query || show(query, []));
  }

  function show(query: string, found: readonly Offer[]): void {
    if (query !== asked) return;
    settled = query;
    // The cursor may be elsewhere by now.
    if (document.activeElement !== text || queryNow() !== query) {
      close();
      return;
    }
    const [first] = found;
    const isTaken = takesFirst;
    takesFirst = false;
    if (!first) close();
    if (isTaken && first) choose(first);
    else if (isTaken) onNone();
    if (isTaken || !first) return;
    const wasHidden = node.hidden;
    offers = found;
    node.replaceChildren(...found.map(createRow));
    node.hidden = false;
    text.role = "combobox";
    text.ariaExpanded = "true";
    activate(0);
    if (wasHidden) context.announce(fill(strings.offerCount, found.length));
  }

  /** Takes a key that comes before the answer: what it chooses is known then, and after Escape nothing is shown. */
  function takeEarly(event: KeyboardEvent): boolean {
    const isChoice = (event.key === "Enter" || event.key === "Tab") && !event.shiftKey;
    const isAsked = asked !== undefined && settled !== asked && queryNow() === asked;
    if (!isAsked || !(isChoice || event.key === "Escape")) return false;
    takesFirst = isChoice;
    if (!isChoice) asked = undefined;
    event.preventDefault();
    // Escape would also stop an answer.
    event.stopPropagation();
    return true;
  }

  text.addEventListener("blur", close);
  // The cursor may leave what the list is for without a change of the text.
  text.addEventListener("selectionchange", () => {
    if (!node.hidden) follow();
  });

  return {
    node,
    follow,
    begin: () => {
      const before = text.value.slice(0, text.selectionStart);
      text.setRangeText(/(?:^|\s)$/.test(before) ? "@" : " @", text.selectionStart, text.selectionEnd, "end");
      text.focus();
    },
    show,
    whenChosen: async () => {
      await chosen;
    },
    take: (event) => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
      const isChoice = (event.key === "Enter" || event.key === "Tab") && !event.shiftKey;
      if (takeEarly(event)) return true;
      const offer = offers[active];
      if (!offer) return false;
      const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
      const move = moves[event.key];
      if (move !== undefined) activate(active + move);
      else if (event.key === "Escape") close();
      else if (isChoice) choose(offer);
      else return false;
      event.preventDefault();
      // Escape would also stop an answer.
      event.stopPropagation();
      return true;
    },
  };
}
