// Whether what is shown can be read.

import type { Page } from "playwright-core";

/** Words whose contrast with what is behind them is below 4.5:1, but for what is disabled. */
export async function findFaint(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    if (!canvas) throw new Error("no canvas");
    /** The colour that layers give, from the lowest to the highest. */
    const blend = (layers: readonly string[]): readonly number[] => {
      for (const layer of layers) {
        canvas.fillStyle = layer;
        canvas.fillRect(0, 0, 1, 1);
      }
      return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    };
    const luminance = (colour: readonly number[]): number => {
      const [red = 0, green = 0, blue = 0] = colour.map((part) =>
        part <= 10.3 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const faint: string[] = [];
    for (const node of document.querySelectorAll("main *")) {
      const words = [...node.childNodes].filter(
        (child) => child.nodeType === Node.TEXT_NODE && child.nodeValue?.trim(),
      );
      if (words.length === 0 || node.closest("[hidden], [aria-disabled=true], .visually-hidden")) continue;
      const behind: string[] = [];
      for (let at: Element | null = node; at; at = at.parentElement)
        behind.unshift(getComputedStyle(at).backgroundColor);
      const back = luminance(blend(behind));
      const front = luminance(blend([...behind, getComputedStyle(node).color]));
      const contrast = (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
      if (contrast < 4.5)
        faint.push(`${node.tagName}.${node.className} ${contrast.toFixed(2)} ${words[0]?.nodeValue ?? ""}`);
    }
    return faint;
  });
}
