/** What services and routes log with; pino has it. */
export interface Log {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
