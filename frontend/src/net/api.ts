/**
 * The server's request-and-reply side. In: a call and a signal to abort it.
 * Out: success, aborted or error; nothing is thrown past this file.
 */
import { type Decoder, parse } from './decode';
import * as wire from './wire';

export type Outcome<T> =
  | { kind: 'success'; value: T }
  | { kind: 'aborted' }
  | { kind: 'error'; error: ApiError };

/** `status` is 0 where no reply came at all. */
export type ApiError = wire.Trouble & { status: number };

/** Codes of errors that arise on this side; the server's own codes are another set. */
export const LOCAL = { timeout: 'timeout', unreachable: 'unreachable', badReply: 'bad_reply' } as const;

type Call = { method?: string; body?: unknown; signal?: AbortSignal | undefined; timeoutMs?: number };

const TIMEOUT_MS = 8000;
/** Opening a device may take this long before the server itself gives up. */
const CAMERA_TIMEOUT_MS = 15_000;

export type Api = ReturnType<typeof createApi>;

export function createApi(doFetch: typeof fetch = fetch.bind(globalThis)) {
  async function call<T>(
    path: string,
    read: (reply: Response) => Promise<T>,
    how: Call,
  ): Promise<Outcome<T>> {
    // Our own timer rather than AbortSignal.timeout: it is cleared as soon as the reply is read.
    const abort = new AbortController();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      abort.abort();
    }, how.timeoutMs ?? TIMEOUT_MS);
    const onAbort = () => abort.abort();
    how.signal?.addEventListener('abort', onAbort, { once: true });
    if (how.signal?.aborted) abort.abort();
    try {
      const reply = await doFetch(path, {
        method: how.method ?? 'GET',
        cache: 'no-store',
        signal: abort.signal,
        ...(how.body === undefined
          ? {}
          : { body: JSON.stringify(how.body), headers: { 'Content-Type': 'application/json' } }),
      });
      if (!reply.ok) return { kind: 'error', error: await refusal(reply) };
      return { kind: 'success', value: await read(reply) };
    } catch (e) {
      if (how.signal?.aborted) return { kind: 'aborted' };
      if (late) return { kind: 'error', error: local(LOCAL.timeout, path) };
      if (e instanceof BadReply) return { kind: 'error', error: local(LOCAL.badReply, e.message) };
      return { kind: 'error', error: local(LOCAL.unreachable, path) };
    } finally {
      clearTimeout(timer);
      how.signal?.removeEventListener('abort', onAbort);
    }
  }

  function json<T>(decoder: Decoder<T>): (reply: Response) => Promise<T> {
    return async (reply) => {
      const got = parse(decoder, await reply.text());
      if (!got.ok) throw new BadReply(got.error);
      return got.value;
    };
  }

  return {
    state: (signal?: AbortSignal) => call('/api/v1/state', json(wire.state), { signal }),
    analyzers: (signal?: AbortSignal) => call('/api/v1/analyzers', json(wire.analyzers), { signal }),
    cameras: (signal?: AbortSignal) => call('/api/v1/cameras', json(wire.cameras), { signal }),
    changePipeline: (change: wire.PipelineChange, signal?: AbortSignal) =>
      call('/api/v1/pipeline', json(wire.pipeline), { method: 'PATCH', body: change, signal }),
    switchCamera: (to: 'start' | 'stop', signal?: AbortSignal) =>
      call(`/api/v1/camera/${to}`, json(wire.camera), {
        method: 'POST',
        signal,
        timeoutMs: CAMERA_TIMEOUT_MS,
      }),
    controls: (signal?: AbortSignal) => call('/api/v1/camera/controls', json(wire.controls), { signal }),
    changeControls: (change: wire.ControlsChange, signal?: AbortSignal) =>
      call('/api/v1/camera/controls', json(wire.controls), {
        method: 'PATCH',
        body: { controls: change },
        signal,
      }),
    zones: (signal?: AbortSignal) => call('/api/v1/zones', json(wire.zones), { signal }),
    changeZones: (all: readonly wire.AreaWish[], signal?: AbortSignal) =>
      call('/api/v1/zones', json(wire.zones), { method: 'PUT', body: { zones: all }, signal }),
    /** The newest annotated frame; `seq` is null where the server does not tell. */
    snapshot: (signal?: AbortSignal) =>
      call(
        '/api/v1/snapshot.jpg',
        async (reply) => ({ jpeg: await reply.blob(), seq: reply.headers.get('X-Frame-Seq') }),
        { signal },
      ),
  };
}

class BadReply extends Error {}

function local(code: string, message: string): ApiError {
  return { status: 0, code, message, hint: null };
}

/** The server's reason, or the bare status where the reply is none of its own (a proxy's page). */
async function refusal(reply: Response): Promise<ApiError> {
  const got = parse(wire.errorReply, await reply.text());
  if (got.ok) return { status: reply.status, ...got.value.error };
  return {
    status: reply.status,
    code: `http_${reply.status}`,
    message: `HTTP ${reply.status} ${reply.statusText}`.trim(),
    hint: null,
  };
}
