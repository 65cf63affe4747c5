/**
 * Server-sent events over fetch. EventSource would hide what we need: the reason of a
 * refusal, the keep-alive comments (so silence can be told from quiet) and the back-off.
 */
import type { Ending, Session } from './link';

export type ServerEvent = { name: string; id: string; data: string };

/** The line format of the HTML standard, section 9.2.6. `retry` is ignored: Link has its own pauses. */
export class SseParser {
  #rest = '';
  #name = '';
  #data: string[] = [];
  #id = '';
  #first = true;

  /** Takes text as it comes, in any pieces; gives the events that it completes. */
  push(text: string): ServerEvent[] {
    this.#rest += text;
    if (this.#first && this.#rest.length > 0) {
      this.#first = false;
      if (this.#rest.startsWith('\uFEFF')) this.#rest = this.#rest.slice(1);
    }
    const out: ServerEvent[] = [];
    let from = 0;
    for (;;) {
      const end = lineEnd(this.#rest, from);
      if (!end) break;
      const event = this.#line(this.#rest.slice(from, end.at));
      if (event) out.push(event);
      from = end.next;
    }
    this.#rest = this.#rest.slice(from);
    return out;
  }

  #line(line: string): ServerEvent | null {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return null; // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return null;
  }

  #dispatch(): ServerEvent | null {
    const event = { name: this.#name || 'message', id: this.#id, data: this.#data.join('\n') };
    const empty = this.#data.length === 0;
    this.#name = '';
    this.#data = [];
    return empty ? null : event;
  }
}

/** The next line's end and where the line after it starts; null while it may go on. */
function lineEnd(text: string, from: number): { at: number; next: number } | null {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10) return { at: i, next: i + 1 };
    if (c === 13) {
      if (i + 1 === text.length) return null; // an LF may follow
      return { at: i, next: text.charCodeAt(i + 1) === 10 ? i + 2 : i + 1 };
    }
  }
  return null;
}

/** A session for Link. It remembers the last id, so that a reopened stream resumes where it broke off. */
export function eventSession(
  url: string,
  onEvent: (event: ServerEvent) => void,
  doFetch: typeof fetch = fetch.bind(globalThis),
): Session {
  let lastId = '';
  return async ({ signal, opened, alive }): Promise<Ending> => {
    let body: ReadableStream<Uint8Array> | null = null;
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (lastId) headers['Last-Event-ID'] = lastId;
      const reply = await doFetch(url, { signal, headers, cache: 'no-store' });
      const isStream = reply.headers.get('Content-Type')?.startsWith('text/event-stream') ?? false;
      if (!reply.ok || !isStream || !reply.body) {
        await reply.body?.cancel();
        return { kind: 'refused', status: reply.status };
      }
      body = reply.body;
    } catch {
      return { kind: 'unreachable' };
    }
    opened();
    const reader = body.getReader();
    const text = new TextDecoder();
    const parser = new SseParser();
    for (;;) {
      // A read fails when the connection breaks or is aborted: either way it has ended.
      const chunk = await reader.read().catch(() => null);
      if (!chunk || chunk.done) return { kind: 'ended' };
      alive();
      for (const event of parser.push(text.decode(chunk.value, { stream: true }))) {
        lastId = event.id;
        onEvent(event);
      }
    }
  };
}
