/**
 * Draws a chart's lines. In: an element, lines, the store. Out: a plot, made once, whose
 * window each beat slides unless nobody can see it. Loaded after the live view stands: the
 * library weighs as much as the rest of the page.
 */
import { effect } from '@preact/signals';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { locale, t } from '../i18n/i18n';
import type { SeriesKey, Store } from '../store';
import { onColours, resolveColour } from '../ui/theme';

export type Line = { key: SeriesKey; label: () => string; colour: string; dash: number[] };

const WINDOW_S = 60;
const HEIGHT = 132;
/** One key for all: the cursor stands at the same moment in every chart. */
const SYNC = 'freshframe';

export type CreatePlot = typeof createPlot;

/** Returns what takes the plot away. `onHover` gets the lines' values under the cursor, null outside. */
export function createPlot(p: {
  element: HTMLElement;
  store: Store;
  lines: readonly Line[];
  stacked: boolean;
  onHover: (values: (number | null)[] | null) => void;
}): () => void {
  const { element, store, lines, stacked } = p;
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
            p.onHover(idx == null ? null : columns.map((c) => c[idx] ?? null));
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
