/** What a script reads of its `$`, by member; of each either some members or `all`. */
export type ScriptReads = ReadonlyMap<string, ReadonlySet<string> | "all">;

/** With these a script can get at `$` without naming it, or at its members by names that it makes up. */
const REFLECTIVE = /\\|\b(?:eval|Function|globalThis|this|constructor|import|with)\b/;
/** Names may hold letters of any script; those who write such ones get everything. */
const UNUSUAL = /[^ -~\s]/;
/** Where `$` stands as a name of its own, or may. A `${` opens an expression in a template text. */
const USES = /(?<![\w$])\$(?![\w{$])/g;
/** A member that is named as it stands: `.name`, `?.name`, `["name"]`, `[12]`. */
const MEMBER =
  /\s*(?:\?\.\s*(?!\[)|\.\s*)([A-Za-z_$][\w$]*)|\s*(?:\?\.\s*)?\[\s*(?:"([^"\n]*)"|'([^'\n]*)'|(0|[1-9]\d{0,14}))\s*\]/y;
const CALL = /\s*(?:\?\.\s*)?[(`]/y;

/**
 * Which members of `$` a script can read, so that only these have to be handed to it. Errs on the side of too many:
 * names in texts and comments count too.
 * @returns `undefined` when it may read all of them.
 */
export function readsOfScript(script: string): ScriptReads | undefined {
  if (REFLECTIVE.test(script) || UNUSUAL.test(script)) return undefined;
  const reads = new Map<string, Set<string> | "all">();
  for (const use of script.matchAll(USES)) {
    const member = memberAt(script, use.index + 1);
    // A method of `$` itself may give any member.
    if (member === undefined || isCalled(script, member.end)) return undefined;
    const known = reads.get(member.name);
    const within = memberAt(script, member.end);
    if (within === undefined || isCalled(script, within.end)) reads.set(member.name, "all");
    else if (known === undefined) reads.set(member.name, new Set([within.name]));
    else if (known !== "all") known.add(within.name);
  }
  return reads;
}

function memberAt(
  script: string,
  at: number,
): { readonly name: string; readonly end: number } | undefined {
  MEMBER.lastIndex = at;
  const found = MEMBER.exec(script);
  if (found === null) return undefined;
  const name = found[1] ?? found[2] ?? found[3] ?? found[4] ?? "";
  return { name, end: MEMBER.lastIndex };
}

function isCalled(script: string, at: number): boolean {
  CALL.lastIndex = at;
  return CALL.test(script);
}
