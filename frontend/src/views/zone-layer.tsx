import { useSignal } from '@preact/signals';
import type { TargetedKeyboardEvent, TargetedPointerEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n/i18n';
import {
  canAddPoint,
  canRemovePoint,
  fewestPoints,
  middleAfter,
  moved,
  nudged,
  type Point,
  withoutPoint,
  withPoint,
  withPointAfter,
} from '../model/areas';
import type { AreaWish } from '../net/wire';
import { useDashboard } from './context';
import type { ZoneDesk } from './zone-desk';

/** Screen pixels: a handle as it is seen, and as far as a finger may miss it. */
const HANDLE = 6;
const REACH = 14;
const FINGER_REACH = 22;
/** How far an arrow key moves a point, as a fraction of the picture. */
const STEP = 0.005;
const LARGE_STEP = 0.05;

type Shown = {
  desk: ZoneDesk;
  /** The picture's own size, in its pixels: the drawing's unit. */
  width: number;
  height: number;
  /** Picture pixels in a screen pixel. */
  unit: number;
  /** Whether the server draws those that it has, with their names. */
  drawn: boolean;
};

/** Zones and lines over the picture, to be drawn and moved. */
export function ZoneLayer({ desk }: { desk: ZoneDesk }) {
  const { store } = useDashboard();
  const svg = useRef<SVGSVGElement>(null);
  const unit = useSignal(1);
  const camera = store.state.value?.camera;
  const width = store.painted.value?.width || camera?.width || 1280;
  const height = store.painted.value?.height || camera?.height || 720;
  const drawing = desk.drawing.value;
  const isDrawing = drawing !== null;

  useEffect(() => {
    const element = svg.current;
    if (!element) return;
    const measure = () => {
      const scale = Math.min(element.clientWidth / width, element.clientHeight / height);
      unit.value = scale > 0 ? 1 / scale : 1;
    };
    const sizer = new ResizeObserver(measure);
    sizer.observe(element);
    measure();
    return () => sizer.disconnect();
  }, [width, height, unit]);

  useEffect(() => {
    if (isDrawing) svg.current?.focus();
  }, [isDrawing]);

  const drawn = store.view.value !== 'raw' && store.state.value?.pipeline.overlay['zones'] === true;
  const shown = { desk, width, height, unit: unit.value, drawn };
  return (
    // biome-ignore lint/a11y/useSemanticElements: there is no fieldset in a drawing
    <svg
      ref={svg}
      class="zones-layer"
      data-testid="zone-layer"
      data-drawing={isDrawing}
      viewBox={`0 0 ${width} ${height}`}
      role="group"
      aria-label={t('zonesLayer')}
      tabindex={-1}
      onPointerDown={(e) => {
        if (!desk.drawing.peek() || e.button !== 0) return;
        e.preventDefault();
        e.currentTarget.focus();
        drawTo(desk, pointAt(e.currentTarget, e, width, height), shown);
      }}
      onKeyDown={(e) => onDrawingKey(e, desk)}
    >
      {desk.areas.value.map((area, i) => (
        <Shape key={i} area={area} at={i} shown={shown} />
      ))}
      {drawing && <Sketch points={drawing.points} shown={shown} />}
    </svg>
  );
}

/** Below the picture while something is drawn in it: how, and the ways out for who has no keys. */
export function DrawingBar({ desk }: { desk: ZoneDesk }) {
  const drawing = desk.drawing.value;
  if (!drawing) return null;
  return (
    <div class="drawing" data-testid="drawing">
      <span role="status">{t(drawing.kind === 'line' ? 'drawLineHint' : 'drawZoneHint')}</span>
      <button
        type="button"
        class="primary"
        data-testid="drawing-finish"
        disabled={drawing.points.length < fewestPoints(drawing.kind)}
        onClick={() => desk.finish()}
      >
        {t('drawFinish')}
      </button>
      <button
        type="button"
        data-testid="drawing-cancel"
        onClick={() => {
          desk.drawing.value = null;
        }}
      >
        {t('cancel')}
      </button>
    </div>
  );
}

/** A click on the first corner closes the zone. */
function drawTo(desk: ZoneDesk, to: Point, { width, height, unit }: Shown): void {
  const points = desk.drawing.peek()?.points ?? [];
  const first = points[0];
  const isNear = first && Math.hypot((to[0] - first[0]) * width, (to[1] - first[1]) * height) < REACH * unit;
  if (isNear && points.length >= 3) desk.finish();
  else if (!isNear) desk.draw(to);
}

function onDrawingKey(e: TargetedKeyboardEvent<SVGSVGElement>, desk: ZoneDesk): void {
  if (!desk.drawing.peek()) return;
  if (e.key === 'Enter') desk.finish();
  else if (e.key === 'Escape') desk.drawing.value = null;
  else if (e.key === 'Backspace') desk.undraw();
  else return;
  e.preventDefault();
  e.stopPropagation();
}

/** Where in the picture, in fractions of it. */
function pointAt(svg: SVGSVGElement, e: MouseEvent, width: number, height: number): Point {
  const toPicture = svg.getScreenCTM()?.inverse();
  const at = new DOMPoint(e.clientX, e.clientY).matrixTransform(toPicture);
  return [Math.min(1, Math.max(0, at.x / width)), Math.min(1, Math.max(0, at.y / height))];
}

function Sketch({ points, shown }: { points: readonly Point[]; shown: Shown }) {
  return (
    <g class="sketch">
      <Strokes points={points} closed={false} shown={shown} />
      {points.map((p) => (
        <circle key={p.join()} cx={p[0] * shown.width} cy={p[1] * shown.height} r={HANDLE * shown.unit} />
      ))}
    </g>
  );
}

/** A light line with a dark rim: to be seen on every picture. */
function Strokes(p: { points: readonly Point[]; closed: boolean; shown: Shown }) {
  const { width, height } = p.shown;
  const path = p.points.map(([x, y]) => `${x * width} ${y * height}`).join('L');
  if (!path) return null;
  const d = `M${path}${p.closed ? 'Z' : ''}`;
  return (
    <>
      <path class="rim" d={d} />
      <path class="edge" d={d} />
    </>
  );
}

function Shape({ area, at, shown }: { area: AreaWish; at: number; shown: Shown }) {
  const { desk, width, height, unit } = shown;
  const isSelected = desk.selected.value === at && !desk.drawing.value;
  const first = area.points[0];
  /** As it was when it was taken hold of: small steps would each be rounded. */
  const held = useRef(area);
  const drag = useDrag(shown, (to, from) =>
    desk.change(at, moved(held.current, [to[0] - from[0], to[1] - from[1]])),
  );
  return (
    <g class="area" data-selected={isSelected} data-testid={`area-${area.name}`}>
      <g
        class="body"
        {...drag}
        onPointerDown={(e) => {
          if (desk.drawing.peek()) return;
          desk.selected.value = at;
          held.current = area;
          if (e.pointerType === 'mouse') drag.onPointerDown(e); // a finger on it may mean to scroll
        }}
      >
        <Strokes points={area.points} closed={area.kind === 'zone'} shown={shown} />
      </g>
      {area.kind === 'line' && <RightSide points={area.points} shown={shown} />}
      {first && !(shown.drawn && desk.isSaved(area)) && (
        <text
          x={first[0] * width + 8 * unit}
          y={Math.max(first[1] * height - 8 * unit, 16 * unit)}
          font-size={13 * unit}
          stroke-width={3 * unit}
        >
          {area.name}
        </text>
      )}
      {isSelected && <Handles area={area} at={at} shown={shown} />}
    </g>
  );
}

/** Points to the side that is right for who walks from the first end to the second. */
function RightSide({ points, shown }: { points: readonly Point[]; shown: Shown }) {
  const { width, height, unit } = shown;
  const [a, b] = points;
  if (!a || !b) return null;
  const along = [(b[0] - a[0]) * width, (b[1] - a[1]) * height] as const;
  const degrees = (Math.atan2(along[1], along[0]) * 180) / Math.PI + 90;
  const middle = middleAfter(points, 0) ?? a;
  return (
    <path
      class="arrow"
      d="M0 -2H12V-7L22 0L12 7V2H0Z"
      transform={`translate(${middle[0] * width} ${middle[1] * height}) rotate(${degrees}) scale(${unit})`}
    />
  );
}

function Handles({ area, at, shown }: { area: AreaWish; at: number; shown: Shown }) {
  const { desk, width, height, unit } = shown;
  const reach = (matchMedia('(pointer: coarse)').matches ? FINGER_REACH : REACH) * unit;
  return (
    <>
      {canAddPoint(area) &&
        area.points.map((p, i) => {
          const middle = middleAfter(area.points, i);
          return (
            middle && (
              <g
                key={`after ${p.join()} ${i}`}
                class="between"
                data-testid={`between-${i}`}
                transform={`translate(${middle[0] * width} ${middle[1] * height})`}
                onPointerDown={(e) => {
                  e.preventDefault();
                  desk.change(at, withPointAfter(area, i));
                  desk.wanted.value = [at, i + 1];
                }}
              >
                <circle class="reach" r={reach * 0.8} />
                <path d={`M${-4 * unit} 0H${4 * unit}M0 ${-4 * unit}V${4 * unit}`} stroke-width={2 * unit} />
              </g>
            )
          );
        })}
      {area.points.map((p, i) => (
        <Handle key={i} area={area} at={at} i={i} p={p} reach={reach} shown={shown} />
      ))}
    </>
  );
}

function Handle(props: { area: AreaWish; at: number; i: number; p: Point; reach: number; shown: Shown }) {
  const { area, at, i, p, reach, shown } = props;
  const { desk, width, height, unit } = shown;
  const element = useRef<SVGGElement>(null);
  const wanted = desk.wanted.value;
  const isWanted = wanted !== null && wanted[0] === at && wanted[1] === i;
  useEffect(() => {
    if (!isWanted) return;
    element.current?.focus();
    desk.wanted.value = null;
  }, [desk, isWanted]);
  const now = () => desk.areas.peek()[at] ?? area;
  const drag = useDrag(shown, (to) => desk.change(at, withPoint(now(), i, to)));

  const onKeyDown = (e: TargetedKeyboardEvent<SVGGElement>) => {
    const to = nudged(p, e.key, e.shiftKey ? LARGE_STEP : STEP);
    if (to) {
      desk.change(at, withPoint(now(), i, to));
    } else if ((e.key === 'Delete' || e.key === 'Backspace') && canRemovePoint(area)) {
      desk.change(at, withoutPoint(now(), i));
      desk.wanted.value = [at, Math.max(0, i - 1)];
    } else if ((e.key === 'Insert' || e.key === '+') && canAddPoint(area)) {
      desk.change(at, withPointAfter(now(), i));
      desk.wanted.value = [at, i + 1];
    } else {
      return;
    }
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: there is no button in a drawing
    <g
      ref={element}
      class="handle"
      role="button"
      tabindex={0} // an SVG element knows no tabIndex
      data-testid={`handle-${i}`}
      aria-label={t('handle', {
        name: area.name,
        point: i + 1,
        x: p[0].toFixed(3),
        y: p[1].toFixed(3),
      })}
      transform={`translate(${p[0] * width} ${p[1] * height})`}
      onKeyDown={onKeyDown}
      {...drag}
    >
      <circle class="reach" r={reach} />
      <circle class="dot" r={HANDLE * unit} stroke-width={2 * unit} />
    </g>
  );
}

/** Follows a pointer from where it took hold of an element until it lets go. */
function useDrag({ width, height }: Shown, move: (to: Point, from: Point) => void) {
  const begin = useRef<Point | null>(null);
  const at = (e: TargetedPointerEvent<SVGGElement>) => {
    const svg = e.currentTarget.ownerSVGElement;
    return svg && pointAt(svg, e, width, height);
  };
  const end = () => {
    begin.current = null;
  };
  return {
    onPointerDown: (e: TargetedPointerEvent<SVGGElement>) => {
      if (e.button !== 0) return;
      e.stopPropagation();
      e.currentTarget.setPointerCapture(e.pointerId);
      begin.current = at(e);
    },
    onPointerMove: (e: TargetedPointerEvent<SVGGElement>) => {
      const from = begin.current;
      const to = from && at(e);
      if (to && (to[0] !== from[0] || to[1] !== from[1])) move(to, from);
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
