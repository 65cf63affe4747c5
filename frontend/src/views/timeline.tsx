import { effect, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { locale, t } from '../i18n/i18n';
import { seconds } from '../model/format';
import { type Lane, SPAN_MS, TrackBook } from '../model/tracks';
import { onColours } from '../ui/theme';
import { describeMark } from '../ui/wording';
import { useDashboard } from './context';
import { createTimelinePainter, LANE_PX } from './timeline-painter';

/** More lanes than a person follows; the number of the rest is told. */
const LANES = 10;
/** Who was seen no longer ago than this is here. */
const HERE_MS = 1000;

/** The last half minute of each track, as a drawing and in words. */
export function Timeline() {
  const dashboard = useDashboard();
  const { store } = dashboard;
  const canvas = useRef<HTMLCanvasElement>(null);
  const book = useMemo(() => new TrackBook(), []);
  const arrivedMs = useRef(0);
  /** Only ever grows while there are any, so that the page does not jump. */
  const rows = useSignal(0);
  const more = useSignal(0);
  const told = useSignal<readonly string[]>([]);

  useEffect(
    () =>
      dashboard.listen((event, atMs) => {
        book.add(event);
        arrivedMs.current = atMs;
      }),
    [dashboard, book],
  );

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const painter = createTimelinePainter(element);
    let onScreen = true;
    const watcher = new IntersectionObserver((entries) => {
      onScreen = entries.at(-1)?.isIntersecting ?? true;
    });
    watcher.observe(element);
    const draw = (pageMs: number) => {
      const newest = book.newestMs;
      if (newest === null) return;
      const found = book.lanes(LANES);
      const nowMs = newest + Math.max(0, pageMs - arrivedMs.current);
      const inSight = found.lanes.filter((lane) => lane.last >= nowMs - SPAN_MS);
      rows.value = inSight.length === 0 ? 0 : Math.max(rows.peek(), inSight.length);
      more.value = found.more;
      told.value = inSight.map((lane) => describeLane(lane, nowMs));
      if (onScreen) painter.paint(inSight, rows.peek(), nowMs);
    };
    // With the beat: five times a second, and not while the tab is hidden or the picture stands.
    const stopBeat = effect(() => {
      const pageMs = store.nowMs.value;
      if (document.visibilityState === 'visible' && !store.paused.peek()) draw(pageMs);
    });
    const redraw = () => {
      painter.readColours();
      draw(store.nowMs.peek());
    };
    const stopColours = onColours(redraw);
    const stopWords = locale.subscribe(redraw);
    const sizer = new ResizeObserver(redraw);
    sizer.observe(element);
    return () => {
      stopBeat();
      stopColours();
      stopWords();
      sizer.disconnect();
      watcher.disconnect();
    };
  }, [store, book, rows, more, told]);

  return (
    <figure class="timeline" aria-labelledby="h-tracks">
      <div aria-hidden="true" style={{ height: rows.value ? `${rows.value * LANE_PX + 22}px` : '0' }}>
        <canvas ref={canvas} data-testid="timeline" />
      </div>
      {rows.value === 0 && <p class="quiet">{t('tracksNone')}</p>}
      <figcaption>
        {rows.value > 0 && (
          <p class="legend quiet" aria-hidden="true">
            <span class="key seen">{t('tracksSeen')}</span>
            <span class="key guessed">{t('predicted')}</span>
            <span class="key did">{t('doing')}</span>
            <span class="key happened">{t('happening')}</span>
            {more.value > 0 && <span>{t('moreObjects', { n: more.value })}</span>}
          </p>
        )}
        <ul class="unseen" data-testid="timeline-summary">
          {told.value.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

/** One lane in a sentence. */
function describeLane(lane: Lane, nowMs: number): string {
  const at = locale.value;
  const here = nowMs - lane.last < HERE_MS;
  const last = lane.spans.at(-1);
  const values = {
    label: lane.label,
    track: lane.track,
    seconds: seconds(at, here ? nowMs - lane.first : nowMs - lane.last, 'down'),
  };
  const text = !here
    ? t('trackGone', values)
    : last?.predicted
      ? t('trackPredicted', values)
      : t('trackHere', values);
  const doing = lane.marks.filter((m) => nowMs - m.to < HERE_MS).map(describeMark);
  return here && doing.length > 0 ? `${text} ${t('trackDoing', { doing: doing.join(', ') })}` : text;
}
