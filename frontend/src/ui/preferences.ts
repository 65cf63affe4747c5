/** A person's taste, kept by the browser. Where it keeps nothing, the page works all the same. */

export type Preference = 'language' | 'theme' | 'keys' | 'controls' | 'cameraControls';

const PREFIX = 'freshframe.';

export function loadPreference(name: Preference): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // storage is switched off
  }
}

export function savePreference(name: Preference, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Storage is switched off or full: the choice holds until the page is closed.
  }
}
