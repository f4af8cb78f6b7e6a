// The tests of the Open LLM Leaderboard that Falcon was published with.

import type { Task } from "../task.ts";
import { arcChallenge } from "./arcChallenge.ts";
import { hellaSwag } from "./hellaSwag.ts";
import { mmlu } from "./mmlu.ts";
import { truthfulQa } from "./truthfulQa.ts";

export const tasks: readonly Task[] = [arcChallenge, hellaSwag, mmlu, truthfulQa];
