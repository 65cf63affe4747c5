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
