// Types of install.mjs.

export function cacheFolder(): string;
export function installOnce(name: string, fill: (folder: string) => Promise<void>): Promise<string>;
export function runNpm(args: readonly string[], folder: string): Promise<void>;
