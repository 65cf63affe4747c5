import { useSignal } from '@preact/signals';
import { t } from '../i18n/i18n';
import { useDashboard } from './context';

export function RawPanel() {
  const open = useSignal(false);
  return (
    <details
      class="card"
      data-testid="raw-panel"
      onToggle={(e) => {
        open.value = e.currentTarget.open;
      }}
    >
      <summary>
        <h2>{t('raw')}</h2>
      </summary>
      {open.value && <Raw />}
    </details>
  );
}

/** Rendered while open only: formatting JSON five times a second for nobody is waste. */
function Raw() {
  const { store } = useDashboard();
  const json = store.frameJson.value;
  return (
    // biome-ignore lint/a11y/useSemanticElements: it scrolls, so the keyboard must reach it
    <pre class="scroll" tabIndex={0} role="region" aria-label={t('raw')} data-testid="raw">
      {json ? JSON.stringify(JSON.parse(json), null, 2) : t('rawNone')}
    </pre>
  );
}
