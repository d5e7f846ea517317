import { AppError } from "../errors.ts";
import { type Evaluated, failed, type Limits } from "./evaluation.ts";
import { startThread, type Thread } from "./thread.ts";

export interface PoolOptions<Work> {
  /** The thread's file. */
  readonly file: URL;
  readonly threadsMax: number;
  readonly limits: Limits;
  /** A thread that takes longer is stopped, and another one takes its place. */
  readonly stopAfterMs: number;
  /** The text that is evaluated: whether it was slow before is remembered by it. */
  programOf(work: Work): string;
  /** The answer for work whose thread had to be stopped. */
  readonly outOfTime: Evaluated;
  /** The answer for work whose thread had no memory any more. */
  readonly outOfMemory: Evaluated;
}

interface Job<Work> {
  readonly work: Work;
  isSlow: boolean;
  readonly resolve: (evaluated: Evaluated) => void;
  readonly reject: (error: AppError) => void;
}

interface Member<Work> {
  readonly thread: Thread<Work>;
  job: Job<Work> | undefined;
  startedAt: number;
  /** When it turns out to be slow, and then when it does not come back by itself. */
  timer: NodeJS.Timeout | undefined;
}

const WAITING_MAX = 10_000;
/** What takes this long is slow from then on, until it is quicker again. */
const SLOW_MS = 100;
const SLOW_PROGRAMS_MAX = 1000;
/** As many threads in a row died without an answer: then those that wait are refused. */
const DEATHS_MAX = 3;

/**
 * Threads that evaluate, started when there is something to do for them.
 *
 *   run ──► waiting ────┬──► thread: ready ──► busy ──► idle ──► …
 *             │        │                       │
 *             └► slow ─┴──► thread             └─► spent, or not back in time: stopped
 *
 * Slow programs get at most half of the threads. One that turns out to be slow while others have that half is stopped
 * and begins again in its turn; all evaluations may. So what runs for ever delays the others by `SLOW_MS` and the start
 * of a thread, and only when it is new.
 */
export class EvaluationPool<Work> {
  readonly #options: PoolOptions<Work>;
  readonly #members = new Set<Member<Work>>();
  /** The one that worked last is the first to work again. */
  readonly #idle: Member<Work>[] = [];
  readonly #quick = new Queue<Job<Work>>();
  readonly #slow = new Queue<Job<Work>>();
  readonly #slowPrograms = new Set<string>();
  #slowRunning = 0;
  #deaths = 0;
  #isClosed = false;

  constructor(options: PoolOptions<Work>) {
    this.#options = options;
  }

