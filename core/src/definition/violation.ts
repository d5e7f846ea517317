/** One rule that a definition breaks. */
export interface Violation {
  /**
   * Where, as the reference writes it: `tasks[0].decisionCases[a].<map value>[1].name`; empty for a
   * rule about the definition as a whole.
   */
  readonly path: string;
  readonly message: string;
  /** The text of the value, for rules about a single field that has a scalar. */
  readonly invalidValue?: string;
}

/** The rule about one field, whose value is shown if there is one. */
export function fieldViolation(
  path: string,
  message: string,
  value: string | number | undefined,
): Violation {
  return value === undefined ? { path, message } : { path, message, invalidValue: String(value) };
}

/** The same violations, seen from whatever holds the definition. */
export function violationsAt(
  prefix: string,
  violations: readonly Violation[],
): readonly Violation[] {
  return violations.map((violation) => ({
    ...violation,
    path: violation.path === "" ? prefix : `${prefix}.${violation.path}`,
  }));
}
