/** What is open around the current place: an object, other brackets, an `if`, or a text's `\(`. */
interface Frame {
  readonly closedBy: "}" | ")" | "]" | "end" | "text";
  /** Within an object: where in the output its current value begins. */
  valueAt: number | undefined;
  hasOperator: boolean;
}

const TOKEN =
  /\s+|#[^\n]*|"|\.?\.[A-Za-z_]\w*|[$@]?[A-Za-z_][\w:]*(?<!:)|\d[\w.]*|\.\.|\?\/\/=?|\/\/=?|[-+*/%=!<>|]=|[^]/gy;
const OPERATOR = /^(?:[-+*/%<>=]|[-+*/%=!<>|]=|\?\/\/=?|\/\/=?|and|or)$/;
const CLOSER = { "{": "}", "(": ")", "[": "]" } as const;

/**
 * Puts values of objects with operators into parentheses: `{a: .b + 1}` becomes `{a: (.b + 1)}`, which means the same.
 * The reference's jq takes both, jq itself only the second.
 * @returns the program as it was when there is nothing to be done
 */
export function withWrappedValues(program: string): string {
  const wrapper: Wrapper = { program, out: [], frames: [] };
  TOKEN.lastIndex = 0;
  for (let token = nextToken(program); token !== undefined; token = nextToken(program)) {
    const frame = wrapper.frames.at(-1);
    const isKey = frame?.closedBy === "}" && frame.valueAt === undefined;
    if (frame?.closedBy === "}" && (token === "," || token === "}")) endValue(frame, wrapper.out);
    wrapper.out.push(token);
    if (frame !== undefined) {
      if (!isKey) frame.hasOperator ||= OPERATOR.test(token);
      else if (token === ":") frame.valueAt = wrapper.out.length;
    }
    openOrClose(wrapper, token, isKey);
  }
  return wrapper.out.join("");
}

interface Wrapper {
  readonly program: string;
  readonly out: string[];
  readonly frames: Frame[];
}

function openOrClose(wrapper: Wrapper, token: string, isKey: boolean): void {
  const { frames } = wrapper;
  const closedBy = frames.at(-1)?.closedBy;
  if (token === "{" || token === "(" || token === "[") open(frames, CLOSER[token]);
  else if (token === "if" && !isKey) open(frames, "end");
  else if (token === '"') copyText(wrapper);
  else if (token === ")" && closedBy === "text") {
    frames.pop();
    copyText(wrapper);
  } else if (token === closedBy) frames.pop();
}

function open(frames: Frame[], closedBy: Frame["closedBy"]): void {
  frames.push({ closedBy, valueAt: undefined, hasOperator: false });
}

function nextToken(program: string): string | undefined {
  return TOKEN.lastIndex < program.length ? TOKEN.exec(program)?.[0] : undefined;
}

/** Copies the rest of a text up to its end, or up to a `\(` that opens a frame. */
function copyText({ program, out, frames }: Wrapper): void {
  const rest = /(?:[^"\\]|\\[^(])*(?:"|\\\(|$)/y;
  rest.lastIndex = TOKEN.lastIndex;
  const text = rest.exec(program)?.[0] ?? "";
  out.push(text);
  TOKEN.lastIndex += text.length;
  if (text.endsWith("\\(")) open(frames, "text");
}

function endValue(frame: Frame, out: string[]): void {
  if (frame.valueAt !== undefined && frame.hasOperator) {
    out.splice(frame.valueAt, 0, "(");
    out.push(")");
  }
  frame.valueAt = undefined;
  frame.hasOperator = false;
}
