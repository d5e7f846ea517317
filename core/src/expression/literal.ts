import { type Json, parseJson, setMember } from "../model/json.ts";
import { type Cursor, expect, peek, skipBlanks, take, takeMatch, takeQuoted } from "./cursor.ts";
import { PathError } from "./path.ts";

/**
 * A literal within a path: JSON, in which strings may also have single quotes. Steps over it.
 * @param depth - how many levels of arrays and objects are allowed.
 * @throws PathError when there is none.
 */
export function takeLiteral(cursor: Cursor, depth: number): Json {
  if (depth < 0) throw new PathError("nested too deep");
  const char = peek(cursor);
  if (char === '"' || char === "'") return takeQuoted(cursor);
  if (char === "[") return takeArray(cursor, depth);
  if (char === "{") return takeObject(cursor, depth);
  const word = takeMatch(cursor, /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
  if (word === undefined) throw new PathError(`expected a literal at ${cursor.at}`);
  return parseJson(word);
}

function takeArray(cursor: Cursor, depth: number): readonly Json[] {
  const items: Json[] = [];
  takeList(cursor, ["[", "]"], () => items.push(takeLiteral(cursor, depth - 1)));
  return items;
}

function takeObject(cursor: Cursor, depth: number): Json {
  const object: { [key: string]: Json } = {};
  takeList(cursor, ["{", "}"], () => {
    if (!/["']/.test(peek(cursor))) throw new PathError(`expected a key at ${cursor.at}`);
    const key = takeQuoted(cursor);
    skipBlanks(cursor);
    expect(cursor, ":");
    skipBlanks(cursor);
    setMember(object, key, takeLiteral(cursor, depth - 1));
  });
  return object;
}

function takeList(
  cursor: Cursor,
  [open, close]: readonly [string, string],
  takeItem: () => void,
): void {
  expect(cursor, open);
  skipBlanks(cursor);
  if (take(cursor, close)) return;
  do {
    skipBlanks(cursor);
    takeItem();
    skipBlanks(cursor);
  } while (take(cursor, ","));
  expect(cursor, close);
}
