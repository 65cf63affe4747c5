import { describe, expect, it } from 'vitest';
import { stages, totalMs } from '../src/model/budget';
import { FateMeter, fateRates } from '../src/model/fates';
import { FrameBook } from '../src/model/frame-book';
import { History } from '../src/model/history';
import { actionFor } from '../src/model/shortcuts';
import { SlidingWindow } from '../src/model/window';
import type { Ledger } from '../src/net/wire';
import { chooseMode } from '../src/player/player';
import type { Painted } from '../src/player/protocol';

const zero: Ledger = {
  captured: 0,
  analyzed: 0,
  displaced: 0,
  late: 0,
  corrupt: 0,
  failed: 0,
  idle: 0,
  shutdown: 0,
  in_flight: 0,
  lost_upstream: 0,
};

describe('History', () => {
  it.each([1, 2, 3, 7])('keeps the newest rows, in order, with room for %i', (capacity) => {
    const h = new History(capacity, ['a', 'b']);
    for (let n = 1; n <= 20; n++) {
      h.push(n, { a: n, b: n % 2 ? n : null });
      const first = Math.max(1, n - capacity + 1);
      const want = Array.from({ length: n - first + 1 }, (_, i) => first + i);
      expect(h.times(0)).toEqual(want);
      expect(h.column('a', 0)).toEqual(want);
      expect(h.column('b', 0)).toEqual(want.map((x) => (x % 2 ? x : null)));
      expect(h.length).toBe(want.length);
      expect(h.latest('a')).toBe(n);
    }
  });

  it('gives only rows not older than asked, the same in every column', () => {
    const h = new History(10, ['a']);
    for (let n = 0; n < 10; n++) h.push(n, { a: n });
    expect(h.times(7)).toEqual([7, 8, 9]);
    expect(h.column('a', 7)).toEqual([7, 8, 9]);
    expect(h.times(10)).toEqual([]);
  });

  it('breaks every line at once, but has nothing to break at first', () => {
    const h = new History(4, ['a', 'b']);
    h.breakLines(1);
    expect(h.length).toBe(0);
    h.push(1, { a: 1, b: 2 });
    h.breakLines(2);
    expect([h.column('a', 0), h.column('b', 0)]).toEqual([
      [1, null],
      [2, null],
    ]);
    expect(h.latest('a')).toBeNull();
  });

  it('forgets', () => {
    const h = new History(4, ['a']);
    h.push(1, { a: 1 });
    h.clear();
    expect(h.times(0)).toEqual([]);
    expect(h.latest('a')).toBeNull();
  });

  it('refuses to have no room', () => expect(() => new History(0, ['a'])).toThrow(RangeError));
});

describe('SlidingWindow', () => {
  const at30Hz = () => {
    const w = new SlidingWindow(2000);
    for (let i = 0; i <= 90; i++) w.push((i * 1000) / 30);
    return w;
  };

  it('counts intervals, not entries', () => expect(at30Hz().rate(3000)).toBeCloseTo(30, 6));

  it('falls while nothing comes, and ends at zero', () => {
    const w = at30Hz();
    expect(w.rate(4000)).toBeLessThan(20);
    expect(w.rate(4000)).toBeGreaterThan(0);
    expect(w.rate(9000)).toBe(0);
  });

  it('takes no burst for a rate', () => {
    const w = new SlidingWindow(2000);
    w.push(0);
    w.push(4);
    expect(w.rate(4)).toBeLessThanOrEqual(2);
  });

  it.each([[[]], [[5]]])('has no rate with the entries %j', (entries) => {
    const w = new SlidingWindow(1000);
    for (const at of entries) w.push(at);
    expect(w.rate(10)).toBe(0);
  });

  it('gives percentiles by nearest rank', () => {
    const w = new SlidingWindow(1e9);
    for (let i = 100; i >= 1; i--) w.push(100 - i, i);
    expect(w.percentiles(100, [0, 0.5, 0.95, 1])).toEqual([1, 50, 95, 100]);
  });

  it('gives one value for every percentile of one entry, and none of none', () => {
    const w = new SlidingWindow(1000);
    expect(w.percentiles(0, [0.5])).toBeNull();
    w.push(0, 7);
    expect(w.percentiles(0, [0.5, 0.95])).toEqual([7, 7]);
    expect(w.percentiles(5000, [0.5])).toBeNull();
  });
});

