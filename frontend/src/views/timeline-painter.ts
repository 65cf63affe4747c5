/**
 * Draws lanes of tracks on a canvas. In: lanes and the moment that is now. Out: pixels. It
 * knows no signals and keeps nothing but colours.
 */
import { t } from '../i18n/i18n';
import { isMoment, type Lane, SPAN_MS } from '../model/tracks';
import { resolveColour } from '../ui/theme';
import { describeMark } from '../ui/wording';

/** One lane's height, in CSS pixels. */
export const LANE_PX = 30;
const BAR_PX = 9;
const AXIS_S = [30, 20, 10, 0];
const FONT = '12px system-ui, "Noto Sans TC", "Noto Sans CJK TC", sans-serif';

/** Okabe and Ito's, in the order in which the server gives them to tracks. */
const palette = ['#56b4e9', '#e69f00', '#009e73', '#f0e442', '#cc79a7', '#d55e00', '#0072b2'] as const;

export function colourOf(track: number): string {
  return palette[track % palette.length] as string;
}

export type TimelinePainter = {
  paint(lanes: readonly Lane[], rows: number, nowMs: number): void;
  /** After a change of the theme. */
  readColours(): void;
};

export function createTimelinePainter(canvas: HTMLCanvasElement): TimelinePainter {
  let colours = { text: '', quiet: '', line: '' };
  const readColours = () => {
    colours = {
      text: resolveColour('--text'),
      quiet: resolveColour('--quiet'),
      line: resolveColour('--line'),
    };
  };
  readColours();

  const paint = (lanes: readonly Lane[], rows: number, nowMs: number) => {
    const c = canvas.getContext('2d');
    const width = canvas.clientWidth;
    const height = rows * LANE_PX + 22;
    if (!c || width === 0) return;
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    if (rows === 0) return;
    c.font = FONT;
    c.textBaseline = 'middle';

    const left = Math.min(132, width * 0.3);
    const right = width - 4;
    const x = (ms: number) => right - ((nowMs - Math.max(ms, nowMs - SPAN_MS)) / SPAN_MS) * (right - left);

    c.strokeStyle = colours.line;
    c.fillStyle = colours.quiet;
    c.lineWidth = 1;
    for (const s of AXIS_S) {
      const at = Math.round(x(nowMs - s * 1000)) + 0.5;
      c.beginPath();
      c.moveTo(at, 0);
      c.lineTo(at, height - 20);
      c.stroke();
      c.textAlign = s === 0 ? 'right' : s === AXIS_S[0] ? 'left' : 'center';
      c.fillText(s === 0 ? t('now') : t('secondsAgo', { n: s }), s === 0 ? right : at, height - 9);
    }
    c.textAlign = 'left';
    lanes.forEach((lane, row) => {
      const top = row * LANE_PX;
      drawName(c, lane, top, left - 8);
      drawSpans(c, lane, top, x);
      drawMarks(c, lane, top, x, { left, right });
    });
  };

  /** The colour beside the name too: it alone would tell nobody who it is. */
  function drawName(c: CanvasRenderingContext2D, lane: Lane, top: number, width: number) {
    c.fillStyle = colourOf(lane.track);
    c.fillRect(0, top + 4, 5, BAR_PX);
    c.strokeStyle = colours.quiet;
    c.setLineDash([]);
    c.strokeRect(0.5, top + 4.5, 4, BAR_PX - 1);
    c.fillStyle = colours.text;
    c.fillText(shorten(c, `#${lane.track} ${lane.label}`, width - 10), 10, top + 9);
  }

  function drawSpans(c: CanvasRenderingContext2D, lane: Lane, top: number, x: (ms: number) => number) {
    c.fillStyle = colourOf(lane.track);
    c.strokeStyle = colours.quiet;
    for (const { from, to, predicted } of lane.spans) {
      const begin = x(from);
      const width = Math.max(2, x(to) - begin);
      if (predicted) {
        c.setLineDash([3, 3]);
        c.strokeRect(begin + 0.5, top + 5.5, width - 1, BAR_PX - 3);
      } else {
        c.setLineDash([]);
        c.fillRect(begin, top + 4, width, BAR_PX);
        c.strokeRect(begin + 0.5, top + 4.5, Math.max(1, width - 1), BAR_PX - 1);
      }
    }
    c.setLineDash([]);
  }

  /** The newest word first: one that finds no room beside its moment any more is left out. */
  function drawMarks(
    c: CanvasRenderingContext2D,
    lane: Lane,
    top: number,
    x: (ms: number) => number,
    { left, right }: { left: number; right: number },
  ) {
    c.fillStyle = colours.text;
    let end = right;
    for (const mark of lane.marks.toReversed()) {
      const begin = x(mark.from);
      if (isMoment(mark)) drawWedge(c, begin, top + 12);
      else c.fillRect(begin, top + 15, Math.max(2, x(mark.to) - begin), 1.5);
      if (mark.kind === 'refound') continue; // the bar tells it too: words are for what it does not
      const text = describeMark(mark);
      const { width } = c.measureText(text);
      // One that has just begun has its word before it: there is no room behind it yet.
      const at = Math.min(begin, end - width);
      if (at < left || at + width < begin) continue;
      c.fillText(text, at, top + 23.5);
      end = at - 6;
    }
  }

  return { paint, readColours };
}

/** Points up at the moment in the bar. */
function drawWedge(c: CanvasRenderingContext2D, x: number, top: number) {
  c.beginPath();
  c.moveTo(x, top);
  c.lineTo(x + 4, top + 6);
  c.lineTo(x - 4, top + 6);
  c.fill();
}

/** As much of the text as fits, with an ellipsis; nothing where not even two letters do. */
function shorten(c: CanvasRenderingContext2D, text: string, width: number): string {
  if (c.measureText(text).width <= width) return text;
  for (let n = text.length - 1; n >= 2; n--) {
    const short = `${text.slice(0, n)}…`;
    if (c.measureText(short).width <= width) return short;
  }
  return '';
}
