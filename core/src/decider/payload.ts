import { type Json, type JsonText, parseJson } from "../model/json.ts";

/** Texts from this length on are worth remembering, and up to that length cheap to. */
const LENGTH_MIN = 1_000;
const LENGTH_MAX = 4_000_000;
const REMEMBERED_MAX = 4;

const remembered: { readonly text: JsonText; readonly value: Json }[] = [];

/**
 * The value of a text of ours, which is not to be changed. The last large ones are remembered: a loop reads the same
 * input in every iteration.
 */
export function payloadOf(text: JsonText): Json {
  if (text.length < LENGTH_MIN || text.length > LENGTH_MAX) return parseJson(text);
  const at = remembered.findIndex((each) => each.text === text);
  const found = remembered[at] ?? { text, value: parseJson(text) };
  if (at !== 0) {
    remembered.splice(at < 0 ? REMEMBERED_MAX - 1 : at, 1);
    remembered.unshift(found);
  }
  return found.value;
}
