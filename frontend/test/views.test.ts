import { describe, expect, it } from 'vitest';
import { stages } from '../src/model/budget';
import { actionFor } from '../src/model/shortcuts';
import { chooseView, searchWithView } from '../src/player/player';
import { describeCounted, describeDoing } from '../src/ui/wording';

describe('the view in the address', () => {
  it.each([
    ['', 'analyzed'],
    ['?view=live', 'live'],
    ['?player=img&view=raw', 'raw'],
    ['?view=telepathy', 'analyzed'],
    ['?view=toString', 'analyzed'],
  ])('%s is %s', (search, view) => expect(chooseView(search)).toBe(view));

  it.each([
    ['', 'analyzed', ''],
    ['', 'live', '?view=live'],
    ['?player=img', 'raw', '?player=img&view=raw'],
    ['?view=raw&player=img', 'live', '?player=img&view=live'],
    ['?view=raw', 'analyzed', ''],
  ] as const)('%s with %s is %s', (search, view, next) => expect(searchWithView(search, view)).toBe(next));
});

describe('the analysis in the waterfall', () => {
  const budget = { wait: 10_000, analysis: 30_000, age: 40_000 };
  const hands = { name: 'hands', us: 20_000, ran: true };
  const resting = { name: 'objects', us: 0, ran: false };

  it('is split where several analyzers are joined', () => {
    expect(stages(budget, null, [hands, resting])).toEqual([
      { name: 'wait', ms: 10 },
      {
        name: 'analysis',
        ms: 30,
        parts: [
          { name: 'hands', ms: 20, ran: true },
          { name: 'objects', ms: 0, ran: false },
        ],
      },
    ]);
  });

  it.each([[null], [[]], [[hands]]])('is whole with %j', (analyzers) => {
    expect(stages(budget, null, analyzers)[1]).toEqual({ name: 'analysis', ms: 30 });
  });
});

describe('keys', () => {
  const key = (k: string, tag = 'BODY') =>
    actionFor({
      key: k,
      ctrlKey: false,
      metaKey: false,
      altKey: false,
      repeat: false,
      target: { tag, editable: false },
    });

  it.each([
    ['1', 1],
    ['9', 9],
    ['0', null],
    ['t', 'trails'],
    ['R', 'raw'],
  ])('%s', (k, action) => expect(key(k)).toBe(action));

  it('numbers typed into a field are numbers', () => expect(key('5', 'INPUT')).toBeNull());
});

describe('what somebody does', () => {
  it.each([
    [null, null, ''],
    ['thumb up', null, 'thumb up'],
    ['OK', 'arms raised', 'OK, arms raised'],
    ['snake_charming', null, 'snake charming'],
  ])('%s and %s: %s', (gesture, action, text) => expect(describeDoing({ gesture, action })).toBe(text));
});

describe('what an analyzer counted', () => {
  it.each([
    [null, ''],
    [{ motion_share: 0.5, toString: 1 }, ''],
    [{ falls: 0, motion_share: 0.5, squats: 1234 }, 'falls 0 · squats 1,234'],
  ])('of %j: %s', (values, text) => expect(describeCounted(values)).toBe(text));
});
