// The plots alone, for the tests to fill.

import "../../../webview/pages/pages.css";
import "../../../webview/pages/plots.css";

import { createBars } from "../../../webview/pages/bars.ts";
import { createLinePlot } from "../../../webview/pages/linePlot.ts";

export const plots = { createBars, createLinePlot };

document.body.append(document.createElement("main"));
Object.assign(window, { plots });
