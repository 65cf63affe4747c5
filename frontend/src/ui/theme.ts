/**
 * Light, dark, or as the system wishes. public/theme.js sets the saved choice before the
 * first paint; this changes it afterwards.
 */
import { signal } from '@preact/signals';
import { loadPreference, savePreference } from './preferences';

const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export const theme = signal<Theme>(themes.find((x) => x === loadPreference('theme')) ?? 'auto');

export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] as Theme;
  savePreference('theme', theme.value);
  if (theme.value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
}

/** Calls back when the colours in force may have changed, as soon as they can be resolved. */
export function onColours(changed: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  let frame = 0;
  // At the moment of the change itself the styles are still the old ones.
  const soon = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(changed);
  };
  system.addEventListener('change', soon);
  const unsubscribe = theme.subscribe(soon);
  return () => {
    cancelAnimationFrame(frame);
    system.removeEventListener('change', soon);
    unsubscribe();
  };
}

/** A CSS variable's colour as it is now: light-dark() and the like resolved. */
export function resolveColour(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
