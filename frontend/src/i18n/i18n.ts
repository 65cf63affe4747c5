/**
 * The page's words. In: a key and the values for its {placeholders}. Out: text in the
 * chosen language. A missing key or a forgotten value does not compile.
 */
import { computed, signal } from '@preact/signals';
import type { Locale } from '../model/format';
import { loadPreference, savePreference } from '../ui/preferences';
import { en } from './en';
import { zhTW } from './zh-TW';

export type Key = keyof typeof en;
export type Messages = Record<Key, string>;

/** The names in braces of a message: '{a} of {b}' gives 'a' | 'b'. */
type Placeholder<S extends string> = S extends `${string}{${infer P}}${infer Rest}`
  ? P | Placeholder<Rest>
  : never;

export type Values<K extends Key> = [Placeholder<(typeof en)[K]>] extends [never]
  ? []
  : [values: Record<Placeholder<(typeof en)[K]>, string | number>];

export const languages: Record<Locale, Messages> = { en, 'zh-TW': zhTW };

/** The saved choice, else the first of the browser's languages that we speak, else English. */
export function pickLocale(saved: string | null, wanted: readonly string[]): Locale {
  if (saved === 'en' || saved === 'zh-TW') return saved;
  for (const tag of wanted) {
    if (/^zh\b/i.test(tag)) return 'zh-TW';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

const chosen = signal<Locale>(
  pickLocale(loadPreference('language'), typeof navigator === 'undefined' ? [] : navigator.languages),
);

export const locale = computed(() => chosen.value);

export function toggleLocale(): void {
  chosen.value = otherLocale();
  savePreference('language', chosen.value);
}

export function otherLocale(): Locale {
  return chosen.value === 'en' ? 'zh-TW' : 'en';
}

export function t<K extends Key>(key: K, ...values: Values<K>): string {
  return fill(languages[chosen.value][key], values[0] ?? {});
}

/** The text of a key that only the data know, such as a stage's; null where there is none. */
export function lookUp(key: string): string | null {
  return Object.hasOwn(en, key) ? languages[chosen.value][key as Key] : null;
}

export function fill(message: string, values: Readonly<Record<string, string | number>>): string {
  return message.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
}
