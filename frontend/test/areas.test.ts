import { describe, expect, it } from 'vitest';
import * as areas from '../src/model/areas';
import type { Area, AreaWish } from '../src/net/wire';

const square: AreaWish = areas.newArea([], 'zone', areas.firstShape('zone'));
const line: AreaWish = areas.newArea([], 'line', areas.firstShape('line'));

describe('areas', () => {
  it('new ones get a name that is free', () => {
    expect(square.name).toBe('zone1');
    const second = areas.newArea([square], 'zone', areas.firstShape('zone'));
    expect(second.name).toBe('zone2');
    expect(areas.newArea([{ ...square, name: 'zone2' }], 'zone', []).name).toBe('zone1');
    expect(areas.newArea([square], 'line', []).name).toBe('line1');
  });

  it.each<[Partial<AreaWish>, areas.AreaFlaw | null]>([
    [{}, null],
    [{ name: 'Desk_2-b' }, null],
    [{ name: '' }, 'name'],
    [{ name: 'desk 2' }, 'name'],
    [{ name: 'd'.repeat(33) }, 'name'],
    [{ name: '桌子' }, 'name'],
    [{ name: 'line1' }, 'taken'],
    [{ classes: ['person', 'cell phone'] }, null],
    [{ classes: ['a;b'] }, 'classes'],
    [{ classes: ['a_b'] }, 'classes'],
    [{ classes: ['a', ' b'] }, 'classes'],
    [{ points: square.points.slice(0, 2) }, 'few'],
  ])('%j: %s', (change, flaw) => {
    expect(areas.flawOf([line, { ...square, ...change }], 1)).toBe(flaw);
  });

  it('a point moves inside the picture alone', () => {
    expect(areas.withPoint(square, 1, [0.12345, 0.5]).points[1]).toEqual([0.123, 0.5]);
    expect(areas.withPoint(square, 1, [-3, 7]).points[1]).toEqual([0, 1]);
    expect(areas.withPoint(square, 1, [0.1, 0.1]).points[0]).toEqual(square.points[0]);
  });

  it('one number of a point changes alone', () => {
    expect(areas.withCoordinate(square, 2, 0, 0.9).points[2]).toEqual([0.9, 0.7]);
    expect(areas.withCoordinate(square, 2, 1, 0.9).points[2]).toEqual([0.7, 0.9]);
  });

  it('an area moves as a whole, and keeps its shape at the edge', () => {
    const to = areas.moved(square, [0.9, -0.1]);
    expect(to.points).toEqual([
      [0.6, 0.2],
      [1, 0.2],
      [1, 0.6],
      [0.6, 0.6],
    ]);
    expect(areas.moved(square, [0, 0])).toEqual(square);
  });

  it('corners are added between and removed down to three', () => {
    const five = areas.withPointAfter(square, 3);
    expect(five.points).toHaveLength(5);
    expect(five.points[4], 'between the last and the first').toEqual([0.3, 0.5]);
    let less = five;
    for (let n = 0; n < 9; n++) less = areas.withoutPoint(less, 0);
    expect(less.points).toHaveLength(3);
  });

  it('a line has two ends, always', () => {
    expect(areas.withPointAfter(line, 0)).toEqual(line);
    expect(areas.withoutPoint(line, 0)).toEqual(line);
    expect([areas.canAddPoint(line), areas.canRemovePoint(line)]).toEqual([false, false]);
  });

  it('a zone has no more corners than the server takes', () => {
    let many = square;
    for (let n = 0; n < 99; n++) many = areas.withPointAfter(many, 0);
    expect(many.points).toHaveLength(areas.MOST_POINTS);
  });

  it.each([
    ['', []],
    [' , ', []],
    ['person', ['person']],
    ['person,cell_phone,  dining   table , person', ['person', 'cell phone', 'dining table']],
  ])('classes %j', (text, labels) => expect(areas.readClasses(text)).toEqual(labels));

  it.each([
    ['ArrowLeft', [0.4, 0.5]],
    ['ArrowRight', [0.6, 0.5]],
    ['ArrowUp', [0.5, 0.4]],
    ['ArrowDown', [0.5, 0.6]],
    ['a', null],
  ])('%s', (key, to) => expect(areas.nudged([0.5, 0.5], key, 0.1)).toEqual(to));

  it('what is told can be sent back', () => {
    const { name, kind, points } = square;
    const told: Area = { name, kind, points, classes: null, anchor: 'foot', dwell_s: 2, counts: {} };
    expect(areas.wishOf(told)).toEqual({ name, kind, points, classes: [], anchor: 'foot', dwell_s: 2 });
  });
});
