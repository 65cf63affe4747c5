/**
 * Where a frame's time went, from the camera to this screen.
 * In: the server's budget of a frame and what the player measured on the same frame.
 * Out: stages in order, in milliseconds.
 */
import type { Painted } from '../player/protocol';

export type Stage = { name: string; ms: number };

/** `painted` must be the same frame as the budget's. */
export function stages(budgetUs: Readonly<Record<string, number>>, painted: Painted | null): Stage[] {
  const out: Stage[] = [];
  for (const [name, us] of Object.entries(budgetUs)) {
    if (name !== 'age') out.push({ name, ms: us / 1000 });
  }
  if (!painted) return out;
  const published = budgetUs['age'];
  if (published !== undefined) {
    // From published to handed to the network: the wait for this client's turn.
    out.push({ name: 'send', ms: Math.max(0, painted.sentAgeMs - published / 1000) });
  }
  out.push({ name: 'decode', ms: painted.waitMs + painted.decodeMs });
  out.push({ name: 'paint', ms: painted.paintMs });
  return out;
}

export function totalMs(of: readonly Stage[]): number {
  return of.reduce((sum, s) => sum + s.ms, 0);
}

/** Remembers the budgets of recent frames, so that the painted one finds its own. */
export class BudgetBook {
  /** More than the frames that can be on their way at once. */
  static readonly KEPT = 240;
  readonly #bySeq = new Map<number, Readonly<Record<string, number>>>();

  add(seq: number, budgetUs: Readonly<Record<string, number>>): void {
    this.#bySeq.set(seq, budgetUs);
    if (this.#bySeq.size > BudgetBook.KEPT) {
      const oldest = this.#bySeq.keys().next();
      if (!oldest.done) this.#bySeq.delete(oldest.value);
    }
  }

  of(seq: number): Readonly<Record<string, number>> | null {
    return this.#bySeq.get(seq) ?? null;
  }

  clear(): void {
    this.#bySeq.clear();
  }
}
