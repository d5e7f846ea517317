import { readFileSync } from "node:fs";

const description: unknown = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);

/** Of this package, as it was published. */
export const VERSION: string =
  typeof description === "object" && description !== null && "version" in description
    ? String(description.version)
    : "unknown";
