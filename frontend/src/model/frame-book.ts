/** Remembers what was said of recent frames, by seq, so that the painted one finds its own. */
export class FrameBook<T> {
  /** More than the frames that can be on their way at once. */
  static readonly KEPT = 240;
  readonly #bySeq = new Map<number, T>();

  add(seq: number, said: T): void {
    this.#bySeq.set(seq, said);
    if (this.#bySeq.size > FrameBook.KEPT) {
      const oldest = this.#bySeq.keys().next();
      if (!oldest.done) this.#bySeq.delete(oldest.value);
    }
  }

  of(seq: number): T | null {
    return this.#bySeq.get(seq) ?? null;
  }

  clear(): void {
    this.#bySeq.clear();
  }
}
