/** States what must hold. A failure is a defect of ours: the command that met it is answered 500 and changes nothing. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
