import { t } from '../i18n/i18n';
import type { Situation } from '../model/situation';
import { describeSituation, describeTrouble, explainSituation, smellsOfTooManyTabs } from '../ui/wording';
import { CameraButton } from './camera-button';
import { useDashboard } from './context';
import { looks } from './header';
import { Icon } from './icon';

/** Whether what stands on the screen must not be taken for the present. */
export function hidesPicture(s: Situation): boolean {
  return s.kind !== 'live' && s.kind !== 'paused' && s.kind !== 'eventsDown';
}

/** Lies over a picture that is not the present: says what is the matter and what can be done. */
export function Veil() {
  const { store } = useDashboard();
  const situation = store.situation.value;
  if (!hidesPicture(situation)) return null;
  const error = 'error' in situation ? situation.error : null;
  const why = 'why' in situation ? situation.why : null;
  return (
    <div class="veil" data-testid="veil" data-situation={situation.kind}>
      <Icon name={looks[situation.kind].icon} />
      <strong>{describeSituation(situation)}</strong>
      <p>{explainSituation(situation, store.nowMs.value)}</p>
      {error && (
        <p class="detail" lang="en">
          {describeTrouble(error)}
        </p>
      )}
      {smellsOfTooManyTabs(why) && <p class="detail">{t('veilTooManyTabs')}</p>}
      <Remedy situation={situation} />
    </div>
  );
}

function Remedy({ situation }: { situation: Situation }) {
  const dashboard = useDashboard();
  switch (situation.kind) {
    case 'off':
      return <CameraButton testId="veil-start" primary />;
    case 'idle':
      return (
        <button
          type="button"
          class="primary"
          data-testid="veil-resume"
          onClick={() => void dashboard.changePipeline({ paused: false })}
        >
          <Icon name="play" />
          {t('resume')}
        </button>
      );
    case 'serverDown':
    case 'pictureDown':
      return (
        <button type="button" class="primary" data-testid="veil-retry" onClick={() => dashboard.retryNow()}>
          {t('retry')}
        </button>
      );
    default:
      return null;
  }
}
