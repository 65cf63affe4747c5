/**
 * What can be expected of the pipeline beside what is observed of it.
 * In: the server's account. Out: rows of two numbers each, null where one is not known.
 */
import type { Pipeline } from '../net/wire';

/** Shares are 0..1, ages and intervals milliseconds. */
export type Comparison = {
  name: 'ceiling' | 'fps' | 'skipped' | 'late' | 'age' | 'ageP95' | 'jitter';
  unit: 'fps' | 'share' | 'ms';
  expected: number | null;
  observed: number | null;
};

export function compare({ theory, observed }: Pick<Pipeline, 'theory' | 'observed'>): Comparison[] {
  const both = (name: Comparison['name'], unit: Comparison['unit'], key: Shared): Comparison => ({
    name,
    unit,
    expected: theory?.[key] ?? null,
    observed: observed?.[key] ?? null,
  });
  return [
    { name: 'ceiling', unit: 'fps', expected: theory?.ceiling_fps ?? null, observed: null },
    both('fps', 'fps', 'fps'),
    both('skipped', 'share', 'skipped'),
    both('late', 'share', 'late'),
    both('age', 'ms', 'age_ms'),
    both('ageP95', 'ms', 'age_p95_ms'),
    { name: 'jitter', unit: 'ms', expected: null, observed: observed?.jitter_ms ?? null },
  ];
}

/** What both tell. */
type Shared = keyof NonNullable<Pipeline['theory']> & keyof NonNullable<Pipeline['observed']>;
