/** A burst shorter than this has no rate of its own: two pictures at once are not 500 a second. */
const SHORTEST_MS = 500;

/** Numbers of the last few seconds, for rates and percentiles. Times are milliseconds on one clock. */
export class SlidingWindow {
  readonly #spanMs: number;
  #entries: { at: number; value: number }[] = [];

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  push(at: number, value = 1): void {
    this.#entries.push({ at, value });
    this.#drop(at);
  }

  /** Entries a second: intervals, not entries, are counted, so 30 Hz reads 30 and not 30.5. */
  rate(now: number): number {
    this.#drop(now);
    const first = this.#entries[0];
    const last = this.#entries.at(-1);
    if (!first || !last || last === first) return 0;
    const intervals = this.#entries.length - 1;
    const mean = Math.max(SHORTEST_MS, last.at - first.at) / intervals;
    // While entries come, the mean interval holds. When they stop, the silence counts.
    const silence = now - last.at;
    return 1000 / (silence > 2 * mean ? (now - first.at) / intervals : mean);
  }

  /** Nearest-rank percentiles, p in 0..1; null where nothing is in the window. */
  percentiles<const P extends readonly number[]>(now: number, ps: P): { [I in keyof P]: number } | null {
    this.#drop(now);
    if (this.#entries.length === 0) return null;
    const sorted = this.#entries.map((e) => e.value).sort((a, b) => a - b);
    return ps.map((p) => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] as number) as {
      [I in keyof P]: number;
    };
  }

  clear(): void {
    this.#entries = [];
  }

  #drop(now: number): void {
    const keep = this.#entries.findIndex((e) => e.at > now - this.#spanMs);
    if (keep < 0) this.#entries = [];
    else if (keep > 0) this.#entries.splice(0, keep);
  }
}
