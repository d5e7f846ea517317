/**
 * What is within the sandbox before the script is, and works after it. These functions are handed over as text: they
 * can use each other, but nothing else from outside, and no newer JavaScript than the sandbox has.
 *
 * The input becomes `$`: ordinary objects and arrays, whose prototypes add the methods and the text form that the
 * reference's collections have. (Everything a script makes itself is ordinary.) A script can break what is in here
 * only for itself: every evaluation has a sandbox of its own. But JSON it has to be, whatever the script has broken:
 * so what writes it uses natives that were taken before.
 */

/** What the host calls. */
export interface Tools {
  /**
   * Before the script.
   * @param input - JSON text of what becomes `$`
   * @param seed - four integers for `Math.random`
   */
  open(input: string, ...seed: number[]): void;
  /** JSON text of the script's value, numbers as the reference writes them. */
  result(value: unknown): string;
  /** JSON text of a `Thrown`. */
  describe(thrown: unknown): string;
}

function makeTools(): Tools {
  const natives = takeNatives();
  const asHost = makeHostCollections(natives);
  const own = watchErrors(natives);
  return {
    open: (input, ...seed) => {
      seedRandom(natives, seed);
      natives.defineProperty(globalThis, "$", {
        value: asHost(natives.parse(input)),
        writable: true,
        configurable: true,
        enumerable: true,
      });
    },
    result: makeJsonWriter(natives),
    describe: (thrown) => describeThrown(natives, own, thrown),
  };
}

type Natives = ReturnType<typeof takeNatives>;

function takeNatives() {
  return {
    apply: Reflect.apply as (target: unknown, self: unknown, given: unknown[]) => unknown,
    construct: Reflect.construct,
    keys: Object.keys,
    entries: Object.entries,
    hasOwn: Object.hasOwn,
    setPrototypeOf: Object.setPrototypeOf as (object: object, prototype: object) => unknown,
    defineProperty: Object.defineProperty,
    isArray: Array.isArray,
    parse: JSON.parse as (text: string) => unknown,
    stringify: JSON.stringify as (value: unknown) => string,
    isSafeInteger: Number.isSafeInteger,
    isInteger: Number.isInteger,
    isFinite: Number.isFinite,
    toExponential: Number.prototype.toExponential,
    forEach: Map.prototype.forEach,
    includes: String.prototype.includes,
    replace: String.prototype.replace,
    add: WeakSet.prototype.add,
    has: WeakSet.prototype.has,
    Text: String,
    Big: BigInt,
    Map,
    Error,
  };
}

/** @returns what turns parsed JSON into collections like those of the reference, in place */
function makeHostCollections(natives: Natives): (value: unknown) => unknown {
  const { isArray, setPrototypeOf } = natives;
  const HostList = makeHostList(natives);
  const HostMap = makeHostMap(natives, HostList);
  // So that they look, and `map` and `filter` make new ones, like those of the script.
  Reflect.deleteProperty(HostList, "constructor");
  Reflect.deleteProperty(HostMap, "constructor");
  function asHost(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (isArray(value)) for (let index = 0; index < value.length; index++) asHost(value[index]);
    else for (const key in value) asHost((value as Record<string, unknown>)[key]);
    return setPrototypeOf(value, isArray(value) ? HostList : HostMap);
  }
  return asHost;
}

function makeHostList(natives: Natives): object {
  class HostList extends Array<unknown> {
    get(index: number): unknown {
      if (index >= 0 && index < this.length) return this[index];
      throw new RangeError(`Index ${index} out of bounds for length ${this.length}`);
    }
    size(): number {
      return this.length;
    }
    isEmpty(): boolean {
      return this.length === 0;
    }
    contains(value: unknown): boolean {
      return this.includes(value);
    }
    add(value: unknown): boolean {
      this.push(value);
      return true;
    }
    override toString(): string {
      return javaText(natives, this);
    }
    [Symbol.toPrimitive](): string {
      return javaText(natives, this);
    }
  }
  return HostList.prototype;
}

function makeHostMap(natives: Natives, listPrototype: object): object {
  const { keys, entries, hasOwn, setPrototypeOf } = natives;
  const listOf = (values: unknown[]): unknown => setPrototypeOf(values, listPrototype);
  class HostMap {
    [key: string]: unknown;
    get(key: string): unknown {
      return hasOwn(this, key) ? this[key] : null;
    }
    getOrDefault(key: string, other: unknown): unknown {
      return hasOwn(this, key) ? this[key] : other;
    }
    put(key: string, value: unknown): unknown {
      const before = hasOwn(this, key) ? this[key] : null;
      this[key] = value;
      return before;
    }
    size(): number {
      return keys(this).length;
    }
    isEmpty(): boolean {
      return keys(this).length === 0;
    }
    containsKey(key: string): boolean {
      return hasOwn(this, key);
    }
    containsValue(value: unknown): boolean {
      return Object.values(this).includes(value);
    }
    keySet(): unknown {
      return listOf(keys(this));
    }
    values(): unknown {
      return listOf(Object.values(this));
    }
    entrySet(): unknown {
      const asEntry = ([key, value]: [string, unknown]) => ({
        getKey: () => key,
        getValue: () => value,
      });
      return listOf(entries(this).map(asEntry));
    }
    toString(): string {
      return javaText(natives, this);
    }
    [Symbol.toPrimitive](): string {
      return javaText(natives, this);
    }
    [Symbol.iterator](): Iterator<unknown> {
      return entries(this)[Symbol.iterator]();
    }
  }
  return HostMap.prototype;
}

