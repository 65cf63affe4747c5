/** What the server says about each frame: its event stream, kept by seq. */
import type { FrameEvent } from '../../frontend/src/net/wire';

export class Frames {
  readonly #bySeq = new Map<number, FrameEvent>();
  #newest: FrameEvent | undefined;
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;

  /** Reads until closed. */
  constructor(serverUrl: string) {
    this.#done = this.#read(`${serverUrl}/api/v1/events?events=frame`);
  }

  get(seq: number): FrameEvent | undefined {
    return this.#bySeq.get(seq);
  }

  get newest(): FrameEvent | undefined {
    return this.#newest;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }

  async #read(url: string): Promise<void> {
    try {
      const reply = await fetch(url, { signal: this.#abort.signal });
      if (!reply.ok || !reply.body) throw new Error(`GET ${url}: ${reply.status}`);
      let rest = '';
      for await (const text of reply.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.#keep(block);
      }
    } catch (e) {
      if (!this.#abort.signal.aborted) throw e;
    }
  }

  #keep(block: string): void {
    const data = /^data: ?(.*)$/m.exec(block)?.[1];
    if (!data || !/^event: ?frame$/m.test(block)) return;
    const event = JSON.parse(data) as FrameEvent;
    this.#newest = event;
    this.#bySeq.set(event.seq, event);
  }
}
