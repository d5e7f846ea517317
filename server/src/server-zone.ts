/**
 * How far this machine's time zone is ahead of UTC, in ms.
 * @param localMs - a local time, in ms as if it were UTC
 */
export function serverOffsetMs(localMs: number): number {
  const read = new Date(localMs);
  const local = new Date(
    read.getUTCFullYear(),
    read.getUTCMonth(),
    read.getUTCDate(),
    read.getUTCHours(),
    read.getUTCMinutes(),
    read.getUTCSeconds(),
    read.getUTCMilliseconds(),
  );
  return localMs - local.getTime();
}
