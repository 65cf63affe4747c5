/**
 * Checks what a person typed for an option, as the server would, so that a slip is
 * answered at once. The server has the last word.
 */
import type { Option } from '../net/wire';

export type Flaw =
  | { kind: 'whole' } // not a whole number
  | { kind: 'number' }
  | { kind: 'duration' } // no Go duration, such as 100ms
  | { kind: 'size' } // not WIDTHxHEIGHT
  | { kind: 'bool' }
  | { kind: 'choice'; choices: string[] }
  | { kind: 'below'; min: number; unit: Unit }
  | { kind: 'above'; max: number; unit: Unit };

export type Unit = '' | 's' | 'px';

/** null: nothing wrong. An empty text is right: it returns the option to its default. */
export function checkOption(option: Option, text: string): Flaw | null {
  if (text === '') return null;
  switch (option.type) {
    case 'int':
      return /^[+-]?\d+$/.test(text) ? inRange(option, Number(text), '') : { kind: 'whole' };
    case 'float': {
      const x = Number(text);
      return text.trim() === text && Number.isFinite(x) ? inRange(option, x, '') : { kind: 'number' };
    }
    case 'bool':
      return /^(1|true|on|yes|0|false|off|no)$/i.test(text) ? null : { kind: 'bool' };
    case 'duration': {
      const seconds = parseDuration(text);
      return seconds === null ? { kind: 'duration' } : inRange(option, seconds, 's');
    }
    case 'size': {
      const sides = /^(\d+)x(\d+)$/.exec(text);
      if (!sides) return { kind: 'size' };
      return inRange(option, Number(sides[1]), 'px') ?? inRange(option, Number(sides[2]), 'px');
    }
    case 'enum':
      return option.choices?.includes(text) ? null : { kind: 'choice', choices: option.choices ?? [] };
    case 'string':
    case 'file': // which there are, only the server knows
      return null;
  }
}

function inRange(option: Option, x: number, unit: Unit): Flaw | null {
  if (option.min !== null && x < option.min) return { kind: 'below', min: option.min, unit };
  if (option.max !== null && x > option.max) return { kind: 'above', max: option.max, unit };
  return null;
}

const unitSeconds: Record<string, number> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6, // U+00B5, the micro sign
  μs: 1e-6, // U+03BC, the Greek letter
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Seconds of a duration in Go's notation (1.5s, 100ms, 1m30s); null where it is none. */
export function parseDuration(text: string): number | null {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (!match) return text === '0' ? 0 : null;
  let seconds = 0;
  for (const [, n, unit] of (match[2] as string).matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    seconds += Number(n) * (unitSeconds[unit as string] as number);
  }
  return match[1] === '-' ? -seconds : seconds;
}

/** As a switch shows it. */
export function isOn(text: string): boolean {
  return /^(1|true|on|yes)$/i.test(text);
}

/** More positions than a hand can tell apart: such a range is for typing only. */
const MOST_POSITIONS = 1000;
/** The coarsest step of a fraction that is any use. */
const COARSEST = 0.5;

/** The step of a slider that fits the option, or null where a slider would be of no use. */
export function sliderStep({ type, min, max }: Option): number | null {
  if (min === null || max === null || max <= min) return null;
  if (type === 'int') return max - min <= MOST_POSITIONS ? 1 : null;
  if (type !== 'float') return null;
  const step = Number(((max - min) / MOST_POSITIONS).toPrecision(1));
  return step <= COARSEST ? step : null;
}
