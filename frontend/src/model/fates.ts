/**
 * Fates per second, from the ledger's running totals.
 */
import type { Ledger } from '../net/wire';

/** What can become of a frame, in the order in which the chart stacks it. */
export const fates = ['analyzed', 'displaced', 'late', 'corrupt', 'failed', 'idle', 'shutdown'] as const;
export type Fate = (typeof fates)[number];

/** Frames a second for each fate, and for those lost before the program saw them. */
export type FateRates = Record<Fate | 'lost_upstream', number>;

const counted = [...fates, 'lost_upstream'] as const;

/** What happened between two readings `ms` apart; null where totals ran backwards: another process. */
export function fateRates(before: Ledger, after: Ledger, ms: number): FateRates | null {
  if (ms <= 0) return null;
  const rates = {} as FateRates;
  for (const fate of counted) {
    const n = after[fate] - before[fate];
    if (n < 0) return null;
    rates[fate] = (n * 1000) / ms;
  }
  return rates;
}

/** Fates per second over the last second or so. */
export class FateMeter {
  /** Long enough that 10 frames a second do not flicker between 9 and 11. */
  static readonly SPAN_MS = 1000;
  #readings: { at: number; ledger: Ledger }[] = [];

  /** Takes a reading at a moment in ms and gives the rates since the one about a second ago. */
  read(at: number, ledger: Ledger): FateRates | null {
    const newest = this.#readings.at(-1);
    // Frames come in bursts of events; one reading a moment is enough.
    if (newest && at <= newest.at) return null;
    this.#readings.push({ at, ledger });
    while (this.#readings[1] && this.#readings[1].at <= at - FateMeter.SPAN_MS) this.#readings.shift();
    const first = this.#readings[0];
    if (!first || first.at === at) return null;
    const rates = fateRates(first.ledger, ledger, at - first.at);
    if (!rates) this.#readings = [{ at, ledger }];
    return rates;
  }

  clear(): void {
    this.#readings = [];
  }
}
