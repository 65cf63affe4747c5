import { describe, expect, it } from 'vitest';
import { goalsOf } from '../src/model/goals';
import { checkOption, sliderStep } from '../src/model/options';
import { compare } from '../src/model/theory';
import { decode } from '../src/net/decode';
import * as wire from '../src/net/wire';
import { describeGoal, describeRunning } from '../src/ui/wording';

const theory = { ceiling_fps: 30, fps: 28.9, skipped: 0.036, late: 0.002, age_ms: 108.2, age_p95_ms: 163 };
const observed = { fps: 28.8, skipped: 0.04, late: 0, age_ms: 109.1, age_p95_ms: 160.2, jitter_ms: 27.5 };

const json = {
  mode: 'auto',
  running: 'pool',
  workers: { asked: 0, max: 16, working: 4, busy: 3, limit: null },
  max_age_ms: 200,
  max_reorder_wait_ms: 12.5,
  target_fps: 28,
  reason: '4 workers: 28 fps wanted, an analysis takes 112 ms',
  analyzer: 'simulate',
  spec: 'simulate?spread=0.3',
  parts: [{ name: 'simulate', rate: 0 }],
  fallback: null,
  params: { spread: '0.3' },
  stateful: false,
  simulated: true,
  freshness: 'throughput',
  paused: false,
  overlay: { boxes: true },
  error: null,
  service_ms: { mean: 100.4, p50: 97.1, p90: 139.2, spread: 0.29, samples: 64 },
  theory,
  observed,
};

function pipeline(change: object = {}): wire.Pipeline {
  const got = decode(wire.pipeline, { ...json, ...change });
  if (!got.ok) throw new Error(got.error);
  return got.value;
}

describe('the pipeline on the wire', () => {
  it('arrives as it was sent', () => expect(pipeline()).toEqual(json));

  it.each(['reason', 'service_ms', 'theory', 'observed'] as const)('%s may not be known yet', (key) => {
    expect(pipeline({ [key]: null })[key]).toBeNull();
  });

  it.each([
    [{ mode: 'both' }, 'mode: want one of serial, pool, auto, got string'],
    [{ running: 'auto' }, 'running: want one of serial, pool, got string'],
    [{ workers: 4 }, 'workers: want an object, got number'],
    [{ theory: { ...theory, late: null } }, 'theory.late: want a number, got null'],
    [{ observed: theory }, 'observed.jitter_ms: want a number, got nothing'],
  ])('%j is refused', (change, error) => {
    expect(decode(wire.pipeline, { ...json, ...change })).toEqual({ ok: false, error });
  });
});

describe('compare', () => {
  it('puts what is expected beside what is observed', () => {
    expect(compare(pipeline()).map((row) => [row.name, row.unit, row.expected, row.observed])).toEqual([
      ['ceiling', 'fps', 30, null],
      ['fps', 'fps', 28.9, 28.8],
      ['skipped', 'share', 0.036, 0.04],
      ['late', 'share', 0.002, 0],
      ['age', 'ms', 108.2, 109.1],
      ['ageP95', 'ms', 163, 160.2],
      ['jitter', 'ms', null, 27.5],
    ]);
  });

  it.each([
    ['theory', 'expected'],
    ['observed', 'observed'],
  ] as const)('invents nothing where %s is not known', (key, column) => {
    const rows = compare(pipeline({ [key]: null }));
    expect(rows).toHaveLength(7);
    expect(rows.every((row) => row[column] === null)).toBe(true);
  });
});

describe('goals', () => {
  it.each([
    ['serial', []],
    ['pool', ['workers', 'max_age_ms', 'max_reorder_wait_ms']],
    ['auto', ['target_fps', 'max_age_ms', 'workers', 'max_reorder_wait_ms']],
  ])('those of mode %s are those with an effect there', (mode, names) => {
    expect(goalsOf(pipeline({ mode })).map((g) => g.name)).toEqual(names);
  });

  it('have the values that the server told', () => {
    const values = Object.fromEntries(goalsOf(pipeline()).map((g) => [g.name, g.value]));
    expect(values).toEqual({ target_fps: 28, max_age_ms: 200, workers: 0, max_reorder_wait_ms: 12.5 });
  });

  it('are checked against what the server accepts', () => {
    const flaws = (name: string, text: string) => {
      const goal = goalsOf(pipeline()).find((g) => g.name === name);
      return goal && checkOption(goal.option, text)?.kind;
    };
    expect(flaws('workers', '16')).toBeUndefined();
    expect(flaws('workers', '17')).toBe('above');
    expect(flaws('workers', '1.5')).toBe('whole');
    expect(flaws('max_age_ms', '33.3')).toBeUndefined();
    expect(flaws('max_age_ms', '200ms')).toBe('number');
    expect(flaws('target_fps', '-1')).toBe('below');
  });

  it('have a slider only where a hand can hit what it means', () => {
    const withSlider = goalsOf(pipeline()).filter((g) => sliderStep(g.option) !== null);
    expect(withSlider.map((g) => g.name)).toEqual(['workers']);
  });

  it('say what the number of workers means in each mode', () => {
    expect(describeGoal('workers', 'pool').doc).not.toBe(describeGoal('workers', 'auto').doc);
    expect(describeGoal('max_age_ms', 'pool')).toEqual(describeGoal('max_age_ms', 'auto'));
  });
});

describe('describeRunning', () => {
  it('says why, where the server has chosen', () => {
    expect(describeRunning(pipeline())).toBe(`Analysis: pool (${json.reason})`);
    expect(describeRunning(pipeline({ running: 'serial', reason: null }))).toBe('Analysis: serial');
  });
});
