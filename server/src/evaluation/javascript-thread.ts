/** A thread that evaluates scripts. */
import { workerData } from "node:worker_threads";

import { answerMessages } from "./answer-messages.ts";
import type { Limits } from "./evaluation.ts";
import { loadJavascript } from "./javascript.ts";

answerMessages(await loadJavascript(workerData as Limits));
