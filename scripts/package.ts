// `npm run package`: a VSIX of the extension for this platform.

import { packageExtension } from "./vsix.ts";

await packageExtension();
