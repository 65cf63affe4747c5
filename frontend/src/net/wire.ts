/**
 * The server's JSON, field by field: the only place that knows it.
 * Times ending in _us are microseconds; boxes are [x, y, width, height] in 0..1 of the picture.
 * The golden files in testdata/api, written by the server's tests, are read by ours.
 */
import {
  array,
  boolean,
  type Decoder,
  type Infer,
  literal,
  maybe,
  number,
  numbers,
  object,
  record,
  string,
} from './decode';

/** What went wrong and what to do about it. */
export type Trouble = { code: string; message: string; hint: string | null };

export const trouble: Decoder<Trouble> = object({ code: string, message: string, hint: maybe(string) });

export const errorReply = object({ error: trouble });

export const cameraStates = ['live', 'opening', 'stalled', 'lost', 'off'] as const;
export const cameraState = literal(...cameraStates);
export type CameraState = Infer<typeof cameraState>;

/** What a camera was asked to deliver; no format or 0 where anything is welcome. */
const asked = object({ format: maybe(string), width: number, height: number, framerate: number });

export const camera = object({
  state: cameraState,
  since_us: number,
  source: string,
  why: maybe(string),
  device: string,
  /** A source value that means this very camera, whatever its device is called next time. */
  stable: maybe(string),
  name: maybe(string),
  simulated: boolean,
  format: maybe(string),
  width: number,
  height: number,
  framerate: number,
  asked: maybe(asked),
  /** Another number after each change of the controls. */
  controls_rev: maybe(number),
  reopens: number,
  error: maybe(trouble),
});
export type Camera = Infer<typeof camera>;

export const freshnesses = ['throughput', 'balanced', 'latency'] as const;

export const modes = ['serial', 'pool', 'auto'] as const;

/** What can be expected of the frames, or what is observed. Ages are those of delivered frames. */
const outcome = {
  fps: number,
  /** 0..1 of the camera's frames: not delivered. */
  skipped: number,
  /** 0..1 of the started frames. */
  late: number,
  age_ms: number,
  age_p95_ms: number,
};

export const pipeline = object({
  /** As asked for; `running` is what runs. */
  mode: literal(...modes),
  running: literal('serial', 'pool'),
  workers: object({
    /** 0: as the server chooses. With mode auto: the most that it may choose. */
    asked: number,
    /** The most that may be asked for. */
    max: number,
    working: number,
    /** Of those working. */
    busy: number,
    /** Why fewer work than were asked for. */
    limit: maybe(string),
  }),
  /** 0: no limit. */
  max_age_ms: number,
  /** 0: as the observed service time asks for. */
  max_reorder_wait_ms: number,
  /** 0: no goal. */
  target_fps: number,
  /** Why mode auto has chosen what runs. */
  reason: maybe(string),
  /** How long an analysis takes; `spread` is the share of the mean by which it varies. */
  service_ms: maybe(object({ mean: number, p50: number, p90: number, spread: number, samples: number })),
  theory: maybe(object({ ceiling_fps: number, ...outcome })),
  /** Of the last ten seconds; `jitter_ms` is the standard deviation of the intervals. */
  observed: maybe(object({ ...outcome, jitter_ms: number })),
  /** The names, joined with + where there are several. */
  analyzer: string,
  spec: string,
  /** The joined analyzers; a rate of 0 means every frame. */
  parts: maybe(array(object({ name: string, rate: number }))),
  /** What was wanted and cannot run here, so that something else does. */
  fallback: maybe(object({ wanted: string, reason: string, hint: maybe(string) })),
  params: record(string),
  stateful: boolean,
  simulated: boolean,
  freshness: literal(...freshnesses),
  paused: boolean,
  overlay: record(boolean),
  error: maybe(trouble),
});
export type Pipeline = Infer<typeof pipeline>;

export const ledger = object({
  captured: number,
  analyzed: number,
  displaced: number,
  late: number,
  corrupt: number,
  failed: number,
  idle: number,
  shutdown: number,
  in_flight: number,
  lost_upstream: number,
});
export type Ledger = Infer<typeof ledger>;

const client = object({
  id: number,
  stream: string,
  remote: string,
  since_us: number,
  sent: number,
  skipped: number,
  bytes: number,
  age_us: number,
});

/** GET /api/v1/state and `event: state`. */
export const state = object({
  boot: string,
  now_us: number,
  camera,
  pipeline,
  rates: object({ captured: number, analyzed: number, encoded: number }),
  age_us: object({ p50: number, p95: number, p99: number, samples: number }),
  ledger,
  subscribers: object({
    annotated: number,
    clean: number,
    raw: number,
    live: maybe(number),
    events: number,
    clients: array(client),
  }),
  process: object({ uptime_s: number, cpu_s: number, rss_bytes: number, goroutines: number }),
  build: object({ version: string, revision: maybe(string), go: string }),
});
export type State = Infer<typeof state>;

const detection = object({
  box: numbers(4),
  label: string,
  score: number,
  predicted: maybe(boolean),
  landmarks: maybe(array(numbers(3))),
  gesture: maybe(string),
  action: maybe(string),
  /** null: not tracked; then the rest is null too. */
  track: maybe(number),
  /** Of the middle, in fractions of the picture a second. */
  velocity: maybe(numbers(2)),
  /** Since the track began. */
  age_ms: maybe(number),
  /** Seen again in this frame after it was lost. */
  refound: maybe(boolean),
  /** Where the middle was, oldest first. */
  trail: maybe(array(numbers(2))),
});
export type Detection = Infer<typeof detection>;

