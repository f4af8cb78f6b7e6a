// The composition root of the playground.

import "@vscode/codicons/dist/codicon.css";
import "../style.css";
import "../markdown.css";
import "../code.css";
import "./theme.css";
import "./playground.css";

import { registerComponents } from "../components.ts";
import { createApi } from "./api.ts";
import { english, italian } from "./strings.ts";
import { createToken } from "./token.ts";
import { createPlayground } from "./view.ts";

registerComponents();
const isItalian = navigator.language.toLowerCase().startsWith("it");
document.documentElement.lang = isItalian ? "it" : "en";
const token = createToken();
document.body.append(createPlayground(createApi(token.read), token, isItalian ? italian : english));
