import { destination, type Logger, pino } from "pino";

const STANDARD_ERROR = 2;

/** A JSON line per event on standard error; standard output is the command line's. */
export function createLog(level: string): Logger {
  return pino({ level }, destination(STANDARD_ERROR));
}
