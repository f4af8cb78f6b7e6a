// The files that VS Code's settings hide from its explorer and its search.

import { matchExcludedFiles } from "../../shared/excludedFiles.ts";

/** Globs that the braces of one stand for, at most. */
const mostGlobs = 100;

/** Tells of a path below a folder of the workspace, with slashes, whether one of the globs names it or a folder above it. */
export function matchHiddenFiles(globs: readonly string[]): (path: string) => boolean {
  const each = globs.flatMap(expandBraces).flatMap((glob) => [`/${glob}`, `/${glob}/**`]);
  const matches = matchExcludedFiles(each);
  return (path) => matches(`/${encodeURIComponent(path)}`);
}

/** `*.{js,map}` is `*.js` and `*.map`. */
function expandBraces(glob: string): string[] {
  const expanded: string[] = [];
  const open = [glob];
  for (let next = open.pop(); next !== undefined && expanded.length < mostGlobs; next = open.pop()) {
    const braces = /\{([^{}]*)\}/.exec(next);
    if (!braces) expanded.push(next);
    else for (const part of (braces[1] ?? "").split(",")) open.push(next.replace(braces[0], () => part));
  }
  return expanded;
}
