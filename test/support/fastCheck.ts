// fast-check for tests: the same values in every run, and others in every soak (`npm run test:soak`), which is where what
// is rare is looked for. Otherwise a change would fail by what it did not touch.

import fc from "fast-check";

import { isSoak } from "./soak.ts";

if (!isSoak) fc.configureGlobal({ seed: 1 });

export default fc;
