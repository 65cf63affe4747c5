import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { loadPreference, type Preference, savePreference } from '../ui/preferences';

/** A card that folds. What is in it lives while it is open only: nobody sees it otherwise. */
export function Foldable(p: {
  title: string;
  testId: string;
  /** Where the browser keeps how the person left it; without, it starts anew at each visit. */
  preference?: Preference;
  openAtFirst?: boolean;
  children: ComponentChildren;
}) {
  const { preference } = p;
  const saved = preference ? loadPreference(preference) : null;
  const open = useSignal(saved === null ? (p.openAtFirst ?? false) : saved === 'open');
  return (
    <details
      class="card"
      data-testid={p.testId}
      open={open.value}
      onToggle={(e) => {
        if (e.currentTarget.open === open.value) return;
        open.value = e.currentTarget.open;
        if (preference) savePreference(preference, open.value ? 'open' : 'closed');
      }}
    >
      <summary>
        <h2>{p.title}</h2>
      </summary>
      {open.value && p.children}
    </details>
  );
}
