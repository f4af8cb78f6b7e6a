// The local API inside VS Code: what its commands, its message and the menu do, and who reaches it meanwhile.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { after, before, describe, it } from "mocha";
import {
  ConfigurationTarget,
  commands,
  env,
  window,
  workspace,
  type QuickPick,
  type QuickPickItem,
  type Uri,
} from "vscode";

import type { TestApi } from "../../src/extension.ts";
import { readyFalcon, until } from "./falcon.ts";

describe("local API", () => {
  const { createQuickPick, showInformationMessage } = window;
  const messages: string[] = [];
  const menus: QuickPick<QuickPickItem>[] = [];
  let falcon: TestApi;
  const configure = (key: string, value: unknown) =>
    workspace.getConfiguration("falcon").update(key, value, ConfigurationTarget.Global);

  before(async () => {
    falcon = await readyFalcon();
    await configure("localApi.port", 0);
    // What VS Code shows is seen, and shown.
    Object.assign(window, {
      createQuickPick: () => {
        const menu = createQuickPick();
        menus.push(menu);
        return menu;
      },
      showInformationMessage: (message: string, ...buttons: string[]) => {
        messages.push(message);
        return showInformationMessage(message, ...buttons);
      },
    });
  });

  after(async () => {
    Object.assign(window, { createQuickPick, showInformationMessage });
    await commands.executeCommand("falcon.stopLocalApi");
    await commands.executeCommand("notifications.clearAll");
    await configure("localApi.port", undefined);
    await configure("chat.maxTokens", undefined);
  });

  function runningAddress(): string {
    const { address } = falcon.localApi;
    assert.ok(address !== undefined, "the local API runs");
    return address;
  }

  /** Whether somebody listens there. */
  async function isServed(address: string): Promise<boolean> {
    return (await fetch(address).catch(() => undefined)) !== undefined;
  }

  /** Asks for an answer of the chat, which is as long as the settings say. */
  function ask(address: string, token: string): Promise<Response> {
    return fetch(`${address}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ messages: [{ role: "user", content: "Tell me a long story." }] }),
    });
  }

  async function writtenTokens(response: Response): Promise<number> {
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return (JSON.parse(text) as { usage: { completion_tokens: number } }).usage.completion_tokens;
  }

  /** Opens the menu. */
  async function menuRow(label: string) {
    menus.length = 0;
    void commands.executeCommand("falcon.showMenu");
    await until("the menu is open", () => menus.length > 0);
    const [menu] = menus;
    const row = menu?.items.find((item) => item.label.endsWith(label));
    assert.ok(menu && row, `the menu has the row ${label}`);
    return { menu, row };
  }

  it("starts on command, says where, and gives its token to who asks for it", async () => {
    await menuRow("Start Local API");
    await commands.executeCommand("workbench.action.closeQuickOpen");
    await commands.executeCommand("falcon.startLocalApi");
    const address = runningAddress();
    await until("a message says where", () => messages.some((message) => message.includes(address)));
    await env.clipboard.writeText("");
    // The message's first button; the message may not be drawn yet.
    for (const end = Date.now() + 60_000; (await env.clipboard.readText()) === "" && Date.now() < end;) {
      await commands.executeCommand("notification.acceptPrimaryAction");
      await pause(50);
    }
    assert.equal(await env.clipboard.readText(), await falcon.localApi.token());
  });

  it("answers programs that know the token, and no other, by the settings as they are", async () => {
    const token = await env.clipboard.readText();
    const address = runningAddress();
    assert.equal((await ask(address, "a-wrong-token")).status, 401);
    for (const maxTokens of [16, 17]) {
      await configure("chat.maxTokens", maxTokens);
      await until("the setting counts", () => falcon.settings.server.chat.maxTokens === maxTokens);
      assert.equal(await writtenTokens(await ask(address, token)), maxTokens);
    }
  });

  it("has a row in the menu with its address, which shows the message again", async () => {
    const address = runningAddress();
    const { menu, row } = await menuRow("Local API");
    assert.equal(row.description, address);
    messages.length = 0;
    await until("the menu is shown", () => menu.activeItems.length > 0);
    while (menu.activeItems[0] !== row) {
      const last = menu.activeItems[0];
      await commands.executeCommand("workbench.action.quickOpenSelectNext");
      await until("the next row is chosen", () => menu.activeItems[0] !== last);
    }
    await commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
    await until("the message is there again", () => messages.some((message) => message.includes(address)));
  });

  it("opens its page in the browser, with a code for the token that is good once", async () => {
    const { openExternal } = env;
    const opened: Uri[] = [];
    Object.assign(env, {
      openExternal: (uri: Uri) => {
        opened.push(uri);
        return Promise.resolve(true);
      },
    });
    try {
      await commands.executeCommand("falcon.openPlayground");
    } finally {
      Object.assign(env, { openExternal });
    }
    const [page] = opened;
    assert.ok(page);
    const { scheme, authority, fragment } = page;
    assert.equal(`${scheme}://${authority}`, runningAddress());
    const [, code] = /^code=([\w-]{32})$/.exec(fragment) ?? [];
    const init = { method: "POST", body: JSON.stringify({ code }) };
    const exchange = () => fetch(`${runningAddress()}/playground/token`, init);
    assert.deepEqual(await (await exchange()).json(), { token: await falcon.localApi.token() });
    assert.equal((await exchange()).status, 403);
    assert.match(await (await fetch(runningAddress())).text(), /<title>Falcon Playground</);
  });

  it("is there again after the server was restarted", async () => {
    const token = await falcon.localApi.token();
    const before = runningAddress();
    await configure("localApi.port", Number(new URL(before).port));
    await commands.executeCommand("falcon.restartServer");
    for (const end = Date.now() + 60_000; !(await isServed(before)) && Date.now() < end;) await pause(50);
    assert.equal(runningAddress(), before);
    assert.equal(await writtenTokens(await ask(before, token)), 17);
  });

  it("stops on command: nobody listens any more, and the menu offers to start it", async () => {
    const address = runningAddress();
    await commands.executeCommand("falcon.stopLocalApi");
    assert.equal(await isServed(address), false, "nobody listens");
    assert.equal(falcon.localApi.address, undefined);
    await menuRow("Start Local API");
    await commands.executeCommand("workbench.action.closeQuickOpen");
  });
});
