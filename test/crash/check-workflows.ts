import {
  type Control,
  groupBy,
  type History,
  isEnded,
  isTaskEnded,
  type SeenTask,
  type SeenWorkflow,
  type Sighting,
  type Start,
} from "./history.ts";

/**
 * Executions: an acknowledged start is there for ever and once, an acknowledged control holds until another one, what
 * has ended stays as it is, everything ends, and parents and children agree.
 */
export function checkWorkflows(history: History): string[] {
  const sightings = groupBy(history.sightings, ({ workflowId }) => workflowId);
  const controls = groupBy(history.controls, ({ key }) => key);
  return [
    ...checkStarts(history.starts, sightings),
    ...checkControls(history.controls, sightings, controls),
    ...[...sightings.values()].flatMap((seen) => checkEnds(seen, controls)),
    ...history.sightings.filter(({ isFinal }) => isFinal).flatMap(checkFinal),
    ...checkChildren(history.sightings.filter(({ isFinal }) => isFinal)),
  ];
}

type Sightings = ReadonlyMap<string, readonly Sighting[]>;
type Controls = ReadonlyMap<string, readonly Control[]>;

function checkStarts(starts: readonly Start[], sightings: Sightings): string[] {
  const lost = starts.flatMap(({ workflowId = "", answeredAt = Infinity, key }) =>
    (sightings.get(workflowId) ?? [])
      .filter((seen) => seen.sentAt > answeredAt && seen.workflow?.key !== key)
      .map(() => `${workflowId}: the acknowledged start of ${key} is lost`),
  );
  const ids = new Map<string, Set<string>>();
  const note = (key: string, id: string): void => {
    ids.set(key, (ids.get(key) ?? new Set()).add(id));
  };
  for (const { key, workflowId } of starts) if (workflowId !== undefined) note(key, workflowId);
  const twice = [...ids]
    .filter(([, { size }]) => size > 1)
    .map(([key, set]) => `${key} was started more than once: ${[...set].join(", ")}`);
  return [...lost, ...twice];
}

function checkControls(
  controls: readonly Control[],
  sightings: Sightings,
  byKey: Controls,
): string[] {
  return controls.flatMap((control) => {
    const { type, workflowId, isDone, answeredAt } = control;
    if (!isDone || answeredAt === undefined) return [];
    const others = (byKey.get(control.key) ?? []).filter((other) => other !== control);
    return (sightings.get(workflowId) ?? [])
      .filter(({ sentAt, workflow }) => sentAt > answeredAt && workflow !== undefined)
      .filter((seen) => !holds(type, seen.workflow?.status ?? ""))
      .filter((seen) => !others.some((other) => mayUndo(other, control, seen)))
      .map((seen) => `${workflowId} is ${seen.workflow?.status} after an acknowledged ${type}`);
  });
}

function holds(type: Control["type"], status: string): boolean {
  if (type === "pause") return status !== "RUNNING";
  if (type === "terminate") return isEnded(status);
  return type === "retry" || status !== "PAUSED";
}

const UNDONE_BY: Readonly<Record<Control["type"], readonly Control["type"][]>> = {
  pause: ["resume", "terminate", "retry"],
  resume: ["pause"],
  terminate: ["retry"],
  retry: [],
};

/** Whether the other control may have come after this one and before the sighting. */
function mayUndo(other: Control, control: Control, seen: Sighting): boolean {
  return (
    UNDONE_BY[control.type].includes(other.type) &&
    other.sentAt < seen.answeredAt &&
    (other.answeredAt ?? Infinity) > control.sentAt
  );
}

/** What was seen ended is never seen otherwise, unless somebody asked for it. */
function checkEnds(seen: readonly Sighting[], controls: Controls): string[] {
  const violations: string[] = [];
  let ended: (Sighting & { readonly workflow: SeenWorkflow }) | undefined;
  for (const sighting of [...seen].sort((a, b) => a.sentAt - b.sentAt)) {
    const { workflow, workflowId } = sighting;
    if (workflow === undefined) continue;
    if (ended !== undefined && ended.answeredAt <= sighting.sentAt) {
      const { status } = ended.workflow;
      const isRevived = (controls.get(workflow.key) ?? []).some(
        (control) => control.type === "retry" && control.sentAt < sighting.answeredAt,
      );
      if (workflow.status !== status && (status === "COMPLETED" || !isRevived)) {
        violations.push(`${workflowId} was ${status} and is ${workflow.status} later`);
      }
    }
    if (isEnded(workflow.status)) ended = { ...sighting, workflow };
  }
  return violations;
}

function checkFinal({ workflowId, workflow }: Sighting): string[] {
  if (workflow === undefined) return [];
  const { status, tasks } = workflow;
  if (!isEnded(status)) return [`${workflowId} has not ended: it is ${status}`];
  const open = tasks.filter((task) => !isTaskEnded(task.status));
  const violations = open.map(
    ({ ref, taskId }) => `${workflowId} is ${status}, but ${ref} ${taskId} is open`,
  );
  return status === "COMPLETED"
    ? [...violations, ...checkCompleted(workflowId, workflow)]
    : violations;
}

/** Every step was done once, and the output has what was reported of it. */
function checkCompleted(workflowId: string, { tasks, output }: SeenWorkflow): string[] {
  const violations: string[] = [];
  for (const [ref, attempts] of groupBy(tasks, (task) => task.ref)) {
    const completed = attempts.filter(({ status }) => status === "COMPLETED");
    if (completed.length !== 1) {
      violations.push(`${workflowId} is COMPLETED, but ${ref} is so ${completed.length} times`);
    }
    const mark = completed.at(-1)?.mark;
    if (ref in output && output[ref] !== mark) {
      violations.push(
        `${workflowId}: its output says ${String(output[ref])} of ${ref}, not ${mark}`,
      );
    }
  }
  return violations;
}

function checkChildren(finals: readonly Sighting[]): string[] {
  const byId = new Map(finals.map(({ workflowId, workflow }) => [workflowId, workflow]));
  const check = ({ ref, status, subWorkflowId = "" }: SeenTask, parent: string): string[] => {
    const child = byId.get(subWorkflowId);
    if (child === undefined) return [`${parent}: the child ${subWorkflowId} of ${ref} is missing`];
    const agree = (status === "COMPLETED") === (child.status === "COMPLETED");
    return agree ? [] : [`${parent}: ${ref} is ${status}, but its child is ${child.status}`];
  };
  return finals.flatMap(({ workflowId, workflow }) =>
    (workflow?.tasks ?? [])
      .filter(({ subWorkflowId }) => subWorkflowId !== undefined)
      .flatMap((task) => check(task, workflowId)),
  );
}
