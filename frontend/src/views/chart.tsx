import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n/i18n';
import type { SeriesKey } from '../store';
import { useDashboard } from './context';
import type { CreatePlot, Line } from './plot';

/** The last minute of some series. Its place and its numbers are there before its plot is. */
export function Chart(p: {
  id: string;
  title: string;
  unit: string;
  lines: readonly Line[];
  stacked?: boolean;
  format: (x: number | null) => string;
  /** The chart in a sentence, for those who do not see it. */
  summarize: (latest: (key: SeriesKey) => number | null) => string;
  /** null while it is loaded. */
  createPlot: CreatePlot | null;
}) {
  const { store } = useDashboard();
  const host = useRef<HTMLDivElement>(null);
  /** The values under the cursor, or null: the legend then tells the newest. */
  const hovered = useSignal<(number | null)[] | null>(null);
  const { lines, stacked = false, createPlot } = p;

  useEffect(() => {
    const element = host.current;
    if (!element || !createPlot) return;
    const onHover = (values: (number | null)[] | null) => {
      hovered.value = values;
    };
    return createPlot({ element, store, lines, stacked, onHover });
  }, [createPlot, store, lines, stacked, hovered]);

  void store.nowMs.value; // the legend follows the beat
  const latest = (key: SeriesKey) => store.history.latest(key);
  return (
    <figure class="card chart" aria-labelledby={`h-chart-${p.id}`} data-testid={`chart-${p.id}`}>
      <h2 id={`h-chart-${p.id}`}>
        {p.title} <small>{p.unit}</small>
      </h2>
      <div ref={host} aria-hidden="true" class="plot" />
      <ul class="legend" aria-hidden="true">
        {lines.map((l, i) => (
          <li key={l.key}>
            <svg class="stroke" viewBox="0 0 22 8" aria-hidden="true">
              {stacked ? (
                <rect width="22" height="8" rx="2" style={{ fill: `var(${l.colour})` }} />
              ) : (
                <path
                  d="M0 4h22"
                  stroke-dasharray={l.dash.join(' ')}
                  style={{ stroke: `var(${l.colour})` }}
                />
              )}
            </svg>
            {l.label()} <b>{p.format(hovered.value ? (hovered.value[i] ?? null) : latest(l.key))}</b>
          </li>
        ))}
      </ul>
      <figcaption class="unseen" data-testid={`chart-${p.id}-summary`}>
        {store.history.length === 0 ? t('summaryNone') : p.summarize(latest)}
      </figcaption>
    </figure>
  );
}
