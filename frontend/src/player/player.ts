/** What shows the stream. The page holds one player; views place its element and know no more of it. */
import type { Link, LinkState } from '../net/link';
import type { CameraState } from '../net/wire';
import { ImgPlayer } from './img-player';
import type { Painted, Picture } from './protocol';
import { WorkerPlayer } from './worker-player';

export type PlayerMode = 'worker' | 'img';

export const views = ['analyzed', 'live', 'raw'] as const;
/**
 * What is shown: analyzed frames with exactly what was found in them; every frame of the
 * camera with what should be in it by now; or the camera's frames as they are.
 */
export type View = (typeof views)[number];

/** Where each comes from. */
export const streams = {
  analyzed: '/ai-video-stream',
  live: '/live-video-stream',
  raw: '/raw-video-stream',
} as const satisfies Record<View, string>;

/** The view asked for by ?view=; anything else is ignored. */
export function chooseView(search: string): View {
  const asked = new URLSearchParams(search).get('view');
  return views.find((v) => v === asked) ?? 'analyzed';
}

/** The address that asks for this view; the usual one needs no word. */
export function searchWithView(search: string, view: View): string {
  const params = new URLSearchParams(search);
  params.delete('view');
  if (view !== 'analyzed') params.set('view', view);
  const text = params.toString();
  return text && `?${text}`;
}

export type PlayerEvents = {
  /** Which stream to open next. */
  stream(): string;
  onState(state: LinkState): void;
  onPainted(painted: Painted): void;
  /** The stream says that there is no frame, and why. */
  onNotice(camera: CameraState): void;
  /** A picture came that this browser cannot decode. */
  onUndecodable(): void;
  /** This player cannot work here; another must take its place. */
  onUnusable(): void;
};

export interface Player {
  readonly mode: PlayerMode;
  readonly element: HTMLElement;
  /** start opens the stream, stop closes it and leaves the last picture standing. */
  readonly link: Link;
  /** The bytes of what is on the screen, or null where only the server can give them. */
  shownPicture(): Promise<Picture | null>;
  dispose(): void;
}

/** The mode asked for by ?player=, if it can work here; anything else is ignored. */
export function chooseMode(search: string, canWork: boolean): PlayerMode {
  if (!canWork) return 'img';
  return new URLSearchParams(search).get('player') === 'img' ? 'img' : 'worker';
}

export function canUseWorker(): boolean {
  return (
    typeof Worker === 'function' &&
    typeof OffscreenCanvas === 'function' &&
    typeof HTMLCanvasElement.prototype.transferControlToOffscreen === 'function'
  );
}

export function createPlayer(mode: PlayerMode, events: PlayerEvents): Player {
  return mode === 'worker' ? new WorkerPlayer(events) : new ImgPlayer(events);
}
