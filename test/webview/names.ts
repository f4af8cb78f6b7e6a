// What a screen reader cannot name, by the tree that Chromium gives it.

import type { Page } from "playwright-core";

/** Roles that say nothing to their user without a name, whether the keyboard reaches them or not. */
const named = new Set(["img", "meter", "progressbar", "listbox", "option", "dialog"]);

/** The roles of what can be used, or is a thing of its own, and has no name. */
export async function findNameless(page: Page): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page);
  const { nodes } = await devtools.send("Accessibility.getFullAXTree");
  await devtools.detach();
  return nodes.flatMap(({ ignored, role, name, properties = [] }) => {
    const what = String(role?.value);
    const isFocusable = properties.some((each) => each.name === "focusable" && each.value.value === true);
    if (ignored || what === "RootWebArea" || !(isFocusable || named.has(what))) return [];
    return String(name?.value ?? "").trim() === "" ? [what] : [];
  });
}
