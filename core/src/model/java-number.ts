/**
 * The text that the reference (Jackson on Java) prints for a number written as `source` in JSON:
 * integers as they are, everything else as a double. A number beyond the doubles keeps its source.
 */
export function javaNumberText(source: string): string {
  if (!/[.eE]/.test(source)) return source === "-0" ? "0" : source;
  const value = Number(source);
  return Number.isFinite(value) ? javaDoubleText(value) : source;
}

/**
 * A double as Java prints it: always a fraction, and an exponent outside of 10^-3 … 10^7.
 * Source: `Double.toString` of Java 19 and later (shortest digits that read back, at least two).
 */
export function javaDoubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value);
    return text.includes(".") ? text : `${text}.0`;
  }
  const shortest = value.toExponential();
  const text = shortest.includes(".") ? shortest : value.toExponential(1);
  return text.replace("e+", "E").replace("e", "E");
}
