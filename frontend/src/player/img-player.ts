import { type Ending, Link, type Session } from '../net/link';
import type { Player, PlayerEvents } from './player';

const OPEN_TIMEOUT_MS = 10_000;

/**
 * Lets the browser play the stream in an image. It works everywhere, but tells neither the
 * frame's number nor when it was painted, and hears no silence.
 */
export class ImgPlayer implements Player {
  readonly mode = 'img';
  readonly element: HTMLImageElement;
  readonly link: Link;
  readonly #events: PlayerEvents;
  #run = 0;

  constructor(events: PlayerEvents) {
    this.#events = events;
    this.element = document.createElement('img');
    this.element.decoding = 'async';
    this.link = new Link({
      session: this.#session,
      onState: (state) => events.onState(state),
      openTimeoutMs: OPEN_TIMEOUT_MS,
      silenceMs: Number.POSITIVE_INFINITY,
    });
  }

  async shownPicture(): Promise<null> {
    return null;
  }

  dispose(): void {
    this.link.stop();
    this.element.src = '';
    this.element.remove();
  }

  readonly #session: Session = ({ signal, opened }) =>
    new Promise<Ending>((resolve) => {
      const img = this.element;
      const end = (why: Ending) => {
        img.onload = null;
        img.onerror = null;
        signal.removeEventListener('abort', onAbort);
        resolve(why);
      };
      const onAbort = () => {
        this.#freeze();
        end({ kind: 'ended' });
      };
      signal.addEventListener('abort', onAbort, { once: true });
      img.onload = opened;
      img.onerror = () => end({ kind: 'unreachable' });
      // advance=1: without it a browser shows every frame one frame late. The number makes the
      // browser open a new stream rather than reuse the image it has.
      img.src = `${this.#events.stream()}?advance=1&_=${++this.#run}`;
    });

  /** Replaces the stream by its last picture: changing src is what closes the connection. */
  #freeze(): void {
    const img = this.element;
    if (img.naturalWidth === 0) {
      img.src = '';
      return;
    }
    const still = document.createElement('canvas');
    still.width = img.naturalWidth;
    still.height = img.naturalHeight;
    still.getContext('2d')?.drawImage(img, 0, 0);
    img.src = still.toDataURL('image/jpeg', 0.9);
  }
}
