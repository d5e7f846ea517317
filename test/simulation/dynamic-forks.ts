import type { JsonObject } from "@ostinato/core";

import type { Random } from "./random.ts";
import { aRef, aSimple, someEntries, someJoinManners, type Making } from "./workflow-defs.ts";

const SIZES = {
  none: () => 0,
  few: (random: Random) => random.int(1, 4),
  many: (random: Random) => random.int(5, 20),
  large: (random: Random) => random.int(201, 260),
  huge: (random: Random) => random.int(1_001, 2_300),
};

/** A dynamic fork in one of its forms, with its JOIN. */
export function someDynamicFork(making: Making): JsonObject[] {
  const { random } = making;
  const fork = { name: "spread", taskReferenceName: aRef(making), type: "FORK_JOIN_DYNAMIC" };
  const join = { name: "join", taskReferenceName: aRef(making), type: "JOIN" };
  // Large ones are loaded in parts, huge ones expanded and ended in slices.
  const size = random.weighted({ few: 120, none: 10, many: 10, large: 0.3, huge: 0.03 });
  const branches = SIZES[size](random);
  return [
    { ...fork, ...someForm(making, branches) },
    { ...join, ...someJoinManners(random) },
  ];
}

function someForm(making: Making, branches: number): JsonObject {
  const { random, children } = making;
  const each = <T>(make: (n: number) => T): T[] => Array.from({ length: branches }, (_, n) => make(n));
  switch (random.weighted({ list: 4, simple: 3, workflow: 2, legacy: 2 })) {
    case "list": {
      const own: Making = { ...making, workers: [], left: 0 };
      const tasks = each(() => someBranch(own));
      making.refs = own.refs;
      const inputs = tasks.map((task) => [String(task["taskReferenceName"]), { a: "x" }] as const);
      return {
        dynamicForkTasksParam: "tasks",
        dynamicForkTasksInputParamName: "inputs",
        inputParameters: { tasks, inputs: Object.fromEntries(inputs) },
      };
    }
    case "workflow":
      if (children.length > 0) {
        const forkTaskInputs = each((n) => ({ a: "y", n }));
        return { inputParameters: { forkTaskWorkflow: random.pick(children), forkTaskInputs } };
      }
      return simpleForm(making, branches);
    case "simple":
      return simpleForm(making, branches);
    case "legacy": {
      const own: Making = { ...making, workers: [] };
      const dynamicTasks = each(() => {
        const { name = null, taskReferenceName = null } = aSimple(own);
        return { taskName: name, referenceName: taskReferenceName, type: "SIMPLE", input: { a: 1 } };
      });
      making.refs = own.refs;
      return {
        dynamicForkJoinTasksParam: "forked",
        inputParameters: { forked: { dynamicTasks } },
      };
    }
  }
}

function simpleForm({ random }: Making, branches: number): JsonObject {
  const forkTaskInputs = Array.from({ length: branches }, (_, n) => (n % 2 === 0 ? { n } : n));
  return { inputParameters: { forkTaskName: random.pick(["t0", "t1", "t2"]), forkTaskInputs } };
}

/** Mostly a worker task; what the branches of a dynamic fork may be that has no JOIN of its own. */
function someBranch(making: Making): JsonObject {
  // Branches stand in an input, where nobody may name a ref that the definition does not have.
  making.workers.length = 0;
  if (making.random.chance(0.8)) return aSimple(making);
  const [entry] = someEntries(making, { min: 1, max: 1, depth: 0 });
  return entry ?? aSimple(making);
}
