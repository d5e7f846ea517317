/** Puts a memory back to what it was. */
export type Restore = () => void;

const STEP_BYTES = 4096;
/** A smaller gap is not worth two copies. */
const GAP_BYTES_MIN = 1024 * 1024;
/** Around the gap, for variables that were zero and frames that were in use when the snapshot was taken. */
const MARGIN_BYTES = 64 * 1024;

/**
 * Remembers what a program in WebAssembly has in its memory: variables, then a large stack that is almost empty, then
 * the heap. (`|vars|   stack   |heap|  free  |`, of 16 MB some 300 KB.) The unused stack is not remembered, nor what
 * lies behind the heap: a program makes no assumption on either. Memory that has been added since stays.
 */
export function takeSnapshot(memory: { readonly buffer: ArrayBuffer }): Restore {
  const all = new Uint8Array(memory.buffer);
  const { start, end, top } = largestGap(all);
  const low = all.slice(0, start);
  const high = all.slice(end, top);
  return () => {
    const bytes = new Uint8Array(memory.buffer);
    bytes.set(low, 0);
    bytes.set(high, end);
  };
}

/** The longest run of zeroes before `top`, behind which there is nothing else. */
function largestGap(all: Uint8Array): { start: number; end: number; top: number } {
  let top = all.length;
  while (top > 0 && isEmpty(all, top - STEP_BYTES)) top -= STEP_BYTES;
  let gap = { start: 0, end: 0 };
  for (let start = 0; start < top; start += STEP_BYTES) {
    let end = start;
    while (end < top && isEmpty(all, end)) end += STEP_BYTES;
    if (end - start > gap.end - gap.start) gap = { start, end };
    start = end;
  }
  if (gap.end - gap.start < GAP_BYTES_MIN) return { start: 0, end: 0, top };
  return { start: gap.start + MARGIN_BYTES, end: gap.end - MARGIN_BYTES, top };
}

function isEmpty(all: Uint8Array, start: number): boolean {
  for (let index = start; index < start + STEP_BYTES; index++) if (all[index] !== 0) return false;
  return true;
}
