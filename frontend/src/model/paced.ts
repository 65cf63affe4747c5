/**
 * Calls a function with the newest of what it is given: one call at a time, and no sooner
 * than an interval after the one before. What a newer one overtakes while it waits is never
 * called; the last one always is. A slot, as the server has one for its frames.
 */
export class Paced<T> {
  readonly #call: (value: T) => Promise<void>;
  readonly #intervalMs: number;
  #waiting: { value: T } | null = null;
  #busy = false;

  /** `call` must not reject. */
  constructor(call: (value: T) => Promise<void>, intervalMs: number) {
    this.#call = call;
    this.#intervalMs = intervalMs;
  }

  push(value: T): void {
    this.#waiting = { value };
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#waiting) {
      const { value } = this.#waiting;
      this.#waiting = null;
      const pause = new Promise((resolve) => setTimeout(resolve, this.#intervalMs));
      await this.#call(value);
      await pause;
    }
    this.#busy = false;
  }
}
