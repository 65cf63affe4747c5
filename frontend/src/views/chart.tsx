import { effect, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { locale, t } from '../i18n/i18n';
import type { SeriesKey } from '../store';
import { onColours, resolveColour } from '../ui/theme';
import { useDashboard } from './context';

export type Line = { key: SeriesKey; label: () => string; colour: string; dash: number[] };

const WINDOW_S = 60;
const HEIGHT = 132;
/** One key for all: the cursor stands at the same moment in every chart. */
const SYNC = 'freshframe';

/**
 * The last minute of some series. The plot is made once; each beat slides its window,
 * unless nobody can see it.
 */
export function Chart(p: {
  id: string;
  title: string;
  unit: string;
  lines: readonly Line[];
  stacked?: boolean;
  format: (x: number | null) => string;
  /** The chart in a sentence, for those who do not see it. */
  summarize: (latest: (key: SeriesKey) => number | null) => string;
}) {
  const { store } = useDashboard();
  const host = useRef<HTMLDivElement>(null);
  /** The values under the cursor, or null: the legend then tells the newest. */
  const hovered = useSignal<(number | null)[] | null>(null);
  const { lines, stacked = false } = p;

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let colours = new Map<string, string>();
    const readColours = () => {
      colours = new Map(
        ['--quiet', '--line', '--card', ...lines.map((l) => l.colour)].map((n) => [n, resolveColour(n)]),
      );
    };
    readColours();
    const colour = (name: string) => colours.get(name) ?? '';
    // Areas are painted from the tallest sum down, each covering the foot of the one before.
    const drawn = stacked ? [...lines].reverse() : [...lines];

    let columns: (number | null)[][] = [];
    const data = (): uPlot.AlignedData => {
      const now = store.nowMs.peek() / 1000;
      const since = now - WINDOW_S - 1;
      columns = lines.map((l) => store.history.column(l.key, since));
      const ys = stacked ? sums(columns).reverse() : columns;
      return [store.history.times(since).map((x) => x - now), ...ys];
    };

    const axis: uPlot.Axis = {
      stroke: () => colour('--quiet'),
      grid: { stroke: () => colour('--line'), width: 1 },
      ticks: { show: false },
      font: '12px system-ui, sans-serif',
    };
    const plot = new uPlot(
      {
        width: element.clientWidth || 320,
        height: HEIGHT,
        legend: { show: false },
        cursor: { sync: { key: SYNC }, drag: { x: false, y: false }, points: { show: false }, y: false },
        scales: {
          x: { time: false, range: [-WINDOW_S, 0] },
          y: { range: (_plot, _low, high) => [0, Math.max(1, (high ?? 0) * 1.1)] },
        },
        axes: [
          {
            ...axis,
            size: 24,
            gap: 4,
            splits: () => [-60, -45, -30, -15, 0],
            values: (_plot, splits) => splits.map((s) => (s === 0 ? t('now') : t('secondsAgo', { n: -s }))),
          },
          { ...axis, size: 40, gap: 4 },
        ],
        series: [
          {},
          ...drawn.map(
            (l): uPlot.Series => ({
              points: { show: false },
              ...(stacked
                ? { stroke: () => colour('--card'), fill: () => colour(l.colour), width: 1 }
                : { stroke: () => colour(l.colour), width: 2, dash: l.dash }),
            }),
          ),
        ],
        hooks: {
          setCursor: [
            ({ cursor: { idx } }) => {
              hovered.value = idx == null ? null : columns.map((c) => c[idx] ?? null);
            },
          ],
        },
      },
      data(),
      element,
    );

    let onScreen = true;
    const watcher = new IntersectionObserver((entries) => {
      onScreen = entries.at(-1)?.isIntersecting ?? true;
    });
    watcher.observe(element);
    const sizer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    sizer.observe(element);
    const stopBeat = effect(() => {
      void store.nowMs.value;
      if (onScreen && document.visibilityState === 'visible') plot.setData(data());
    });
    const redraw = () => {
      readColours();
      plot.redraw(false, true);
    };
    const stopColours = onColours(redraw);
    const stopWords = locale.subscribe(redraw);
    return () => {
      stopBeat();
      stopColours();
      stopWords();
      watcher.disconnect();
      sizer.disconnect();
      plot.destroy();
    };
  }, [store, lines, stacked, hovered]);

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

/** Running sums over the columns, row by row: what stacked areas are drawn from. */
function sums(columns: readonly (number | null)[][]): (number | null)[][] {
  const out: (number | null)[][] = [];
  for (const column of columns) {
    const below = out.at(-1);
    out.push(column.map((x, i) => (x === null ? null : x + (below?.[i] ?? 0))));
  }
  return out;
}
