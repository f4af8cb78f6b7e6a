// The key of a server from the environment, for clients that keep no secrets.

import process from "node:process";

/** The variable of a server’s key: FALCON_KEY_GPU_BOX for “GPU box”. Letters of every script tell names apart. */
export function keyVariable(name: string): string {
  return `FALCON_KEY_${name.toUpperCase().replaceAll(/[^\p{L}\p{N}]+/gu, "_")}`;
}

/** Each server has a variable of its own, since a key goes to nobody else: of two names that share one, the settings refuse the second. */
export function environmentKey(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env[keyVariable(name)]?.trim() || undefined;
}
