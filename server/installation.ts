// What lies beside the bundles: the model that comes with them, and the model process, which the clients of a user may share.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";

import { ModelProcess } from "./engine/process/modelProcess.ts";
import { Claims, userFolder } from "./engine/shared/claims.ts";
import { SharedHost } from "./engine/shared/sharedHost.ts";
import type { CreateHost } from "./models/session/roleModels.ts";
import { processNamespace } from "./processNamespace.ts";

/** @param folder of the bundles */
export function findBundledModel(folder: string): string | undefined {
  const models = path.join(folder, "../media/models");
  const file = fs.existsSync(models) ? fs.readdirSync(models).find((name) => name.endsWith(".gguf")) : undefined;
  return file && path.join(models, file);
}

/** @param folder of the bundles */
export function hostCreator(folder: string): CreateHost {
  const [engine, service] = [path.join(folder, "engine.cjs"), path.join(folder, "service.cjs")];
  /** The service of exactly this version of the product, among the processes that this one can see. */
  const locate = () => {
    const version = createHash("sha256");
    for (const file of [engine, service]) version.update(fs.readFileSync(file));
    version.update(processNamespace());
    const claims = new Claims(userFolder(process.env), version.digest("hex").slice(0, 16));
    return { claims, modulePath: service };
  };
  return (log, onDied, onUnloaded, onNote) => {
    const own = new ModelProcess({ modulePath: engine, log, onDied });
    return new SharedHost({ locate, own, log, onDied, onUnloaded, onNote });
  };
}

/**
 * For work that nobody waits for: processes that give way to others, and that no other client uses.
 * @param folder of the bundles
 */
export function backgroundHostCreator(folder: string): CreateHost {
  const modulePath = path.join(folder, "engine.cjs");
  return (log, onDied) => new ModelProcess({ modulePath, log, onDied, isInBackground: true });
}
