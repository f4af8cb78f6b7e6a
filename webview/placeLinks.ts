// Links to the workspace's files and symbols that answers name. The page knows names alone: the host finds them, and opens them.

import { longestPlace, mostPlaces } from "../src/shared/limits.ts";
import type { PageContext } from "./context.ts";

export interface PlaceLinks {
  /** An answer that is whole: its names are looked for when it comes into sight. */
  watch(answer: HTMLElement): void;
  /** These names are places. */
  found(names: readonly string[]): void;
}

/** What a file with an ending, or a name in code, looks like; the host looks closer. */
const placePattern = /^(?:[\w$.@+-]+[/\\])*[\w$.@+-]{3,}(?:\(\)|:\d+(?:[-:]\d+)?)?$/;

export function createPlaceLinks({ ask, say }: PageContext): PlaceLinks {
  const asked = new Set<string>();
  const places = new Set<string>();
  const seen = new Set<HTMLElement>();

  const observer = new IntersectionObserver((entries) => {
    const news = new Set<string>();
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || !(target instanceof HTMLElement)) continue;
      observer.unobserve(target);
      seen.add(target);
      for (const { textContent: name } of namesIn(target)) if (isPlaceName(name) && !asked.has(name)) news.add(name);
      link(target);
    }
    const names = [...news].slice(0, mostPlaces);
    for (const name of names) asked.add(name);
    if (names.length > 0) say({ type: "findPlaces", names });
  });

  function link(answer: HTMLElement): void {
    for (const code of namesIn(answer)) {
      if (!places.has(code.textContent) || code.dataset["place"] !== undefined) continue;
      code.dataset["place"] = code.textContent;
      code.role = "link";
      code.tabIndex = 0;
    }
  }

  document.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter") open(event);
  });
  function open({ target }: Event): void {
    const place = target instanceof Element ? target.closest<HTMLElement>("code[data-place]") : null;
    if (place) void ask({ type: "openPlace", name: place.textContent });
  }

  return {
    watch: (answer) => {
      // What was answered anew is another text.
      seen.delete(answer);
      observer.observe(answer);
    },
    found: (names) => {
      for (const name of names) places.add(name);
      for (const answer of seen) {
        if (answer.isConnected) link(answer);
        else seen.delete(answer);
      }
    },
  };
}

function namesIn(answer: HTMLElement): HTMLElement[] {
  return [...answer.querySelectorAll<HTMLElement>(".markdown :not(pre, a) > code")];
}

function isPlaceName(name: string): boolean {
  return name.length <= longestPlace && placePattern.test(name);
}
