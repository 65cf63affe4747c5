import { describe, expect, it } from 'vitest';
import { SPAN_MS, TrackBook } from '../src/model/tracks';
import type { Detection, FrameEvent } from '../src/net/wire';
import { describeMark } from '../src/ui/wording';

const T0 = 1_763_870_000_000;

type Happened = NonNullable<FrameEvent['zone_events']>;

type Seen = { track: number } & Partial<Detection>;

function detection(seen: Seen): Detection {
  return {
    box: [0, 0, 0.1, 0.1],
    label: 'person',
    score: 0.9,
    predicted: false,
    landmarks: null,
    gesture: null,
    action: null,
    velocity: null,
    age_ms: null,
    refound: null,
    trail: null,
    ...seen,
  };
}

/** Tells a book frames; `at` is in milliseconds after T0. */
function story() {
  const book = new TrackBook();
  let seq = 0;
  const tell = (
    at: number,
    seen: Seen[],
    more: { analyzer?: string; seq?: number; resting?: boolean; happened?: Happened } = {},
  ) => {
    seq = more.seq ?? seq + 1;
    book.add({
      seq,
      captured_us: (T0 + at) * 1000,
      analyzer: more.analyzer ?? 'objects',
      analyzers: [
        { name: 'hands', us: 1, ran: true },
        { name: 'objects', us: 1, ran: !more.resting },
      ],
      result: { detections: seen.map(detection) },
      zone_events: more.happened ?? null,
    });
  };
  const lane = (track: number) => book.lanes(99).lanes.find((l) => l.track === track);
  const spans = (track: number) =>
    lane(track)?.spans.map((s) => [s.from - T0, s.to - T0, s.predicted ? 'predicted' : 'seen']);
  const marks = (track: number) => lane(track)?.marks.map((m) => [m.from - T0, m.to - T0, describeMark(m)]);
  return { book, tell, lane, spans, marks };
}

