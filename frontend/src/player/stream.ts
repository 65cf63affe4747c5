/** One connection to a multipart stream, from request to end. */
import type { Ending } from '../net/link';
import { boundaryOf, MultipartError, MultipartParser, type Part } from '../net/multipart';

export async function readPictures(
  url: string,
  signal: AbortSignal,
  on: { opened(): void; chunk(): void; part(part: Part): void },
  doFetch: typeof fetch = fetch.bind(globalThis),
): Promise<Ending> {
  let reply: Response;
  try {
    reply = await doFetch(url, { signal, cache: 'no-store' });
  } catch {
    return { kind: 'unreachable' };
  }
  const boundary = boundaryOf(reply.headers.get('Content-Type'));
  if (!reply.ok || !boundary || !reply.body) {
    await reply.body?.cancel().catch(() => {});
    return { kind: 'refused', status: reply.status };
  }
  on.opened();
  const reader = reply.body.getReader();
  const parser = new MultipartParser(boundary);
  for (;;) {
    // A read fails when the connection breaks or is aborted: either way it has ended.
    const chunk = await reader.read().catch(() => null);
    if (!chunk || chunk.done) return { kind: 'ended' };
    on.chunk();
    try {
      for (const part of parser.push(chunk.value)) on.part(part);
    } catch (e) {
      await reader.cancel().catch(() => {});
      if (e instanceof MultipartError) return { kind: 'malformed', detail: e.message };
      throw e;
    }
  }
}
