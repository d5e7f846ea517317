/** A figure that there is a goal for. */
export interface GoalFigure {
  readonly name: string;
  readonly value: number;
  readonly unit?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

const NAME_COLUMNS = 62;

/** Prints figures as they come, goals beside them, and remembers which were missed. */
export class Report {
  readonly #missed: string[] = [];

  get missed(): readonly string[] {
    return this.#missed;
  }

  heading(text: string): void {
    console.log(`\n${text}`);
  }

  /** A figure that stands for itself. */
  figure(name: string, value: number, unit = ""): void {
    console.log(`  ${name.padEnd(NAME_COLUMNS)}${shown(value, unit)}`);
  }

  goal({ name, value, unit = "", atLeast, atMost }: GoalFigure): void {
    const isMet = value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
    const goal =
      atLeast === undefined ? `≤ ${shown(atMost ?? 0, unit)}` : `≥ ${shown(atLeast, unit)}`;
    if (!isMet) this.#missed.push(name);
    const verdict = isMet ? "goal met" : "MISSED";
    console.log(
      `  ${name.padEnd(NAME_COLUMNS)}${shown(value, unit).padEnd(14)}${goal.padEnd(14)}${verdict}`,
    );
  }
}

function shown(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const number = value.toLocaleString("en", { maximumFractionDigits: digits });
  return unit === "" ? number : `${number} ${unit}`;
}
