/**
 * Pauses between tries: the ceiling doubles from 1 s to 10 s, and each pause is drawn
 * from its upper half, so that many pages do not come back at the same instant.
 */
export class Backoff {
  static readonly FIRST_MS = 1000;
  static readonly LAST_MS = 10_000;
  #ceilingMs = Backoff.FIRST_MS;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The next pause: 500 ms to 10 s. */
  nextMs(): number {
    const ceiling = this.#ceilingMs;
    this.#ceilingMs = Math.min(ceiling * 2, Backoff.LAST_MS);
    return ceiling * (0.5 + 0.5 * this.#random());
  }

  reset(): void {
    this.#ceilingMs = Backoff.FIRST_MS;
  }
}
