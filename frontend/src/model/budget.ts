/**
 * Where a frame's time went, from the camera to this screen.
 * In: the server's budget of a frame and what the player measured on the same frame.
 * Out: stages in order, in milliseconds.
 */
import type { FrameEvent } from '../net/wire';
import type { Painted } from '../player/protocol';

/** `parts`, where there are several, share the stage's time; what they leave is its own. */
export type Stage = { name: string; ms: number; parts?: StagePart[] };
/** What one took at its last turn; it is part of this frame's time where it ran. */
export type StagePart = { name: string; ms: number; ran: boolean };

/** `painted` and `analyzers` must be of the same frame as the budget. */
export function stages(
  budgetUs: Readonly<Record<string, number>>,
  painted: Painted | null,
  analyzers: FrameEvent['analyzers'] = null,
): Stage[] {
  const out: Stage[] = [];
  const parts = analyzers?.map(({ name, us, ran }) => ({ name, ms: us / 1000, ran })) ?? [];
  for (const [name, us] of Object.entries(budgetUs)) {
    if (name === 'age') continue;
    out.push({ name, ms: us / 1000, ...(name === 'analysis' && parts.length > 1 ? { parts } : {}) });
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
