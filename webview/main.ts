// The composition root of the chat page.

import "@vscode/codicons/dist/codicon.css";
import "./style.css";
import "./welcome.css";
import "./composer.css";
import "./markdown.css";
import "./code.css";

import type { WebviewStrings } from "../src/shared/webviewStrings.ts";
import { registerComponents } from "./components.ts";
import { connectToHost } from "./host.ts";
import { createView } from "./view.ts";

registerComponents();
const host = connectToHost();
// The host writes them into the page (src/webviewHtml.ts).
const strings = JSON.parse(document.body.dataset["strings"] ?? "") as WebviewStrings;
document.body.append(createView(host, strings));
host.say({ type: "ready" });
