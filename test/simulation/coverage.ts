/** What a run has exercised: how often each thing has happened. A hole in it is visible in the printed table. */
export class Coverage {
  readonly counts: Map<string, number> = new Map();

  hit(feature: string, times = 1): void {
    this.counts.set(feature, (this.counts.get(feature) ?? 0) + times);
  }

  add(other: Coverage): void {
    for (const [feature, times] of other.counts) this.hit(feature, times);
  }

  /** How often all features that begin so have happened. */
  sum(prefix: string): number {
    let sum = 0;
    for (const [feature, times] of this.counts) if (feature.startsWith(prefix)) sum += times;
    return sum;
  }

  /** One line per group: the part of the names before the first `:`. */
  table(): string {
    const groups = new Map<string, string[]>();
    for (const [feature, times] of [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const at = feature.indexOf(":");
      const group = feature.slice(0, at);
      const line = groups.get(group) ?? [];
      groups.set(group, line);
      line.push(`${feature.slice(at + 1)} ${times}`);
    }
    return [...groups].map(([group, line]) => `${group}: ${line.join(", ")}`).join("\n");
  }
}
