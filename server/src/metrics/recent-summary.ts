import type { Registry } from "prom-client";

const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99];
/** Quantiles are of the last so many observations: an observation is a store into a ring, and sorting waits for a scrape. */
const RECENT_MAX = 512;

type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly labels: Labels;
  readonly recent: Float64Array;
  count: number;
  sum: number;
  max: number;
}

interface Sample {
  readonly metricName: string;
  readonly labels: Labels;
  readonly value: number;
}

/**
 * A summary of durations in seconds, named as Micrometer names timers: `NAME_seconds` with quantiles, `_count` and
 * `_sum`, and the gauge `NAME_seconds_max`. prom-client's own summary costs several µs per observation: too much for
 * the hot path.
 */
export class RecentSummary {
  readonly name: string;
  readonly help: string;
  readonly type = "summary";
  readonly aggregator = "sum";
  readonly #labelNames: readonly string[];
  readonly #series = new Map<string, Series>();

  constructor(
    registry: Registry,
    options: { readonly name: string; readonly help: string; readonly labels: readonly string[] },
  ) {
    this.name = `${options.name}_seconds`;
    this.help = options.help;
    this.#labelNames = options.labels;
    register(registry, this);
    register(registry, {
      name: `${this.name}_max`,
      help: `${options.help} (longest since the start)`,
      type: "gauge",
      aggregator: "max",
      get: async () => this.#read("gauge", `${this.name}_max`, (series) => this.#maxOf(series)),
    });
  }

  /** @param values - of the labels, in their order. */
  observe(values: readonly string[], seconds: number): void {
    const key = values.join("\u0000");
    let series = this.#series.get(key);
    if (series === undefined) {
      series = this.#newSeries(values);
      this.#series.set(key, series);
    }
    series.recent[series.count % RECENT_MAX] = seconds;
    series.count += 1;
    series.sum += seconds;
    if (seconds > series.max) series.max = seconds;
  }

  /** What the registry asks for at a scrape. */
  async get(): Promise<object> {
    return this.#read("summary", this.name, (series) => this.#samplesOf(series));
  }

  reset(): void {
    this.#series.clear();
  }

  #newSeries(values: readonly string[]): Series {
    const labels = Object.fromEntries(
      this.#labelNames.map((name, index) => [name, values[index] ?? ""]),
    );
    return { labels, recent: new Float64Array(RECENT_MAX), count: 0, sum: 0, max: 0 };
  }

  #read(type: string, name: string, samples: (series: Series) => Sample[]): object {
    const values = [...this.#series.values()].flatMap(samples);
    return { name, help: this.help, type, aggregator: this.aggregator, values };
  }

  #samplesOf(series: Series): Sample[] {
    const { labels } = series;
    const sorted = series.recent.slice(0, Math.min(series.count, RECENT_MAX)).sort();
    const quantiles = QUANTILES.map((quantile) => ({
      metricName: this.name,
      labels: { ...labels, quantile: String(quantile) },
      value: sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0,
    }));
    return [
      ...quantiles,
      { metricName: `${this.name}_count`, labels, value: series.count },
      { metricName: `${this.name}_sum`, labels, value: series.sum },
    ];
  }

  #maxOf(series: Series): Sample[] {
    return [{ metricName: `${this.name}_max`, labels: series.labels, value: series.max }];
  }
}

interface Collector {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  get(): Promise<object>;
}

/** The registry takes whatever answers `get()`; its types only know the kinds it ships. */
function register(registry: Registry, collector: Collector): void {
  registry.registerMetric(collector as unknown as Parameters<Registry["registerMetric"]>[0]);
}
