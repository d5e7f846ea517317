import { zoneOffsetMinutes } from "./zone-names.ts";

/**
 * The two literals of a WAIT task, with the grammar of the reference: no ISO 8601, no region names.
 */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What a JavaScript `Date` can hold: nothing is ever due later than this. */
const INSTANT_MS_MAX = 8.64e15;
const INT_MAX = 2 ** 31 - 1;

const DURATION: RegExp = new RegExp(
  "^\\s*" +
    "(?:(\\d+)\\s*(?:days|day|d)\\s*)?" +
    "(?:(\\d+)\\s*(?:hours|hour|hrs|hr|h)\\s*)?" +
    "(?:(\\d+)\\s*(?:minutes|minute|mins|min|m)\\s*)?" +
    "(?:(\\d+)\\s*(?:seconds|second|secs|sec|s)\\s*)?$",
  "i",
);

/** Milliseconds of a duration such as `1d2h` or `2 hours 30 minutes`; `undefined` if it is none. */
export function parseWaitDuration(text: string): number | undefined {
  const parts = DURATION.exec(text)?.slice(1);
  if (parts === undefined || parts.every((part) => part === undefined)) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
  if (Math.max(days, hours, minutes, seconds) > INT_MAX) return undefined;
  const ms = days * DAY_MS + hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS;
  return Math.min(ms, INSTANT_MS_MAX);
}

const UNTIL = /^\s*(\d{1,9})-(\d{1,9})-(\d{1,9})(?: (\d{1,9}):(\d{1,9})(?: (\S.*))?)?$/;

/**
 * The instant of a text such as `2031-04-30`, `2031-04-30 15:20` or `2031-04-30 15:20 GMT+04:00`,
 * in epoch ms; `undefined` if it is none. The calendar is lenient: the 30th of February is a day in
 * March.
 *
 * @param serverOffsetMs - How far the server's zone is ahead of UTC at a local time, which is given
 * in ms as if it were UTC. Used when the text names no zone.
 */
export function parseWaitUntil(
  text: string,
  serverOffsetMs: (localMs: number) => number,
): number | undefined {
  const parts = UNTIL.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts
    .slice(1, 6)
    .map((part) => Number(part ?? 0));
  const localMs = daysSinceEpoch(year, month, day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS;
  const zone = parts[6];
  const zoneMinutes = zone === undefined ? undefined : zoneOffsetMinutes(zone);
  if (zone !== undefined && zoneMinutes === undefined) return undefined;
  if (Math.abs(localMs) >= INSTANT_MS_MAX - DAY_MS) return INSTANT_MS_MAX;
  return localMs - (zoneMinutes === undefined ? serverOffsetMs(localMs) : zoneMinutes * MINUTE_MS);
}

/**
 * The day's number in the Gregorian calendar, 0 for 1970-01-01. Months beyond 12 are months of
 * later years. Counts from 1 March, so that the leap day is a year's last one.
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const monthFromMarch = month - 3;
  const marchYear = year + Math.floor(monthFromMarch / 12);
  const monthOfYear = monthFromMarch - 12 * Math.floor(monthFromMarch / 12);
  const daysBeforeMonth = Math.floor((153 * monthOfYear + 2) / 5);
  const leapDays =
    Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return 365 * marchYear + leapDays + daysBeforeMonth + (day - 1) - DAYS_TO_EPOCH;
}

/** Days from 1 March of the year 0 to 1970-01-01. */
const DAYS_TO_EPOCH = 719468;
