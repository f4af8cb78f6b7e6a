// VS Code's own settings of proxies and certificates, for the language server.

import { workspace } from "vscode";

import type { NetworkSettings } from "./shared/downloads.ts";

/** VS Code applies them to the extension host's requests, and the server is another process. */
export function readNetworkSettings(): NetworkSettings {
  const http = workspace.getConfiguration("http");
  const textOf = (key: string) => {
    const value = http.get<unknown>(key);
    return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
  };
  // Off, none counts: of the environment neither.
  const proxy = http.get("proxySupport") === "off" ? "" : textOf("proxy");
  const proxyAuthorization = textOf("proxyAuthorization");
  const noProxy = http.get<unknown>("noProxy");
  return {
    ...(proxy !== undefined && { proxy }),
    ...(proxyAuthorization !== undefined && { proxyAuthorization }),
    ...(Array.isArray(noProxy) && { noProxy: noProxy.filter((host) => typeof host === "string") }),
    strictSsl: http.get("proxyStrictSSL") !== false,
    systemCertificates: http.get("systemCertificates") !== false,
  };
}