describe('fates per second', () => {
  it('is the difference of totals by time', () => {
    const after = { ...zero, analyzed: 10, displaced: 20, lost_upstream: 1 };
    expect(fateRates(zero, after, 2000)).toEqual({
      analyzed: 5,
      displaced: 10,
      late: 0,
      corrupt: 0,
      failed: 0,
      idle: 0,
      shutdown: 0,
      lost_upstream: 0.5,
    });
  });

  it('knows nothing of totals that ran backwards or of no time', () => {
    expect(fateRates({ ...zero, late: 5 }, zero, 1000)).toBeNull();
    expect(fateRates(zero, zero, 0)).toBeNull();
  });

  it('slides over about a second', () => {
    const m = new FateMeter();
    expect(m.read(0, zero)).toBeNull();
    let rates = null;
    for (let i = 1; i <= 50; i++) rates = m.read(i * 200, { ...zero, analyzed: i * 2 });
    expect(rates?.analyzed).toBeCloseTo(10, 6);
    // Twice as many from now on: a second later, nothing of the old rate is left.
    for (let i = 1; i <= 5; i++) rates = m.read(10_000 + i * 200, { ...zero, analyzed: 100 + i * 4 });
    expect(rates?.analyzed).toBeCloseTo(20, 6);
  });

  it('starts over with another process', () => {
    const m = new FateMeter();
    m.read(0, { ...zero, analyzed: 100 });
    expect(m.read(1000, { ...zero, analyzed: 3 })).toBeNull();
    expect(m.read(2000, { ...zero, analyzed: 13 })?.analyzed).toBe(10);
  });
});

describe('latency budget', () => {
  const budget = { dequeue: 210, wait: 15_300, analysis: 100_120, publish: 40, age: 115_670 };
  const painted: Painted = {
    seq: 7,
    width: 1,
    height: 1,
    sentAgeMs: 116,
    waitMs: 1,
    decodeMs: 6,
    paintMs: 4,
    ageMs: 127,
    isNew: true,
    skipped: 0,
  };

  it('adds up to the age on the screen', () => {
    const of = stages(budget, painted);
    expect(of.map((s) => s.name)).toEqual([
      'dequeue',
      'wait',
      'analysis',
      'publish',
      'send',
      'decode',
      'paint',
    ]);
    expect(totalMs(of)).toBeCloseTo(painted.ageMs, 6);
  });

  it('ends at the server where the page measured nothing', () => {
    expect(stages(budget, null).map((s) => s.name)).toEqual(['dequeue', 'wait', 'analysis', 'publish']);
    expect(totalMs(stages(budget, null))).toBeCloseTo(115.67, 6);
  });

  it('never shows a negative wait', () => {
    expect(stages(budget, { ...painted, sentAgeMs: 1 }).find((s) => s.name === 'send')?.ms).toBe(0);
  });
});

describe('FrameBook', () => {
  it('finds what was said of a frame, and forgets old ones', () => {
    const book = new FrameBook<string>();
    for (let seq = 1; seq <= FrameBook.KEPT + 5; seq++) book.add(seq, `of ${seq}`);
    expect(book.of(5)).toBeNull();
    expect(book.of(6)).toBe('of 6');
    book.clear();
    expect(book.of(6)).toBeNull();
  });
});

describe('actionFor', () => {
  const key = {
    key: 'p',
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    repeat: false,
    target: { tag: 'BODY', editable: false },
  };
  it.each([
    [key, 'pause'],
    [{ ...key, key: 'P' }, 'pause'],
    [{ ...key, key: ' ' }, 'pause'],
    [{ ...key, key: '?' }, 'help'],
    [{ ...key, key: 'b', target: { tag: 'BUTTON', editable: false } }, 'boxes'],
    [{ ...key, key: ' ', target: { tag: 'BUTTON', editable: false } }, null],
    [{ ...key, key: ' ', target: { tag: 'SUMMARY', editable: false } }, null],
    [{ ...key, target: { tag: 'INPUT', editable: false } }, null],
    [{ ...key, target: { tag: 'SELECT', editable: false } }, null],
    [{ ...key, target: { tag: 'DIV', editable: true } }, null],
    [{ ...key, ctrlKey: true }, null],
    [{ ...key, metaKey: true }, null],
    [{ ...key, altKey: true }, null],
    [{ ...key, repeat: true }, null],
    [{ ...key, key: 'x' }, null],
    [{ ...key, key: 'toString' }, null],
  ])('%j', (k, want) => expect(actionFor(k)).toBe(want));
});

describe('chooseMode', () => {
  it.each([
    ['', true, 'worker'],
    ['?player=img', true, 'img'],
    ['?player=worker', true, 'worker'],
    ['?player=nonsense', true, 'worker'],
    ['?player=worker', false, 'img'],
  ] as const)('%j, a worker possible: %s', (search, can, want) => expect(chooseMode(search, can)).toBe(want));
});
