import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createApi } from '../src/net/api';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const golden = (name: string) => readFileSync(join(import.meta.dirname, '../../testdata/api', name), 'utf8');

/** A server with one answer; remembers what it was asked. */
function server(answer: () => Response | Promise<Response>) {
  const asked: { path: string; init: RequestInit | undefined }[] = [];
  const api = createApi(async (path, init) => {
    asked.push({ path: String(path), init });
    return answer();
  });
  return { api, asked };
}

/** A server that never answers, but hears when the caller hangs up. */
const silent = () =>
  createApi(
    (_path, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
        if (init?.signal?.aborted) reject(new DOMException('aborted', 'AbortError'));
      }),
  );

describe('api', () => {
  it('gives the decoded reply', async () => {
    const { api, asked } = server(() => new Response(golden('state.json')));
    const got = await api.state();
    expect(got.kind === 'success' && got.value.boot).toBe('b1f0c2');
    expect(asked[0]?.path).toBe('/api/v1/state');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('sends a change as JSON and gives the new pipeline', async () => {
    const pipeline = JSON.stringify(JSON.parse(golden('state.json')).pipeline);
    const { api, asked } = server(() => new Response(pipeline));
    const got = await api.changePipeline({ params: { threshold: '20' } });
    expect(got.kind === 'success' && got.value.analyzer).toBe('simulate');
    expect(asked[0]).toMatchObject({
      path: '/api/v1/pipeline',
      init: { method: 'PATCH', body: '{"params":{"threshold":"20"}}' },
    });
  });

  it('asks for the controls, and changes them', async () => {
    const { api, asked } = server(() => new Response(golden('controls.json')));
    const got = await api.controls();
    expect(got.kind === 'success' && got.value.controls[0]?.name).toBe('brightness');
    expect(await api.changeControls({ brightness: 10, gain: null })).toEqual(got);
    expect(asked).toMatchObject([
      { path: '/api/v1/camera/controls', init: { method: 'GET' } },
      {
        path: '/api/v1/camera/controls',
        init: { method: 'PATCH', body: '{"controls":{"brightness":10,"gain":null}}' },
      },
    ]);
  });

  it('gives the server’s reason for a refusal', async () => {
    const { api } = server(() => new Response(golden('error.json'), { status: 400 }));
    expect(await api.switchCamera('start')).toEqual({
      kind: 'error',
      error: { status: 400, ...JSON.parse(golden('error.json')).error },
    });
  });

  it('makes do with a refusal that is not the server’s own', async () => {
    const { api } = server(() => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    expect(await api.state()).toMatchObject({
      error: { status: 502, code: 'http_502', message: 'HTTP 502 Bad Gateway', hint: null },
    });
  });

  it('names what is wrong with a reply', async () => {
    const { api } = server(() => new Response('{"analyzers":[{}]}'));
    expect(await api.analyzers()).toMatchObject({
      kind: 'error',
      error: { code: 'bad_reply', message: 'analyzers[0].name: want a string, got nothing' },
    });
  });

  it('tells a server that is gone', async () => {
    const { api } = server(() => Promise.reject(new TypeError('refused')));
    expect(await api.cameras()).toMatchObject({ kind: 'error', error: { status: 0, code: 'unreachable' } });
  });

  it('gives up after a while', async () => {
    const outcome = silent().state();
    await vi.advanceTimersByTimeAsync(8000);
    expect(await outcome).toMatchObject({ kind: 'error', error: { code: 'timeout' } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is more patient with a camera that opens', async () => {
    let done = false;
    const outcome = silent()
      .switchCamera('start')
      .finally(() => {
        done = true;
      });
    await vi.advanceTimersByTimeAsync(14_999);
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toMatchObject({ error: { code: 'timeout' } });
  });

  it.each(['before', 'while'] as const)('is aborted %s it is asked', async (when) => {
    const abort = new AbortController();
    if (when === 'before') abort.abort();
    const outcome = silent().state(abort.signal);
    abort.abort();
    expect(await outcome).toEqual({ kind: 'aborted' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives a snapshot with its frame’s number', async () => {
    const { api } = server(() => new Response('jpeg', { headers: { 'X-Frame-Seq': '42' } }));
    const got = await api.snapshot();
    expect(got.kind === 'success' && [got.value.seq, await got.value.jpeg.text()]).toEqual(['42', 'jpeg']);
  });
});