describe('TrackBook', () => {
  it('one span while it is seen, a gap where it is lost', () => {
    const { tell, spans } = story();
    tell(0, [{ track: 7 }]);
    tell(100, [{ track: 7 }]);
    tell(200, []);
    tell(300, [{ track: 7 }]);
    expect(spans(7)).toEqual([
      [0, 100, 'seen'],
      [300, 300, 'seen'],
    ]);
  });

  it('what is predicted lies between what is seen, without holes', () => {
    const { tell, spans } = story();
    tell(0, [{ track: 7 }]);
    tell(100, [{ track: 7 }]);
    tell(200, [{ track: 7, predicted: true }]);
    tell(300, [{ track: 7, predicted: true }]);
    tell(400, [{ track: 7 }]);
    expect(spans(7)).toEqual([
      [0, 100, 'seen'],
      [100, 400, 'predicted'],
      [400, 400, 'seen'],
    ]);
  });

  it('an analyzer that rests has not lost what it had', () => {
    const { tell, spans } = story();
    tell(0, [{ track: 7 }]);
    tell(66, [{ track: 7, predicted: true }], { resting: true });
    tell(133, [{ track: 7, predicted: true }], { resting: true });
    tell(200, [{ track: 7 }]);
    tell(266, [{ track: 7, predicted: true }], { resting: true });
    tell(400, [{ track: 7, predicted: true }]);
    tell(466, [{ track: 7, predicted: true }], { resting: true });
    expect(spans(7)).toEqual([
      [0, 266, 'seen'],
      [266, 466, 'predicted'],
    ]);
  });

  it('a silence of the events is no sight', () => {
    const { tell, spans } = story();
    tell(0, [{ track: 7 }]);
    tell(2000, [{ track: 7 }]);
    tell(6000, [{ track: 7 }]);
    expect(spans(7)).toEqual([
      [0, 2000, 'seen'],
      [6000, 6000, 'seen'],
    ]);
  });

  it('gestures and actions come, stay, and come again', () => {
    const { tell, marks } = story();
    tell(0, [{ track: 1 }]);
    tell(100, [{ track: 1, gesture: 'fist' }]);
    tell(200, [{ track: 1, gesture: 'fist', action: 'waving' }]);
    tell(300, [{ track: 1, gesture: 'victory', action: 'waving' }]);
    tell(400, [{ track: 1 }]);
    tell(500, [{ track: 1, gesture: 'victory' }]);
    expect(marks(1)).toEqual([
      [100, 200, 'fist'],
      [200, 300, 'waving'],
      [300, 300, 'victory'],
      [500, 500, 'victory'],
    ]);
  });

  it('what happened to a track stands at its moment, also after its last sight', () => {
    const { tell, marks, lane } = story();
    const at = (track: number, what: string, stay_ms = 0) => ({
      zone: 'desk',
      what,
      track,
      class: 'cup',
      stay_ms,
    });
    tell(0, [{ track: 1, gesture: 'fist' }], { happened: [at(1, 'appeared'), at(8, 'vanished', 5000)] });
    tell(100, []);
    tell(200, [{ track: 1, gesture: 'fist', refound: true }]);
    tell(300, [{ track: 1, gesture: 'fist' }], { happened: [at(1, 'to_left')] });
    tell(2400, [], { happened: [at(1, 'vanished', 2399), at(1, 'levitated')] });
    expect(marks(1)).toEqual([
      [0, 0, 'fist'],
      [0, 0, 'appeared in desk'],
      [200, 200, 'found again'],
      [200, 300, 'fist'],
      [300, 300, 'desk: to the left'],
      [2400, 2400, 'gone in desk after 2 s'],
      [2400, 2400, 'desk: levitated'],
    ]);
    expect(lane(1)?.last).toBe(T0 + 300);
    expect(lane(8), 'nobody knows whose it is').toBeUndefined();
  });

  it('forgets what is older than half a minute, and not sooner', () => {
    const { tell, spans, lane } = story();
    tell(0, [{ track: 1, gesture: 'fist' }]);
    tell(100, [{ track: 1 }, { track: 2 }]);
    tell(200, [{ track: 2 }]);
    tell(SPAN_MS + 100, []);
    expect(spans(1)).toEqual([[0, 100, 'seen']]);
    tell(SPAN_MS + 101, []);
    expect(lane(1)).toBeUndefined();
    expect(lane(2)).toBeDefined();
    tell(SPAN_MS + 201, []);
    expect(lane(2)).toBeUndefined();
  });

  it('keeps one lane for each track, the latest where there are too many', () => {
    const { book, tell } = story();
    for (let n = 1; n <= 6; n++) tell(100 * n, [{ track: n }]);
    tell(700, [{ track: 2, label: 'dog' }]);
    const { lanes, more } = book.lanes(3);
    expect(lanes.map((l) => [l.track, l.label])).toEqual([
      [2, 'dog'],
      [5, 'person'],
      [6, 'person'],
    ]);
    expect(more).toBe(3);
  });

  it('what is not tracked, or told twice in a frame, makes no lane', () => {
    const { book, tell, lane } = story();
    tell(0, [{ track: 0 }, { track: 3, label: 'cat' }, { track: 3, label: 'dog' }]);
    expect(book.lanes(9).lanes).toHaveLength(1);
    expect(lane(3)?.label).toBe('cat');
  });

  it('another process or another analyzer begins anew; a frame told again does not', () => {
    const { book, tell } = story();
    tell(0, [{ track: 1 }]);
    tell(100, [{ track: 2 }]);
    tell(0, [{ track: 9 }], { seq: 1 });
    expect(book.lanes(9).lanes.map((l) => l.track)).toEqual([1, 2]);
    tell(200, [{ track: 5 }], { seq: 1 });
    expect(book.lanes(9).lanes.map((l) => l.track)).toEqual([5]);
    tell(300, [{ track: 6 }], { analyzer: 'faces' });
    expect(book.lanes(9).lanes.map((l) => l.track)).toEqual([6]);
    expect(book.newestMs).toBe(T0 + 300);
  });
});
