/** Keys to actions. Off inside fields, with modifiers, and where the key already has a meaning. */

export const shortcuts = {
  p: 'pause',
  ' ': 'pause',
  f: 'fullscreen',
  s: 'snapshot',
  b: 'boxes',
  t: 'trails',
  r: 'raw',
  l: 'language',
  d: 'theme',
  '?': 'help',
} as const;

/** A number chooses the analyzer with that place in the list, from 1 on. */
export type Action = (typeof shortcuts)[keyof typeof shortcuts] | number;

export type Key = {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
  /** Where the key was pressed: an element's tag in upper case, and whether it is editable text. */
  target: { tag: string; editable: boolean };
};

const FIELDS = ['INPUT', 'SELECT', 'TEXTAREA'];
/** Space presses these. */
const PRESSED_BY_SPACE = ['BUTTON', 'SUMMARY', 'A'];

export function actionFor(k: Key): Action | null {
  if (k.ctrlKey || k.metaKey || k.altKey || k.repeat) return null;
  if (k.target.editable || FIELDS.includes(k.target.tag)) return null;
  if (k.key === ' ' && PRESSED_BY_SPACE.includes(k.target.tag)) return null;
  const key = k.key.toLowerCase();
  if (/^[1-9]$/.test(key)) return Number(key);
  return isShortcut(key) ? shortcuts[key] : null;
}

function isShortcut(key: string): key is keyof typeof shortcuts {
  return Object.hasOwn(shortcuts, key);
}
