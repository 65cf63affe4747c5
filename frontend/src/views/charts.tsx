import { locale, t } from '../i18n/i18n';
import { fates } from '../model/fates';
import { millis, rate } from '../model/format';
import { useLazy } from '../ui/lazy';
import { Chart } from './chart';
import { useDashboard } from './context';
import { PartFailed } from './part-failed';
import type { Line } from './plot';

const SOLID: number[] = [];
const DASHED = [7, 4];
const DOTTED = [2, 3];

const fpsLines: Line[] = [
  { key: 'captured', label: () => t('fpsCaptured'), colour: '--blue', dash: SOLID },
  { key: 'analyzed', label: () => t('fpsAnalyzed'), colour: '--vermillion', dash: DASHED },
  { key: 'painted', label: () => t('fpsPainted'), colour: '--green', dash: DOTTED },
];

const ageLines: Line[] = [
  { key: 'ageLatest', label: () => t('seriesLatest'), colour: '--green', dash: DOTTED },
  { key: 'ageP50', label: () => t('seriesP50'), colour: '--blue', dash: SOLID },
  { key: 'ageP95', label: () => t('seriesP95'), colour: '--vermillion', dash: DASHED },
];

const fateColours = {
  analyzed: '--fate-analyzed',
  displaced: '--fate-displaced',
  late: '--fate-late',
  corrupt: '--fate-corrupt',
  failed: '--fate-failed',
  idle: '--fate-idle',
  lost_upstream: '--fate-lost',
} as const;

/** All but shutdown: when that comes, there is nobody left to tell. */
const shownFates = [...fates, 'lost_upstream' as const].filter((fate) => fate !== 'shutdown');

const fateLines: Line[] = shownFates.map((fate) => ({
  key: fate,
  label: () => t(`fate_${fate}`),
  colour: fateColours[fate],
  dash: SOLID,
}));

const loadPlot = async () => (await import('./plot')).createPlot;

export function Charts() {
  const { store } = useDashboard();
  const at = locale.value;
  // The picture comes first: the plots are fetched when it stands, or the reason why it does not.
  const { kind } = store.situation.value;
  const plot = useLazy(loadPlot, kind !== 'connecting' && kind !== 'serverDown');
  const createPlot = plot.kind === 'loaded' ? plot.value : null;
  return (
    <section class="charts" aria-label={t('charts')}>
      {plot.kind === 'failed' && <PartFailed />}
      <Chart
        id="fps"
        title={t('chartFps')}
        unit={t('unitFps')}
        lines={fpsLines}
        format={(x) => rate(at, x)}
        createPlot={createPlot}
        summarize={(x) =>
          t('summaryFps', {
            captured: rate(at, x('captured')),
            analyzed: rate(at, x('analyzed')),
            painted: rate(at, x('painted')),
          })
        }
      />
      <Chart
        id="age"
        title={t(store.playerMode.value === 'worker' ? 'chartAge' : 'chartAgeServer')}
        unit={t('unitMs')}
        lines={ageLines}
        format={(x) => millis(at, x)}
        createPlot={createPlot}
        summarize={(x) =>
          t('summaryAge', {
            p50: millis(at, x('ageP50')),
            p95: millis(at, x('ageP95')),
            latest: millis(at, x('ageLatest')),
          })
        }
      />
      <Chart
        id="fates"
        title={t('chartFates')}
        unit={t('unitPerSecond')}
        lines={fateLines}
        stacked
        format={(x) => rate(at, x)}
        createPlot={createPlot}
        summarize={(x) =>
          t('summaryFates', {
            list: fateLines.map((l) => `${l.label()} ${rate(at, x(l.key))}`).join(', '),
          })
        }
      />
    </section>
  );
}
