/**
 * The recent past for the charts: a ring of rows, each a moment and one number per series.
 * In: rows, in order of time. Out: columns. A number that is not known is null and makes a
 * hole in the line, never a zero.
 */
export class History<K extends string> {
  #next = 0;
  #length = 0;
  readonly #capacity: number;
  readonly #times: Float64Array;
  readonly #series: Record<K, Float64Array>;

  constructor(capacity: number, keys: readonly K[]) {
    if (!(capacity > 0)) throw new RangeError(`History needs room for at least one row, got ${capacity}`);
    this.#capacity = capacity;
    this.#times = new Float64Array(capacity);
    this.#series = Object.fromEntries(keys.map((k) => [k, new Float64Array(capacity)])) as Record<
      K,
      Float64Array
    >;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a row at a moment in seconds; the oldest leaves when the ring is full. */
  push(time: number, row: Readonly<Record<K, number | null>>): void {
    this.#times[this.#next] = time;
    for (const key of this.#keys()) this.#series[key][this.#next] = row[key] ?? Number.NaN;
    this.#next = (this.#next + 1) % this.#capacity;
    this.#length = Math.min(this.#length + 1, this.#capacity);
  }

  /** A hole in every line: here nobody looked. */
  breakLines(time: number): void {
    if (this.#length === 0) return;
    this.push(time, Object.fromEntries(this.#keys().map((k) => [k, null])) as Record<K, null>);
  }

  /** The moments not older than `since`, oldest first. */
  times(since: number): number[] {
    return this.#read(this.#times, since);
  }

  /** One series over the same moments as `times(since)`. */
  column(key: K, since: number): (number | null)[] {
    return this.#read(this.#series[key], since).map((x) => (Number.isNaN(x) ? null : x));
  }

  /** The newest row's number. */
  latest(key: K): number | null {
    if (this.#length === 0) return null;
    const x = this.#series[key][(this.#next + this.#capacity - 1) % this.#capacity] ?? Number.NaN;
    return Number.isNaN(x) ? null : x;
  }

  clear(): void {
    this.#next = 0;
    this.#length = 0;
  }

  #keys(): K[] {
    return Object.keys(this.#series) as K[];
  }

  #read(from: Float64Array, since: number): number[] {
    const out: number[] = [];
    const oldest = this.#next - this.#length + this.#capacity;
    for (let i = 0; i < this.#length; i++) {
      const at = (oldest + i) % this.#capacity;
      if ((this.#times[at] as number) >= since) out.push(from[at] as number);
    }
    return out;
  }
}
