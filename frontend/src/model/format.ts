/** Numbers and times as people read them. The unit stands beside, not in, the number. */

export type Locale = 'en' | 'zh-TW';

const DASH = '–';

const formats = new Map<string, Intl.NumberFormat>();

function format(locale: Locale, digits: number, grouped = true): Intl.NumberFormat {
  const key = `${locale} ${digits} ${grouped}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: grouped,
    });
    formats.set(key, found);
  }
  return found;
}

/** A count, with its thousands grouped. */
export function count(locale: Locale, n: number | null): string {
  return n === null ? DASH : format(locale, 0).format(n);
}

/** A frame number: plain digits, so that it can be copied. */
export function plain(n: number | null): string {
  return n === null ? DASH : String(n);
}

/** Frames a second. */
export function rate(locale: Locale, fps: number | null): string {
  return fps === null ? DASH : format(locale, 1).format(fps);
}

/** Milliseconds: one decimal below 10, none above. */
export function millis(locale: Locale, ms: number | null): string {
  if (ms === null) return DASH;
  return format(locale, Math.abs(ms) < 9.95 ? 1 : 0, false).format(ms);
}

/** 0..1 as a percentage. */
export function percent(locale: Locale, share: number): string {
  return `${format(locale, 0).format(share * 100)}%`;
}

/** 0..1 as a percentage, small ones with a decimal: a few in a thousand are not none. */
export function portion(locale: Locale, share: number | null): string {
  if (share === null) return DASH;
  return `${format(locale, share > 0 && share < 0.0995 ? 1 : 0).format(share * 100)}%`;
}

/** Whole seconds left or gone, never below zero. */
export function seconds(locale: Locale, ms: number, round: 'up' | 'down'): string {
  const s = Math.max(0, ms / 1000);
  return count(locale, round === 'up' ? Math.ceil(s) : Math.floor(s));
}

/** Memory in MiB. */
export function mebibytes(locale: Locale, bytes: number): string {
  return `${format(locale, bytes < 10 * 1024 * 1024 ? 1 : 0).format(bytes / 1024 / 1024)} MiB`;
}

/** Hours, minutes and seconds: 1:02:05. */
export function uptime(totalSeconds: number): string {
  const s = Math.floor(totalSeconds);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

const clocks = new Map<Locale, Intl.DateTimeFormat>();

/** The time of day, 24 hours. */
export function clock(locale: Locale, at: Date): string {
  let found = clocks.get(locale);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, {
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
    clocks.set(locale, found);
  }
  return found.format(at);
}
