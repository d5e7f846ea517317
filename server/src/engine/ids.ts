import { createHash } from "node:crypto";

/**
 * Ids without a call into the operating system for each: 128 random bits seed a small generator (sfc32), which gives
 * the ids and the jitter of one decision. The same seed and time give the same ids in the same order.
 */
export interface Seed {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

const SEED_BYTES = 16;
const POOLED_SEEDS = 256;
const WARM_UP_ROUNDS = 12;

/** Gives fresh seeds; asks for random bytes many seeds at a time. */
export function createSeeds(randomBytes: (count: number) => Uint8Array): () => Seed {
  let view: DataView = new DataView(new ArrayBuffer(0));
  let offset = 0;
  return () => {
    if (offset === view.byteLength) {
      const bytes = randomBytes(SEED_BYTES * POOLED_SEEDS);
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      offset = 0;
    }
    const at = offset;
    offset += SEED_BYTES;
    return {
      a: view.getInt32(at),
      b: view.getInt32(at + 4),
      c: view.getInt32(at + 8),
      d: view.getInt32(at + 12),
    };
  };
}

export interface IdSource {
  /** Starts over with this seed; ids carry `now`, epoch ms. */
  begin(seed: Seed, now: number): void;
  /** A UUID version 7. */
  newId(): string;
  /** A fraction in [0, 1). */
  random(): number;
}

export function createIdSource(): IdSource {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let time = 0;

  function next(): number {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  return {
    begin(seed, now) {
      ({ a, b, c, d } = seed);
      time = now;
      for (let round = 0; round < WARM_UP_ROUNDS; round++) next();
    },
    newId() {
      return uuid7(time, next(), next(), next());
    },
    random() {
      return next() / 2 ** 32;
    },
  };
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, n) =>
  n.toString(16).padStart(2, "0"),
);

/** Source: RFC 9562, 5.7; `x` gives the 12 bits of rand_a, `y` and `z` the 62 of rand_b. */
function uuid7(time: number, x: number, y: number, z: number): string {
  return (
    `${hex16(time / 2 ** 32)}${hex16(time / 2 ** 16)}-${hex16(time)}` +
    `-${hex16(0x7000 | (x & 0x0fff))}-${hex16(0x8000 | (y & 0x3fff))}` +
    `-${hex16(y >>> 16)}${hex16(z >>> 16)}${hex16(z)}`
  );
}

/** The lowest 16 bits of the integer part. */
function hex16(n: number): string {
  return `${HEX[(n >>> 8) & 0xff] ?? ""}${HEX[n & 0xff] ?? ""}`;
}

/** The name-based UUID (version 3 bits, no namespace) of a text. Source: `java.util.UUID.nameUUIDFromBytes`. */
export function nameUuid(text: string): string {
  const digest = createHash("md5").update(text, "utf8").digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x30, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const text16 = digest.toString("hex");
  return (
    `${text16.slice(0, 8)}-${text16.slice(8, 12)}-${text16.slice(12, 16)}` +
    `-${text16.slice(16, 20)}-${text16.slice(20)}`
  );
}
