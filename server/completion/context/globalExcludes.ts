// The file with a user's rules of what git ignores in every repository.

import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import process from "node:process";

/** Bytes of a configuration. */
const longestConfig = 100_000;

/** As `core.excludesFile` of the nearest of git's configurations names it, else git's own default. */
export async function globalExcludes(repository: string): Promise<string> {
  const user = path.join(process.env["XDG_CONFIG_HOME"] || path.join(homedir(), ".config"), "git");
  const ofUser = process.env["GIT_CONFIG_GLOBAL"] || [path.join(homedir(), ".gitconfig"), path.join(user, "config")];
  for (const config of [path.join(repository, ".git/config"), ...[ofUser].flat()]) {
    const named = excludesFileOf(await readConfig(config));
    if (named !== undefined) return path.resolve(repository, named.replace(/^~(?=[\\/])/, homedir()));
  }
  return path.join(user, "ignore");
}

async function readConfig(file: string): Promise<string> {
  const stats = await stat(file).catch(() => undefined);
  // To read what is no file, such as a pipe, may take for ever.
  if (!stats?.isFile() || stats.size > longestConfig) return "";
  return readFile(file, "utf8").catch(() => "");
}

/** The last one counts. Configurations that it includes are not looked into. */
function excludesFileOf(config: string): string | undefined {
  let section = "";
  let named: string | undefined;
  for (const line of config.split(/\r?\n/)) {
    section = /^\s*\[([^\]]*)\]/.exec(line)?.[1]?.trim().toLowerCase() ?? section;
    const [, value] = /^\s*excludesfile\s*=\s*(\S.*)$/i.exec(line) ?? [];
    if (section === "core" && value !== undefined) named = unquoted(value.trimEnd());
  }
  return named;
}

function unquoted(value: string): string {
  return value.replace(/^"(.*)"$/, "$1").replaceAll("\\\\", "\\");
}
