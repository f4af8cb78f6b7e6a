// Pages in panels: the page is shown its state as long as it can be seen, and again when it comes back.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { after, before, describe, it } from "mocha";
import { commands, window, workspace } from "vscode";

import type { TestApi } from "../../src/extension.ts";
import { performanceRequest } from "../../src/shared/methods.ts";
import { readyFalcon, until } from "./falcon.ts";

describe("pages", () => {
  let falcon: TestApi;
  let asked = 0;
  const tabs = () =>
    window.tabGroups.all.flatMap((group) => group.tabs).filter((tab) => tab.label === "Falcon Performance");

  before(async () => {
    falcon = await readyFalcon();
    const ask = falcon.server.ask.bind(falcon.server);
    falcon.server.ask = (type, ...rest) => {
      if (type.method === performanceRequest.method) asked++;
      return ask(type, ...rest);
    };
  });

  after(async () => {
    Reflect.deleteProperty(falcon.server, "ask");
    await window.tabGroups.close(tabs());
  });

  it("shows the performance once, in one panel, and asks for it while it can be seen", async () => {
    await commands.executeCommand("falcon.showPerformance");
    await until("the page is there", () => falcon.performance.isShown);
    await until("it was told anew by itself", () => asked >= 2);
    await commands.executeCommand("falcon.showPerformance");
    assert.equal(tabs().length, 1);
  });

  it("rests while another editor is before it, and goes on when it comes back", async () => {
    await window.showTextDocument(await workspace.openTextDocument({ content: "before it" }));
    await until("the page is out of sight", () => !falcon.performance.isShown);
    await pause(100);
    const before = asked;
    // Longer than the page takes to be told anew.
    await pause(2_500);
    assert.equal(asked, before);
    await commands.executeCommand("falcon.showPerformance");
    await until("the page is back", () => falcon.performance.isShown && asked > before);
  });

  it("is forgotten when it is closed, and can be opened again", async () => {
    await window.tabGroups.close(tabs());
    await until("the page is closed", () => !falcon.performance.isShown);
    await commands.executeCommand("falcon.showPerformance");
    await until("another one is there", () => falcon.performance.isShown);
  });
});
