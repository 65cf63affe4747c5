import { t } from '../i18n/i18n';
import { useLazy } from '../ui/lazy';
import { useDashboard } from './context';
import { PartFailed } from './part-failed';

const loadTimeline = async () => (await import('./timeline')).Timeline;

/** What is followed through the pictures. Its drawing is fetched once there is something to draw. */
export function Tracks() {
  const { store } = useDashboard();
  const tracked = store.frame.value?.result.detections?.some((d) => d.track !== null) ?? false;
  const timeline = useLazy(loadTimeline, tracked);
  return (
    <section class="card" aria-labelledby="h-tracks" data-testid="tracks">
      <h2 id="h-tracks">{t('tracks')}</h2>
      {timeline.kind === 'loaded' ? (
        <timeline.value />
      ) : timeline.kind === 'failed' ? (
        <PartFailed />
      ) : (
        <p class="quiet">{t('tracksNone')}</p>
      )}
    </section>
  );
}
