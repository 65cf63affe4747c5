import { describe, expect, it } from 'vitest';
import { checkNumber, hasSlider, heldBy, isResettable, menuName } from '../src/model/camera-controls';
import { describeAsked, describePicture } from '../src/model/camera-facts';
import type { Camera, Control } from '../src/net/wire';

const control = (c: Partial<Control>): Control => ({
  name: 'x',
  title: 'X',
  type: 'int',
  min: 0,
  max: 100,
  step: 1,
  default: 50,
  value: 50,
  menu: [],
  read_only: false,
  inactive: false,
  ...c,
});

const switchOf = (name: string, value: number, more: Partial<Control> = {}) =>
  control({ name, type: 'bool', max: 1, default: 1, value, ...more });

const exposure = (value: number, more: Partial<Control> = {}) =>
  control({
    name: 'auto_exposure',
    type: 'menu',
    value,
    menu: [
      { value: 1, name: 'Manual Mode' },
      { value: 3, name: 'Aperture Priority Mode' },
    ],
    ...more,
  });

describe('heldBy', () => {
  it.each<[string, Control, Control, boolean]>([
    [
      'a switch that is on',
      control({ name: 'white_balance_temperature' }),
      switchOf('white_balance_automatic', 1),
      true,
    ],
    [
      'a switch that is off',
      control({ name: 'white_balance_temperature' }),
      switchOf('white_balance_automatic', 0),
      false,
    ],
    ['half of its name', control({ name: 'red_balance' }), switchOf('white_balance_automatic', 1), true],
    ['a word put before', control({ name: 'gain' }), switchOf('autogain', 1), true],
    ['a word put behind', control({ name: 'gain' }), switchOf('gain_automatic', 1), true],
    ['a longer name', control({ name: 'focus_absolute' }), switchOf('focus_automatic_continuous', 1), true],
    ['a menu at an automatic', control({ name: 'exposure_time_absolute' }), exposure(3), true],
    ['a menu at manual', control({ name: 'exposure_time_absolute' }), exposure(1), false],
    ['a menu at a value without a name', control({ name: 'exposure_time_absolute' }), exposure(2), true],
    ['another matter', control({ name: 'focus_absolute' }), switchOf('white_balance_automatic', 1), false],
    [
      'no automatic',
      control({ name: 'exposure_time_absolute' }),
      switchOf('exposure_dynamic_framerate', 1),
      false,
    ],
    [
      'an automatic that is inactive itself',
      control({ name: 'gain' }),
      switchOf('autogain', 1, { inactive: true }),
      false,
    ],
    ['a number', control({ name: 'exposure' }), control({ name: 'auto_exposure_bias' }), false],
    ['nothing but "automatic"', control({ name: 'gain' }), switchOf('auto', 1), false],
  ])('%s', (_what, held, by, want) => {
    expect(heldBy(held, [held, by])).toBe(want ? by : null);
  });

  it('is never the control itself', () => {
    const c = switchOf('autogain', 1);
    expect(heldBy(c, [c])).toBeNull();
  });
});

describe('checkNumber', () => {
  const c = control({ min: -64, max: 64 });
  it.each(['-64', '0', '+5', '64', ''])('takes %j', (text) => expect(checkNumber(c, text)).toBeNull());
  it.each([
    ['-65', { kind: 'below', min: -64, unit: '' }],
    ['65', { kind: 'above', max: 64, unit: '' }],
    ['99999999999999999999', { kind: 'above', max: 64, unit: '' }],
    ['1.5', { kind: 'whole' }],
    ['1e1', { kind: 'whole' }],
    [' 1', { kind: 'whole' }],
    ['−1', { kind: 'whole' }],
    ['much', { kind: 'whole' }],
  ])('refuses %j', (text, flaw) => expect(checkNumber(c, text)).toEqual(flaw));
});

it.each<[Partial<Control>, boolean]>([
  [{}, true],
  [{ min: 3, max: 2047 }, true],
  [{ min: 0, max: 0 }, false],
  [{ min: 0, max: 2_147_483_647 }, false],
  [{ min: 0, max: 2_147_483_647, step: 65_536 }, true],
])('a slider for %j: %s', (c, want) => expect(hasSlider(control(c))).toBe(want));

it.each<[Partial<Control>, boolean]>([
  [{ value: 51 }, true],
  [{ value: 50 }, false],
  [{ value: 51, read_only: true }, false],
  [{ value: 51, inactive: true }, false],
  [{ value: 51, type: 'button' }, false],
])('a reset of %j: %s', (c, want) => expect(isResettable(control(c))).toBe(want));

it('a value without a name in the menu is told as a number', () => {
  expect(menuName(exposure(3), 3)).toBe('Aperture Priority Mode');
  expect(menuName(exposure(3), 2)).toBe('2');
  expect(menuName(control({ menu: null }), 2)).toBe('2');
});

describe('what a camera delivers', () => {
  const hd = { format: 'mjpeg', width: 1280, height: 720, framerate: 30 };
  it.each([
    [hd, '1280×720 @ 30 mjpeg'],
    [{ ...hd, framerate: 30_000 / 1001 }, '1280×720 @ 29.97 mjpeg'],
    [{ ...hd, framerate: 0 }, '1280×720 mjpeg'],
    [{ ...hd, format: '' }, '1280×720 @ 30'],
    [{ format: null, width: 0, height: 0, framerate: 0 }, ''],
  ])('%j', (picture, want) => expect(describePicture(picture)).toBe(want));

  it.each<[string, Partial<Camera>, Camera['asked'], string | null]>([
    ['what was asked for', {}, hd, null],
    ['nothing was asked for', {}, null, null],
    ['anything was welcome', {}, { format: '', width: 0, height: 0, framerate: 0 }, null],
    ['another size', {}, { ...hd, width: 1920, height: 1080 }, '1920×1080 @ 30'],
    ['another height', {}, { ...hd, height: 800 }, '1280×800 @ 30'],
    ['another rate', {}, { ...hd, framerate: 60 }, '1280×720 @ 60'],
    ['a rate that people call the same', { framerate: 30_000 / 1001 }, hd, null],
    ['a rate that is not known', { framerate: 0 }, { ...hd, framerate: 60 }, null],
    ['another format', {}, { ...hd, format: 'yuyv422' }, '1280×720 @ 30 yuyv422'],
    ['all of it', {}, { format: 'nv12', width: 1920, height: 1080, framerate: 60 }, '1920×1080 @ 60 nv12'],
    ['no picture yet', { width: 0, height: 0 }, hd, null],
  ])('%s', (_what, camera, asked, want) => {
    expect(describeAsked({ ...hd, ...camera, asked } as Camera)).toBe(want);
  });
});