export const areaKinds = ['zone', 'line'] as const;
export type AreaKind = (typeof areaKinds)[number];
const areaKind = literal(...areaKinds);

/** What happened in an area; a zone's sides balance: entered + appeared = left + vanished + inside. */
const counts = {
  inside: number,
  entered: number,
  appeared: number,
  left: number,
  vanished: number,
  dwelt: number,
  to_right: number,
  to_left: number,
};
export type Counts = Record<keyof typeof counts, number>;

/** `event: frame`, one per analyzed frame. */
export const frameEvent = object({
  seq: number,
  captured_us: number,
  captured_by: string,
  width: number,
  height: number,
  /** The stages in order, then `age`, their sum. */
  budget_us: record(number),
  fps: object({ captured: number, analyzed: number }),
  ledger,
  analyzer: string,
  mode: string,
  /** What each analyzer took; one that did not run rested: it takes fewer frames a second. */
  analyzers: maybe(array(object({ name: string, us: number, ran: boolean }))),
  result: object({
    count: number,
    detections: maybe(array(detection)),
    values: maybe(record(number)),
  }),
  /** Totals of all classes. */
  zones: maybe(array(object({ name: string, kind: areaKind, ...counts }))),
  zone_events: maybe(
    array(object({ zone: string, what: string, track: number, class: string, stay_ms: number })),
  ),
});
export type FrameEvent = Infer<typeof frameEvent>;

/** `event: gap`: events that this subscriber can no longer be given. */
export const gapEvent = object({ from: number, to: number, lost: number });
export type GapEvent = Infer<typeof gapEvent>;

export const optionTypes = ['int', 'float', 'bool', 'duration', 'size', 'enum', 'string', 'file'] as const;

/** One option of an analyzer or a source; ranges of durations are in seconds. */
export const option = object({
  name: string,
  type: literal(...optionTypes),
  default: string,
  min: maybe(number),
  max: maybe(number),
  choices: maybe(array(string)),
  doc: string,
});
export type Option = Infer<typeof option>;

const analyzer = object({
  name: string,
  doc: string,
  stateful: boolean,
  simulated: boolean,
  /** What this machine lacks for it and how to get that; null: nothing. */
  missing: maybe(string),
  params: array(option),
});
export type Analyzer = Infer<typeof analyzer>;

/** GET /api/v1/analyzers. */
export const analyzers = object({ analyzers: array(analyzer) });

/** GET /api/v1/cameras. */
export const cameras = object({
  cameras: array(
    object({
      source: string,
      device: string,
      name: maybe(string),
      bus: maybe(string),
      driver: maybe(string),
      formats: maybe(
        array(
          object({
            input_format: string,
            description: maybe(string),
            sizes: array(object({ video_size: string, framerates: maybe(array(number)) })),
          }),
        ),
      ),
      error: maybe(trouble),
    }),
  ),
  schemes: array(object({ name: string, form: string, doc: string, options: maybe(array(option)) })),
});
export type Cameras = Infer<typeof cameras>;

export const controlTypes = ['int', 'bool', 'menu', 'button'] as const;

const control = object({
  name: string,
  /** The driver's words for it, in the driver's language. */
  title: string,
  type: literal(...controlTypes),
  min: number,
  max: number,
  step: number,
  default: number,
  value: number,
  menu: maybe(array(object({ value: number, name: string }))),
  read_only: boolean,
  /** Without effect while another control is as it is. */
  inactive: boolean,
});
export type Control = Infer<typeof control>;

/** GET and PATCH /api/v1/camera/controls. */
export const controls = object({ controls: array(control) });

/** The body of that PATCH, by the controls' names; null returns one to its default. */
export type ControlsChange = Record<string, number | boolean | null>;

export const anchors = ['middle', 'foot'] as const;
export type Anchor = (typeof anchors)[number];

const area = object({
  name: string,
  kind: areaKind,
  /** Fractions of the picture: a zone's corners in turn, a line's two ends. */
  points: array(numbers(2)),
  /** Labels that count; none: all. */
  classes: maybe(array(string)),
  anchor: literal(...anchors),
  dwell_s: number,
  /** By class. */
  counts: record(object({ ...counts, stayed_s: number, longest_s: number })),
});
export type Area = Infer<typeof area>;

/** GET and PUT /api/v1/zones; `text` is the same areas as a setting takes them. */
export const zones = object({ text: string, zones: array(area) });
export type Zones = Infer<typeof zones>;

/** One area of the body of that PUT, which names all that there shall be. */
export type AreaWish = {
  name: string;
  kind: AreaKind;
  points: [number, number][];
  classes: string[];
  anchor: Anchor;
  dwell_s: number;
};

/** The body of PATCH /api/v1/pipeline: what is left out stays as it is. */
export type PipelineChange = {
  mode?: Pipeline['mode'];
  workers?: number;
  max_age_ms?: number;
  max_reorder_wait_ms?: number;
  target_fps?: number;
  analyzer?: string;
  params?: Record<string, string>;
  paused?: boolean;
  freshness?: Pipeline['freshness'];
  overlay?: Record<string, boolean>;
};
