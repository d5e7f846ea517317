import { boundedCache } from "../bounded-cache.ts";
import { type Path, PathError } from "./path.ts";
import { parsePath } from "./path-parser.ts";

/** Longer texts are no paths: somebody's data has got into one. */
const PATH_LENGTH_MAX = 10_000;

const compiled = boundedCache<Path | PathError>(5_000);

/** The compiled path, or `undefined` when the text is none. Remembers the last texts. */
export function compilePath(text: string): Path | undefined {
  let path = compiled.get(text);
  if (path === undefined) {
    path = tryParse(text);
    compiled.set(text, path);
  }
  return path instanceof PathError ? undefined : path;
}

/** Whether a text is a JSONPath, as definitions are checked for it when they are registered. */
export function isValidPath(text: string): boolean {
  return text.trim() !== "" && compilePath(text) !== undefined;
}

function tryParse(text: string): Path | PathError {
  if (text.length > PATH_LENGTH_MAX) return new PathError("too long");
  try {
    return parsePath(text);
  } catch (error) {
    // A text that is no path is a fact about it, to be remembered; anything else is our mistake.
    if (error instanceof PathError) return error;
    throw error;
  }
}
