/**
 * Zones and lines while a person draws them. In: areas, and what a hand does to one.
 * Out: changed areas, and what is wrong with them as far as a page can tell. Pure: the
 * server has the last word.
 */
import type { Area, AreaKind, AreaWish } from '../net/wire';

/** Fractions of the picture's width and height. */
export type Point = [number, number];

/** As the server has them. */
export const MOST_POINTS = 64;
const NAME = /^[\w-]{1,32}$/;
const CLASS = /^[^\s,;:=_]+( [^\s,;:=_]+)*$/;
export const LONGEST_DWELL_S = 24 * 3600;

export type AreaFlaw = 'name' | 'taken' | 'classes' | 'few';

/** What is wrong with the area at that place, or null. */
export function flawOf(all: readonly AreaWish[], at: number): AreaFlaw | null {
  const area = all[at];
  if (!area) return null;
  if (!NAME.test(area.name)) return 'name';
  if (all.some((other, i) => i !== at && other.name === area.name)) return 'taken';
  if (area.classes.some((c) => !CLASS.test(c))) return 'classes';
  return area.points.length < fewestPoints(area.kind) ? 'few' : null;
}

export function fewestPoints(kind: AreaKind): number {
  return kind === 'line' ? 2 : 3;
}

/** What can be sent back of what was told. */
export function wishOf({ name, kind, points, classes, anchor, dwell_s }: Area): AreaWish {
  return { name, kind, points, classes: classes ?? [], anchor, dwell_s };
}

export function newArea(all: readonly AreaWish[], kind: AreaKind, points: readonly Point[]): AreaWish {
  for (let n = 1; ; n++) {
    const name = `${kind}${n}`;
    if (all.some((area) => area.name === name)) continue;
    return { name, kind, points: points.map(tidy), classes: [], anchor: 'middle', dwell_s: 0 };
  }
}

/** What one begins with who does not draw with a pointer. */
export function firstShape(kind: AreaKind): Point[] {
  if (kind === 'line')
    return [
      [0.5, 0.2],
      [0.5, 0.8],
    ];
  return [
    [0.3, 0.3],
    [0.7, 0.3],
    [0.7, 0.7],
    [0.3, 0.7],
  ];
}

/** Inside the picture, and no finer than anybody draws. */
export function tidy([x, y]: Point): Point {
  const within = (v: number) => Math.round(Math.min(1, Math.max(0, v)) * 1000) / 1000;
  return [within(x), within(y)];
}

export function withPoint(area: AreaWish, i: number, to: Point): AreaWish {
  return { ...area, points: area.points.map((p, k) => (k === i ? tidy(to) : p)) };
}

/** With point i somewhere else along one axis: 0 is across, 1 down. */
export function withCoordinate(area: AreaWish, i: number, axis: 0 | 1, v: number): AreaWish {
  const [x, y] = area.points[i] ?? [0, 0];
  return withPoint(area, i, axis === 0 ? [v, y] : [x, v]);
}

/** Moved as a whole, no farther than the picture's edge. */
export function moved(area: AreaWish, [dx, dy]: Point): AreaWish {
  const reach = (by: number, values: number[]) =>
    Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), by));
  const x = reach(
    dx,
    area.points.map((p) => p[0]),
  );
  const y = reach(
    dy,
    area.points.map((p) => p[1]),
  );
  return { ...area, points: area.points.map((p) => tidy([p[0] + x, p[1] + y])) };
}

export function canRemovePoint(area: AreaWish): boolean {
  return area.points.length > fewestPoints(area.kind);
}

export function withoutPoint(area: AreaWish, i: number): AreaWish {
  return canRemovePoint(area) ? { ...area, points: area.points.filter((_, k) => k !== i) } : area;
}

/** A line has two ends and no more. */
export function canAddPoint(area: AreaWish): boolean {
  return area.kind === 'zone' && area.points.length < MOST_POINTS;
}

/** With a corner in the middle of the side after corner i. */
export function withPointAfter(area: AreaWish, i: number): AreaWish {
  const middle = middleAfter(area.points, i);
  if (!middle || !canAddPoint(area)) return area;
  return { ...area, points: area.points.toSpliced(i + 1, 0, tidy(middle)) };
}

export function middleAfter(points: readonly Point[], i: number): Point | null {
  const a = points[i];
  const b = points[(i + 1) % points.length];
  return a && b ? [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] : null;
}

/** The labels of a list with commas. */
export function readClasses(text: string): string[] {
  const labels = text.split(',').map((label) => label.trim().replace(/[\s_]+/g, ' '));
  return [...new Set(labels.filter(Boolean))];
}

/** Where an arrow key moves a point to; null for other keys. `step` is a fraction of the picture. */
export function nudged([x, y]: Point, key: string, step: number): Point | null {
  switch (key) {
    case 'ArrowLeft':
      return [x - step, y];
    case 'ArrowRight':
      return [x + step, y];
    case 'ArrowUp':
      return [x, y - step];
    case 'ArrowDown':
      return [x, y + step];
    default:
      return null;
  }
}
