import { t } from '../i18n/i18n';
import { useLazy } from '../ui/lazy';
import { Foldable } from './foldable';
import { PartFailed } from './part-failed';

export function CameraControls() {
  return (
    <Foldable title={t('cameraControls')} testId="camera-controls" preference="cameraControls">
      <List />
    </Foldable>
  );
}

const loadList = async () => (await import('./control-list')).ControlList;

/** Fetched when the card is opened for the first time: few people ever do. */
function List() {
  const list = useLazy(loadList, true);
  switch (list.kind) {
    case 'loading':
      return <p class="quiet">{t('partLoading')}</p>;
    case 'failed':
      return <PartFailed />;
    case 'loaded':
      return <list.value />;
  }
}
