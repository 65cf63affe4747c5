import { t } from '../i18n/i18n';
import { useLazy } from '../ui/lazy';
import { Foldable } from './foldable';
import { PartFailed } from './part-failed';

/** Places in the picture that count what goes in and out. */
export function Zones() {
  return (
    <Foldable title={t('zones')} testId="zones">
      <Editor />
    </Foldable>
  );
}

const loadEditor = async () => (await import('./zone-editor')).ZoneEditor;

/** Fetched when the card is opened for the first time: few people ever do. */
function Editor() {
  const editor = useLazy(loadEditor, true);
  switch (editor.kind) {
    case 'loading':
      return <p class="quiet">{t('partLoading')}</p>;
    case 'failed':
      return <PartFailed />;
    case 'loaded':
      return <editor.value />;
  }
}
