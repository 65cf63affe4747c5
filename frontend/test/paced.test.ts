import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Paced } from '../src/model/paced';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const INTERVAL = 200;

/** Records each call, and answers it after `answerMs`. */
function recorder(answerMs: number) {
  const calls: { value: number; at: number }[] = [];
  const begin = Date.now();
  let open = 0;
  const paced = new Paced<number>(async (value) => {
    calls.push({ value, at: Date.now() - begin });
    expect(++open, 'calls at a time').toBe(1);
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    open--;
  }, INTERVAL);
  return { paced, calls };
}

describe('Paced', () => {
  it('calls at once, then not again by itself', async () => {
    const { paced, calls } = recorder(10);
    paced.push(1);
    expect(calls).toEqual([{ value: 1, at: 0 }]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([0, 10, 199, 200, 201, 950])('keeps the pace when answers take %i ms', async (answerMs) => {
    const { paced, calls } = recorder(answerMs);
    // A hand that drags: sixty values a second for two seconds.
    for (let n = 0; n < 120; n++) {
      paced.push(n);
      await vi.advanceTimersByTimeAsync(1000 / 60);
    }
    await vi.advanceTimersByTimeAsync(2 * Math.max(answerMs, INTERVAL));
    expect(calls.at(-1)?.value, 'the last one is always called').toBe(119);
    for (const [i, call] of calls.entries()) {
      const before = calls[i - 1];
      if (!before) continue;
      expect(call.at - before.at).toBeGreaterThanOrEqual(Math.max(answerMs, INTERVAL));
      expect(call.value).toBeGreaterThan(before.value);
    }
    // The last but one shows that the newest was taken, not the next in a queue.
    expect(calls.length).toBeLessThanOrEqual(Math.ceil(2000 / Math.max(answerMs, INTERVAL)) + 2);
  });

  it('is ready again after a pause', async () => {
    const { paced, calls } = recorder(10);
    paced.push(1);
    await vi.advanceTimersByTimeAsync(INTERVAL);
    paced.push(2);
    expect(calls.map((c) => c.at)).toEqual([0, INTERVAL]);
  });

  it('takes what comes from within a call', async () => {
    const got: number[] = [];
    const paced: Paced<number> = new Paced(async (n) => {
      got.push(n);
      if (n < 3) paced.push(n + 1);
    }, INTERVAL);
    paced.push(1);
    await vi.advanceTimersByTimeAsync(10 * INTERVAL);
    expect(got).toEqual([1, 2, 3]);
  });
});