  /** @throws AppError OVERLOADED when too many wait, or no thread can be started; SHUTTING_DOWN when closed. */
  async run(work: Work): Promise<Evaluated> {
    if (this.#isClosed) throw shuttingDown();
    if (this.#quick.size + this.#slow.size >= WAITING_MAX) {
      throw new AppError("OVERLOADED", `${WAITING_MAX} evaluations are waiting`);
    }
    const done = new Promise<Evaluated>((resolve, reject) => {
      this.#quick.push({ work, isSlow: false, resolve, reject });
    });
    this.#dispatch();
    return await done;
  }

  /** What runs and waits is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#refuseAll(shuttingDown());
    await Promise.all(Array.from(this.#members, (member) => this.#remove(member)));
  }

  #dispatch(): void {
    while (this.#idle.length > 0) {
      const job = this.#nextJob();
      if (job === undefined) return;
      const member = this.#idle.pop();
      if (member !== undefined) this.#start(member, job);
    }
    const starting = this.#countStarting();
    const isWanted = this.#quick.size + this.#slow.size > starting;
    if (isWanted && this.#members.size < this.#options.threadsMax) this.#addMember();
  }

  #countStarting(): number {
    let count = 0;
    for (const member of this.#members) {
      if (member.job === undefined && !this.#idle.includes(member)) count++;
    }
    return count;
  }

  #nextJob(): Job<Work> | undefined {
    // One thread for slow ones first: they shall not wait for ever either.
    if (this.#slowRunning === 0 && this.#slow.size > 0) return this.#slow.shift();
    for (let job = this.#quick.shift(); job !== undefined; job = this.#quick.shift()) {
      job.isSlow = this.#slowPrograms.has(this.#options.programOf(job.work));
      if (!job.isSlow || this.#slowRunning === 0) return job;
      this.#slow.push(job);
    }
    return this.#slowRunning < this.#slowMax ? this.#slow.shift() : undefined;
  }

  get #slowMax(): number {
    return Math.max(1, Math.floor(this.#options.threadsMax / 2));
  }

  #start(member: Member<Work>, job: Job<Work>): void {
    member.job = job;
    member.startedAt = performance.now();
    member.timer = setTimeout(() => this.#takesLong(member, job), SLOW_MS);
    if (job.isSlow) this.#slowRunning++;
    member.thread.run(job.work);
  }

  #takesLong(member: Member<Work>, job: Job<Work>): void {
    // A single thread cannot be shared.
    if (!job.isSlow && this.#options.threadsMax > 1) {
      this.#remember(job, SLOW_MS);
      if (this.#slowRunning >= this.#slowMax) {
        member.job = undefined;
        this.#slow.push(job);
        void this.#remove(member);
        this.#dispatch();
        return;
      }
      this.#slowRunning++;
    }
    job.isSlow = true;
    member.timer = setTimeout(
      () => this.#replace(member, this.#options.outOfTime),
      this.#options.stopAfterMs - SLOW_MS,
    );
  }

  #addMember(): void {
    const thread = startThread<Work>(this.#options.file, this.#options.limits, {
      ready: () => this.#becomeIdle(member),
      answered: ({ evaluated, isSpent }) => {
        this.#deaths = 0;
        if (isSpent) {
          this.#replace(member, evaluated);
        } else {
          this.#finish(member, evaluated);
          this.#becomeIdle(member);
        }
      },
      died: (error) => this.#died(member, error),
    });
    const member: Member<Work> = { thread, job: undefined, startedAt: 0, timer: undefined };
    this.#members.add(member);
  }

  #becomeIdle(member: Member<Work>): void {
    if (!this.#members.has(member)) return;
    this.#idle.push(member);
    this.#dispatch();
  }

  #finish(member: Member<Work>, evaluated: Evaluated): void {
    const { job } = member;
    clearTimeout(member.timer);
    member.job = undefined;
    if (job === undefined) return;
    if (job.isSlow) this.#slowRunning--;
    this.#remember(job, performance.now() - member.startedAt);
    job.resolve(evaluated);
  }

  #remember(job: Job<Work>, elapsedMs: number): void {
    const program = this.#options.programOf(job.work);
    this.#slowPrograms.delete(program);
    if (elapsedMs < SLOW_MS || this.#options.threadsMax === 1) return;
    this.#slowPrograms.add(program);
    const [oldest] = this.#slowPrograms;
    if (this.#slowPrograms.size > SLOW_PROGRAMS_MAX && oldest !== undefined) {
      this.#slowPrograms.delete(oldest);
    }
  }

  #replace(member: Member<Work>, evaluated: Evaluated): void {
    this.#finish(member, evaluated);
    void this.#remove(member);
    this.#dispatch();
  }

  #died(member: Member<Work>, error: unknown): void {
    this.#deaths++;
    const isFull = error instanceof Error && "code" in error && error.code === OUT_OF_MEMORY;
    const text = error instanceof Error ? error.message : String(error);
    this.#replace(member, isFull ? this.#options.outOfMemory : failed(`evaluation ended: ${text}`));
    if (this.#deaths < DEATHS_MAX) return;
    this.#deaths = 0;
    this.#refuseAll(new AppError("OVERLOADED", `no thread can be started: ${text}`));
  }

  async #remove(member: Member<Work>): Promise<void> {
    clearTimeout(member.timer);
    member.job?.reject(shuttingDown());
    this.#members.delete(member);
    const index = this.#idle.indexOf(member);
    if (index >= 0) this.#idle.splice(index, 1);
    await member.thread.stop();
  }

  #refuseAll(error: AppError): void {
    for (const queue of [this.#quick, this.#slow]) {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) job.reject(error);
    }
  }
}

/** Node's, for a thread that went beyond its `resourceLimits`. */
const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

function shuttingDown(): AppError {
  return new AppError("SHUTTING_DOWN", "the server is shutting down");
}

/** First in, first out. */
class Queue<T> {
  #items: T[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
