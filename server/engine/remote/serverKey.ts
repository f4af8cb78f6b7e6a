// The key of a server from the environment, for clients that keep no secrets.

import process from "node:process";

/** Each server has a variable of its own, since a key goes to nobody else: FALCON_KEY_GPU_BOX for “GPU box”. */
export function environmentKey(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env[`FALCON_KEY_${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}`]?.trim() || undefined;
}
