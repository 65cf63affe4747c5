import { describe, expect, it } from 'vitest';
import type { Ending } from '../src/net/link';
import { eventSession, type ServerEvent, SseParser } from '../src/net/sse';

function readAll(text: string, size: number): ServerEvent[] {
  const parser = new SseParser();
  const out: ServerEvent[] = [];
  for (let i = 0; i < text.length; i += size) out.push(...parser.push(text.slice(i, i + size)));
  return out;
}

describe('SseParser', () => {
  const text =
    'retry: 1000\n\n: keep-alive\n\nid: b1-1\nevent: frame\ndata: {"a":1}\n\nid: b1-2\r\nevent: state\r\ndata: x\r\ndata: y\r\n\r\ndata:no blank\r\rid\nevent: late\ndata\n\n';
  const want = [
    { name: 'frame', id: 'b1-1', data: '{"a":1}' },
    { name: 'state', id: 'b1-2', data: 'x\ny' },
    { name: 'message', id: 'b1-2', data: 'no blank' },
    { name: 'late', id: '', data: '' },
  ];

  it('finds the same events at every chunk size', () => {
    for (let size = 1; size <= text.length; size++) {
      expect(readAll(text, size), `chunks of ${size}`).toEqual(want);
    }
  });

  it('gives nothing for an event that has not ended', () => {
    expect(readAll('event: frame\ndata: {}\n', 100)).toEqual([]);
  });

  it('forgets the name of an event without data', () => {
    expect(readAll('event: frame\n\ndata: x\n\n', 100)).toEqual([{ name: 'message', id: '', data: 'x' }]);
  });

  it.each([
    ['a byte order mark', '\uFEFFdata: x\n\n', [{ name: 'message', id: '', data: 'x' }]],
    ['an id with NUL is ignored', 'id: a\0b\ndata: x\n\n', [{ name: 'message', id: '', data: 'x' }]],
    ['only one blank is cut', 'data:  x\n\n', [{ name: 'message', id: '', data: ' x' }]],
    ['unknown fields', 'colour: red\ndata: x\n\n', [{ name: 'message', id: '', data: 'x' }]],
  ])('%s', (_what, input, events) => expect(readAll(input, 1)).toEqual(events));
});

/** A reply whose body is written by the test. */
function reply(type = 'text/event-stream', status = 200) {
  let write: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      write = controller;
    },
  });
  return {
    response: new Response(body, { status, headers: { 'Content-Type': type } }),
    send: (text: string) => write?.enqueue(new TextEncoder().encode(text)),
    close: () => write?.close(),
    breakOff: () => write?.error(new TypeError('network error')),
  };
}

function run(replies: (Response | Error)[]) {
  const asked: { url: string; headers: Headers }[] = [];
  const events: ServerEvent[] = [];
  const doFetch: typeof fetch = async (url, init) => {
    asked.push({ url: String(url), headers: new Headers(init?.headers) });
    const next = replies.shift();
    if (!next || next instanceof Error) throw next ?? new Error('no more replies');
    return next;
  };
  const session = eventSession('/events', (e) => events.push(e), doFetch);
  let opened = 0;
  let alive = 0;
  const connect = (): Promise<Ending> =>
    session({ signal: new AbortController().signal, opened: () => opened++, alive: () => alive++ });
  return { asked, events, connect, opened: () => opened, alive: () => alive };
}

describe('eventSession', () => {
  it('delivers events until the server closes', async () => {
    const r = reply();
    const s = run([r.response]);
    const ending = s.connect();
    r.send('id: b-1\nevent: frame\ndata: {"é"');
    r.send(':1}\n\n');
    r.close();
    expect(await ending).toEqual({ kind: 'ended' });
    expect(s.events).toEqual([{ name: 'frame', id: 'b-1', data: '{"é":1}' }]);
    expect(s.opened()).toBe(1);
  });

  it('counts comments as life', async () => {
    const r = reply();
    const s = run([r.response]);
    const ending = s.connect();
    r.send(': keep-alive\n\n');
    r.close();
    await ending;
    expect(s.alive()).toBe(1);
    expect(s.events).toEqual([]);
  });

  it('resumes where it broke off', async () => {
    const first = reply();
    const second = reply();
    const s = run([first.response, second.response]);
    const ending = s.connect();
    first.send('id: b-7\ndata: x\n\n');
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    first.breakOff();
    expect(await ending).toEqual({ kind: 'ended' });
    second.close();
    await s.connect();
    expect(s.asked.map((a) => a.headers.get('Last-Event-ID'))).toEqual([null, 'b-7']);
  });

  it.each([
    ['another status', reply('application/json', 503), 503],
    ['another type', reply('text/html', 200), 200],
  ])('is refused by %s', async (_what, r, status) => {
    const s = run([r.response]);
    expect(await s.connect()).toEqual({ kind: 'refused', status });
    expect(s.opened()).toBe(0);
  });

  it('says that nobody answered', async () => {
    expect(await run([new TypeError('refused')]).connect()).toEqual({ kind: 'unreachable' });
  });
});
