// The composition root of the pages of panels: which one it is, the host has written into it (src/webviewHtml.ts).

import "./pages.css";
import "./plots.css";

import type { PageName, ToPage } from "../../src/shared/pages.ts";
import { comparisonPage } from "./comparison.ts";
import { evaluationPage } from "./evaluation.ts";
import { performancePage } from "./performance.ts";
import { connectToHost, type OpenPage } from "./page.ts";
import { trainingPage } from "./training.ts";

/** What each makes of its words. */
const pages: Readonly<Record<PageName, OpenPage>> = {
  performance: performancePage,
  comparison: comparisonPage,
  evaluation: evaluationPage,
  training: trainingPage,
};

const { page, strings } = document.body.dataset;
const host = connectToHost();
const { node, show } = pages[page as PageName](JSON.parse(strings ?? "") as never, host.say);
document.body.append(node);
window.addEventListener("message", ({ data }: MessageEvent<ToPage<never>>) => show(data.state));
host.say({ type: "ready" });
