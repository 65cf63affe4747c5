import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Backoff } from '../src/net/backoff';
import { type Ending, Link, type LinkState, type Session } from '../src/net/link';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lets promises settle without moving the clock. */
const settle = () => vi.advanceTimersByTimeAsync(0);

/** A session that the test drives by hand. */
function rig(options: { silenceMs?: number } = {}) {
  const states: LinkState[] = [];
  const lines: { opened(): void; alive(): void; end(why: Ending): void; aborted: boolean }[] = [];
  const session: Session = ({ signal, opened, alive }) =>
    new Promise((resolve) => {
      const line = { opened, alive, end: resolve, aborted: false };
      lines.push(line);
      signal.addEventListener('abort', () => {
        line.aborted = true;
        resolve({ kind: 'ended' });
      });
    });
  const link = new Link({
    session,
    onState: (s) => states.push(s),
    openTimeoutMs: 3000,
    silenceMs: options.silenceMs ?? 20_000,
    backoff: new Backoff(() => 0), // the shortest pauses: 500, 1000, 2000, 4000, 5000, 5000 ms
  });
  return {
    link,
    lines,
    kinds: () => states.map((s) => s.kind),
    last: () => lines.at(-1) as (typeof lines)[number],
    state: () => states.at(-1),
  };
}

describe('Link', () => {
  it('opens and says so', async () => {
    const r = rig();
    expect(r.link.state).toEqual({ kind: 'idle' });
    r.link.start();
    expect(r.state()).toEqual({ kind: 'opening', attempt: 1, why: null });
    r.last().opened();
    expect(r.state()).toEqual({ kind: 'open' });
  });

  it('waits after a failure, then tries again, and says why', async () => {
    const r = rig();
    r.link.start();
    r.last().end({ kind: 'refused', status: 503 });
    await settle();
    expect(r.state()).toEqual({
      kind: 'waiting',
      attempt: 1,
      retryAtMs: performance.now() + 500,
      why: { kind: 'refused', status: 503 },
    });
    await vi.advanceTimersByTimeAsync(499);
    expect(r.lines).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(r.lines).toHaveLength(2);
    expect(r.state()).toEqual({ kind: 'opening', attempt: 2, why: { kind: 'refused', status: 503 } });
  });

  it('waits longer after each failure', async () => {
    const r = rig();
    r.link.start();
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      r.last().end({ kind: 'unreachable' });
      await settle();
      const s = r.state();
      if (s?.kind !== 'waiting') throw new Error(`state is ${s?.kind}`);
      pauses.push(s.retryAtMs - performance.now());
      await vi.advanceTimersByTimeAsync(s.retryAtMs - performance.now());
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
  });

  it('starts over with short pauses after a connection that held', async () => {
    const r = rig();
    r.link.start();
    for (let i = 0; i < 4; i++) {
      r.last().end({ kind: 'unreachable' });
      await vi.advanceTimersByTimeAsync(5000);
    }
    r.last().opened();
    await vi.advanceTimersByTimeAsync(6000);
    r.last().end({ kind: 'ended' });
    await settle();
    expect(r.state()).toMatchObject({ kind: 'waiting', attempt: 1, retryAtMs: performance.now() + 500 });
  });

  it('does not start over after one that was taken and dropped at once', async () => {
    const r = rig();
    r.link.start();
    for (const pause of [500, 1000, 2000]) {
      r.last().opened();
      r.last().end({ kind: 'ended' });
      await settle();
      expect(r.state()).toMatchObject({ kind: 'waiting', retryAtMs: performance.now() + pause });
      await vi.advanceTimersByTimeAsync(pause);
    }
  });

  it('gives up an attempt that gets no answer', async () => {
    const r = rig();
    r.link.start();
    await vi.advanceTimersByTimeAsync(2999);
    expect(r.last().aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(r.last().aborted).toBe(true);
    expect(r.state()).toMatchObject({ kind: 'waiting', why: { kind: 'silent' } });
  });

  it('reopens a connection that has gone silent, and only then', async () => {
    const r = rig({ silenceMs: 1000 });
    r.link.start();
    r.last().opened();
    for (let i = 0; i < 5; i++) {
      await vi.advanceTimersByTimeAsync(900);
      r.last().alive();
    }
    expect(r.state()).toEqual({ kind: 'open' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(r.state()).toMatchObject({ kind: 'waiting', why: { kind: 'silent' } });
  });

  it('never mistakes silence where none can be heard', async () => {
    const r = rig({ silenceMs: Number.POSITIVE_INFINITY });
    r.link.start();
    r.last().opened();
    await vi.advanceTimersByTimeAsync(24 * 3600_000);
    expect(r.state()).toEqual({ kind: 'open' });
  });

  it('cuts a pause short on request', async () => {
    const r = rig();
    r.link.start();
    r.last().end({ kind: 'unreachable' });
    await settle();
    r.link.retryNow();
    await settle();
    expect(r.lines).toHaveLength(2);
    r.link.retryNow(); // nothing to cut short now
    await settle();
    expect(r.lines).toHaveLength(2);
  });

  it('stops at once, whatever it was doing', async () => {
    for (const when of ['opening', 'open', 'waiting'] as const) {
      const r = rig();
      r.link.start();
      if (when === 'open') r.last().opened();
      if (when === 'waiting') r.last().end({ kind: 'ended' });
      await settle();
      expect(r.link.state.kind).toBe(when);
      r.link.stop();
      const before = r.kinds().length;
      await vi.advanceTimersByTimeAsync(60_000);
      expect(r.link.state).toEqual({ kind: 'idle' });
      expect(r.kinds()).toHaveLength(before);
      expect(r.lines).toHaveLength(1);
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it('a stopped connection’s late words change nothing', async () => {
    const r = rig();
    r.link.start();
    const old = r.last();
    r.link.stop();
    r.link.start();
    old.opened();
    await settle();
    expect(r.state()).toEqual({ kind: 'opening', attempt: 1, why: null });
    r.last().opened();
    old.end({ kind: 'ended' });
    await settle();
    expect(r.state()).toEqual({ kind: 'open' });
  });

  it('starting twice opens once', () => {
    const r = rig();
    r.link.start();
    r.link.start();
    expect(r.lines).toHaveLength(1);
  });
});

describe('Backoff', () => {
  it('stays within half a second and ten seconds', () => {
    for (const random of [0, 0.5, 0.999999]) {
      const b = new Backoff(() => random);
      for (let i = 0; i < 50; i++) {
        const ms = b.nextMs();
        expect(ms).toBeGreaterThanOrEqual(500);
        expect(ms).toBeLessThanOrEqual(10_000);
      }
    }
  });

  it('doubles its ceiling up to ten seconds, and starts over', () => {
    const b = new Backoff(() => 1);
    expect(Array.from({ length: 6 }, () => b.nextMs())).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
    b.reset();
    expect(b.nextMs()).toBe(1000);
  });

  it('scatters', () => {
    const pauses = new Set(Array.from({ length: 20 }, () => new Backoff().nextMs()));
    expect(pauses.size).toBeGreaterThan(10);
  });
});
