/**
 * What Ostinato supports so far. Which recordings have to pass follows from these lists, never from a list of
 * recordings: one that uses something else is set aside, and one that is set aside but passes means that a list here
 * has fallen behind.
 */

/** Task types of Conductor's own that are refused at registration so far. */
export const UNSUPPORTED_TYPES: ReadonlySet<string> = new Set(["EVENT", "PULL_WORKFLOW_MESSAGES"]);

/** Types that register, but whose tasks need something that is not built in to end as recorded. */
export const PROVIDER_TYPES: ReadonlySet<string> = new Set([
  "PLANNER_CONTEXT_FETCH",
  "PLAN_AND_COMPILE",
]);

/** Evaluators of a SWITCH that run scripts. */
export const UNSUPPORTED_EVALUATORS: ReadonlySet<string> = new Set(["python"]);

/** Routes as `METHOD path`; `{}` stands for one segment. Those below the root begin with `//`. */
export const SUPPORTED_ROUTES: readonly string[] = [
  "POST /workflow",
  "POST /workflow/{}",
  "POST /workflow/execute/{}/{}",
  "GET /workflow/{}",
  "DELETE /workflow/{}",
  "GET /workflow/{}/status",
  "GET /workflow/{}/tasks",
  "GET /workflow/{}/correlated/{}",
  "POST /workflow/{}/correlated",
  "GET /workflow/running/{}",
  "PUT /workflow/decide/{}",
  "PUT /workflow/{}/pause",
  "PUT /workflow/{}/resume",
  "POST /workflow/{}/restart",
  "POST /workflow/{}/retry",
  "POST /workflow/{}/resetcallbacks",
  "DELETE /workflow/{}/remove",
  "DELETE /workflow/{}/terminate-remove",
  "GET /tasks/poll/{}",
  "GET /tasks/poll/batch/{}",
  "POST /tasks",
  "POST /tasks/batch",
  "POST /tasks/update-v2",
  "POST /tasks/{}/{}/{}",
  "POST /tasks/{}/{}/{}/sync",
  "POST /tasks/{}/{}/signal",
  "POST /tasks/{}/{}/signal/sync",
  "POST /tasks/{}/log",
  "GET /tasks/{}/log",
  "GET /tasks/{}",
  "GET /tasks/queue/sizes",
  "GET /tasks/queue/size",
  "GET /tasks/queue/all",
  "GET /tasks/queue/all/verbose",
  "GET /tasks/queue/polldata",
  "GET /tasks/queue/polldata/all",
  "POST /tasks/queue/requeue/{}",
  "POST /metadata/workflow",
  "POST /metadata/workflow/validate",
  "PUT /metadata/workflow",
  "GET /metadata/workflow",
  "GET /metadata/workflow/{}",
  "GET /metadata/workflow/{}/versions",
  "GET /metadata/workflow/names",
  "GET /metadata/workflow/names-and-versions",
  "GET /metadata/workflow/latest-versions",
  "DELETE /metadata/workflow/{}/{}",
  "POST /metadata/taskdefs",
  "PUT /metadata/taskdefs",
  "GET /metadata/taskdefs",
  "GET /metadata/taskdefs/{}",
  "DELETE /metadata/taskdefs/{}",
  "POST /admin/consistency/verifyAndRepair/{}",
  "POST /admin/sweep/requeue/{}",
  "GET /admin/config",
  "GET /admin/queues",
  "GET /admin/task/{}",
  "GET /health",
  "GET //health",
  "GET //",
  "GET //context.js",
  "GET //workflowDef/{}",
  "GET /version",
];

/** Routes that a pattern above would cover, but that are others: a later part serves them. */
export const UNSUPPORTED_ROUTES: readonly string[] = [
  "GET /workflow/search",
  "GET /workflow/search-v2",
  "GET /workflow/search-by-tasks",
  "GET /workflow/search-by-tasks-v2",
  "GET /workflow/externalstoragelocation",
  "GET /workflow/external-storage-location",
  "POST /workflow/test",
  "PUT /workflow/bulk/{}",
  "POST /workflow/bulk/{}",
  "DELETE /workflow/bulk/{}",
  "GET /tasks/search",
  "GET /tasks/search-v2",
  "GET /tasks/externalstoragelocation",
  "GET /tasks/external-storage-location",
];

/** Keys in a recorded answer that only appear when payloads are moved out of the database. */
export const UNSUPPORTED_ANSWER_KEYS: readonly string[] = [
  "externalInputPayloadStoragePath",
  "externalOutputPayloadStoragePath",
];

/** Outputs of scripts from this size on, in bytes, are moved out of the database; from the other on they fail. */
export const UNSUPPORTED_OUTPUT_BYTES = { min: 3_072 * 1_024, max: 10_240 * 1_024 };
