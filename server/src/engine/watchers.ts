/** Who wants to hear of every commit of an execution. */
export class Watchers {
  readonly #byWorkflow = new Map<string, Set<() => void>>();

  watch(workflowId: string, listener: () => void): () => void {
    const listeners = this.#byWorkflow.get(workflowId) ?? new Set();
    this.#byWorkflow.set(workflowId, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byWorkflow.get(workflowId) === listeners)
        this.#byWorkflow.delete(workflowId);
    };
  }

  readonly notify = (workflowId: string): void => {
    if (this.#byWorkflow.size === 0) return;
    for (const listener of this.#byWorkflow.get(workflowId) ?? []) listener();
  };
}
