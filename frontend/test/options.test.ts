import { describe, expect, it } from 'vitest';
import { checkOption, isOn, parseDuration, sliderStep } from '../src/model/options';
import type { Option } from '../src/net/wire';

const option = (o: Partial<Option> & Pick<Option, 'type'>): Option => ({
  name: 'x',
  default: '',
  min: null,
  max: null,
  choices: null,
  doc: '',
  ...o,
});

const int = option({ type: 'int', min: 1, max: 255 });
const float = option({ type: 'float', min: 0, max: 1 });
const duration = option({ type: 'duration', min: 0.01, max: 10 });
const size = option({ type: 'size', min: 160, max: 4096 });
const choice = option({ type: 'enum', choices: ['wall', 'cpu'] });
const bool = option({ type: 'bool' });

describe('checkOption', () => {
  it.each([
    [int, '1'],
    [int, '255'],
    [int, '+7'],
    [int, ''],
    [option({ type: 'int' }), '-99999'],
    [float, '0'],
    [float, '0.5'],
    [float, '1e-3'],
    [duration, '10ms'],
    [duration, '1s500ms'],
    [duration, '1.5s'],
    [duration, '10s'],
    [size, '1280x720'],
    [choice, 'cpu'],
    [bool, 'on'],
    [bool, 'FALSE'],
    [option({ type: 'string' }), 'anything ?&='],
  ])('%j takes %j', (o, text) => expect(checkOption(o, text)).toBeNull());

  it.each([
    [int, '0', { kind: 'below', min: 1, unit: '' }],
    [int, '256', { kind: 'above', max: 255, unit: '' }],
    [int, '1.5', { kind: 'whole' }],
    [int, '1e2', { kind: 'whole' }],
    [int, 'many', { kind: 'whole' }],
    [int, ' 5', { kind: 'whole' }],
    [float, '1.1', { kind: 'above', max: 1, unit: '' }],
    [float, '-0.1', { kind: 'below', min: 0, unit: '' }],
    [float, 'NaN', { kind: 'number' }],
    [float, 'Infinity', { kind: 'number' }],
    [float, '0.5 ', { kind: 'number' }],
    [duration, '100', { kind: 'duration' }],
    [duration, '100 ms', { kind: 'duration' }],
    [duration, 'ms', { kind: 'duration' }],
    [duration, '9ms', { kind: 'below', min: 0.01, unit: 's' }],
    [duration, '11s', { kind: 'above', max: 10, unit: 's' }],
    [size, '1280', { kind: 'size' }],
    [size, '1280*720', { kind: 'size' }],
    [size, '100x720', { kind: 'below', min: 160, unit: 'px' }],
    [size, '1280x5000', { kind: 'above', max: 4096, unit: 'px' }],
    [choice, 'gpu', { kind: 'choice', choices: ['wall', 'cpu'] }],
    [bool, 'perhaps', { kind: 'bool' }],
  ])('%j refuses %j', (o, text, flaw) => expect(checkOption(o, text)).toEqual(flaw));
});

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['100ms', 0.1],
    ['1.5s', 1.5],
    ['.5s', 0.5],
    ['1m30s', 90],
    ['2h', 7200],
    ['10us', 1e-5],
    ['10µs', 1e-5],
    ['10μs', 1e-5],
    ['7ns', 7e-9],
    ['-1s', -1],
    ['+1s', 1],
  ])('%s', (text, seconds) => expect(parseDuration(text)).toBeCloseTo(seconds, 12));

  it.each(['', '1', 's', '1 s', '1s 2s', '1d', '1..5s', 'abc', '1sx'])('%j is none', (text) =>
    expect(parseDuration(text)).toBeNull(),
  );
});

it('a switch is on for every word that means it', () => {
  expect(['1', 'true', 'on', 'yes', 'TRUE'].every(isOn)).toBe(true);
  expect(['0', 'false', 'off', 'no', ''].some(isOn)).toBe(false);
});

it.each([
  [int, 1],
  [option({ type: 'int', min: 0, max: 2147483647 }), null],
  [option({ type: 'int', min: 5 }), null],
  [option({ type: 'int', min: 5, max: 5 }), null],
  [float, 0.001],
  [option({ type: 'float', min: 0, max: 100 }), 0.1],
  [option({ type: 'float' }), null],
  [duration, null],
])('a slider of %j steps by %s', (o, step) => expect(sliderStep(o)).toBe(step));
