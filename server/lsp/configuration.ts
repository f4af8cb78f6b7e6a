// Settings of clients that are not ours: the section `falcon` of their configuration, which they send or are asked for.

import { type Connection, DidChangeConfigurationNotification, type InitializeParams } from "vscode-languageserver";

const section = "falcon";

/**
 * Follows what the client's configuration says. Our own client sends all settings by itself, and is asked for nothing.
 * @returns what asks for the settings at the start, once the server may send requests. Never rejects.
 */
export function followConfiguration(
  connection: Connection,
  { capabilities, initializationOptions }: InitializeParams,
  useSettings: (settings: unknown) => void,
): () => Promise<void> {
  const hasOptions = typeof initializationOptions === "object" && initializationOptions !== null;
  const canAsk = capabilities.workspace?.configuration === true && !hasOptions;
  const ask = async () => {
    try {
      const settings: unknown = await connection.workspace.getConfiguration(section);
      if (settings !== null && settings !== undefined) useSettings(settings);
    } catch (error) {
      connection.console.warn(`The client was asked for its settings, and failed: ${String(error)}`);
    }
  };
  connection.onNotification(DidChangeConfigurationNotification.type, ({ settings }) => {
    const sent: unknown = (settings as Readonly<Record<string, unknown>> | null)?.[section];
    if (sent !== undefined) useSettings(sent);
    else if (canAsk) void ask();
  });
  return canAsk ? ask : () => Promise.resolve();
}
