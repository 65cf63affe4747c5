import { t } from '../i18n/i18n';
import { useDashboard } from './context';
import { Foldable } from './foldable';

export function RawPanel() {
  return (
    <Foldable title={t('raw')} testId="raw-panel">
      <Raw />
    </Foldable>
  );
}

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
