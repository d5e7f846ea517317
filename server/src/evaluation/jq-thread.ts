/** A thread that evaluates jq programs. */
import { workerData } from "node:worker_threads";

import { answerMessages } from "./answer-messages.ts";
import type { Limits } from "./evaluation.ts";
import { loadJq } from "./jq.ts";

answerMessages(await loadJq(workerData as Limits));
