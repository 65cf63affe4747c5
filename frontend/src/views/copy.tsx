import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n/i18n';

const COPIED_MS = 2000;

/** Browsers have a clipboard only on secure pages; elsewhere one click selects the whole text. */
export function Copy({ text, testId }: { text: string; testId: string }) {
  const copied = useSignal(false);
  useEffect(() => {
    if (!copied.value) return;
    const timer = setTimeout(() => {
      copied.value = false;
    }, COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied, copied.value]);
  if (!navigator.clipboard) return null;
  return (
    <button
      type="button"
      data-testid={testId}
      onClick={async () => {
        try {
          await navigator.clipboard.writeText(text);
          copied.value = true;
        } catch {
          // Not allowed here: the text can still be selected.
        }
      }}
    >
      <span role="status">{t(copied.value ? 'copied' : 'copy')}</span>
    </button>
  );
}
