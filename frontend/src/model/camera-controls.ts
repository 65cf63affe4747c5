/**
 * What a camera's controls mean to each other and to a hand. In: the server's list.
 * Out: what holds a control back, what a slider and a typed number may be. Pure.
 */
import type { Control } from '../net/wire';
import type { Flaw } from './options';

/** More positions than anybody slides through: such a range is for typing only. */
const MOST_POSITIONS = 100_000;

export function hasSlider({ min, max, step }: Control): boolean {
  return max > min && (max - min) / step <= MOST_POSITIONS;
}

/** null: nothing wrong. An empty text is right: it returns the control to its default. */
export function checkNumber({ min, max }: Control, text: string): Flaw | null {
  if (text === '') return null;
  if (!/^[+-]?\d+$/.test(text)) return { kind: 'whole' };
  if (Number(text) < min) return { kind: 'below', min, unit: '' };
  return Number(text) > max ? { kind: 'above', max, unit: '' } : null;
}

/** Whether setting it to its default would do something: what a reset of all takes in. */
export function isResettable(c: Control): boolean {
  return c.type !== 'button' && !c.read_only && !c.inactive && c.value !== c.default;
}

/** The name of a menu's value, else the number itself. */
export function menuName(c: Control, value: number): string {
  return c.menu?.find((item) => item.value === value)?.name ?? String(value);
}

/**
 * The automatic that most likely makes a control inactive: drivers do not tell which one it
 * is, but they name the two alike (white_balance_temperature, white_balance_automatic).
 */
export function heldBy(held: Control, all: readonly Control[]): Control | null {
  const about = subjects(held.name);
  const holds = (c: Control) =>
    c !== held && isAutomatic(c) && isSwitchedOn(c) && subjects(c.name).some((word) => about.includes(word));
  return all.find(holds) ?? null;
}

function isAutomatic({ name, type, inactive }: Control): boolean {
  return (type === 'bool' || type === 'menu') && !inactive && /(^|_)auto/.test(name);
}

function isSwitchedOn(c: Control): boolean {
  return c.type === 'bool' ? c.value !== 0 : !/^manual\b/i.test(menuName(c, c.value));
}

/** The words of a name but those for "automatic": what it is about. */
function subjects(name: string): string[] {
  return name.split('_').flatMap((word) => word.replace(/^auto(matic)?/, '') || []);
}