/** As Java prints it: `{k=v}`, `[a, b]`. */
function javaText(natives: Natives, value: unknown): string {
  if (typeof value === "number") return numberText(natives, value);
  if (typeof value !== "object" || value === null) return natives.Text(value);
  let text = "";
  if (natives.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      text += (index === 0 ? "" : ", ") + javaText(natives, value[index]);
    }
    return `[${text}]`;
  }
  for (const [key, item] of natives.entries(value)) {
    text += `${text === "" ? "" : ", "}${key}=${javaText(natives, item)}`;
  }
  return `{${text}}`;
}

/** As the reference prints it: an integer of up to 64 bits with all its digits, all else as a double of Java. */
function numberText(natives: Natives, value: number): string {
  const { apply, isSafeInteger, isInteger, isFinite, Text, Big } = natives;
  if (isSafeInteger(value) || !isFinite(value)) return Text(value);
  const size = value < 0 ? -value : value;
  if (isInteger(value) && size < 2 ** 63) return Text(Big(value));
  if (size >= 1e-3 && size < 1e7) return Text(value);
  const text = apply(natives.toExponential, value, []) as string;
  const hasPoint = apply(natives.includes, text, ["."]) as boolean;
  const mark = size < 1 ? "e" : "e+";
  return apply(natives.replace, text, [mark, hasPoint ? "E" : ".0E"]) as string;
}

function makeJsonWriter(natives: Natives): (value: unknown) => string {
  const { apply, isArray, isFinite, stringify, keys, Text } = natives;
  const depthMax = 1000;

  function jsonOf(value: unknown, depth: number): string {
    switch (typeof value) {
      case "string":
        return stringify(value);
      case "number":
        return isFinite(value) ? numberText(natives, value) : `"${value}"`;
      case "boolean":
        return value ? "true" : "false";
      case "undefined":
        return "null";
      case "object":
      case "function":
        if (value === null) return "null";
        if (depth > depthMax) {
          throw new RangeError(`the result is nested deeper than ${depthMax} levels`);
        }
        return isArray(value) ? jsonOfList(value, depth + 1) : jsonOfObject(value, depth + 1);
      default:
        return "{}";
    }
  }
  function jsonOfList(list: readonly unknown[], depth: number): string {
    let text = "[";
    for (let index = 0; index < list.length; index++) {
      if (index > 0) text += ",";
      text += jsonOf(list[index], depth);
    }
    return `${text}]`;
  }
  function jsonOfObject(object: object, depth: number): string {
    let text = "";
    const append = (value: unknown, key: unknown): void => {
      text += `${text === "" ? "" : ","}${stringify(Text(key))}:${jsonOf(value, depth)}`;
    };
    if (object instanceof natives.Map) {
      apply(natives.forEach, object, [append]);
    } else {
      const names = keys(object);
      for (let index = 0; index < names.length; index++) {
        append((object as Record<string, unknown>)[names[index] as string], names[index]);
      }
    }
    return `{${text}}`;
  }
  return (value) => jsonOf(value, 1);
}

/** @returns the errors that the script makes itself: it is to be seen that the engine did not */
function watchErrors(natives: Natives): WeakSet<object> {
  const { apply, construct, defineProperty } = natives;
  const own = new WeakSet();
  const names = ["Error", "TypeError", "RangeError", "SyntaxError", "ReferenceError"];
  const global = globalThis as unknown as Record<string, ErrorConstructor>;
  const make = (Native: ErrorConstructor, given: unknown[], target: unknown): object => {
    const error = construct(Native, given, target as ErrorConstructor) as object;
    apply(natives.add, own, [error]);
    return error;
  };
  for (const name of [...names, "EvalError", "URIError", "AggregateError"]) {
    const Native = global[name];
    if (Native === undefined) continue;
    const Watched = new Proxy(Native, {
      construct: make,
      apply: (target, _self, given) => make(target, given, target),
    });
    defineProperty(Native.prototype, "constructor", { value: Watched });
    defineProperty(globalThis, name, { value: Watched });
  }
  return own;
}

function describeThrown(natives: Natives, own: WeakSet<object>, thrown: unknown): string {
  const { apply, stringify, Text } = natives;
  if (!(thrown instanceof natives.Error)) {
    const isPrimitive = typeof thrown !== "object" || thrown === null;
    return stringify({ text: isPrimitive ? Text(thrown) : "Error", isOwn: false });
  }
  const { name, message, stack } = thrown;
  const text = message === "" ? Text(name) : `${Text(name)}: ${Text(message)}`;
  return stringify({ text, stack: Text(stack), isOwn: apply(natives.has, own, [thrown]) });
}

/**
 * Every sandbox is a copy of one: without a seed, all of them would draw the same numbers.
 * Source: G. Marsaglia, "Xorshift RNGs" (2003), the generator of 128 bits.
 */
function seedRandom(natives: Natives, seed: readonly number[]): void {
  let [a = 1, b = 2, c = 3, d = 4] = seed;
  const next = (): number => {
    const mixed = a ^ (a << 11);
    a = b;
    b = c;
    c = d;
    d = d ^ (d >>> 19) ^ mixed ^ (mixed >>> 8);
    return d >>> 0;
  };
  const random = (): number => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
  natives.defineProperty(Math, "random", { value: random });
}

const PARTS = [
  takeNatives,
  makeHostCollections,
  makeHostList,
  makeHostMap,
  javaText,
  numberText,
  makeJsonWriter,
  watchErrors,
  describeThrown,
  seedRandom,
  makeTools,
];

/** A script whose value is `Tools`. */
export const SANDBOX_SOURCE: string = `(() => {${PARTS.join("\n")}; return makeTools(); })()`;
