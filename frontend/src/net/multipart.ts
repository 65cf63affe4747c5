/**
 * multipart/x-mixed-replace, read as it arrives. In: bytes in any pieces.
 * Out: whole parts. Every part must carry Content-Length: searching pictures for the
 * boundary would cost more than decoding them, and could find it inside one.
 */

export type Part = {
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: Uint8Array<ArrayBuffer>;
};

/** The stream breaks its format; what follows cannot be trusted. */
export class MultipartError extends Error {}

/** More header bytes than any server sends. */
const MAX_HEADER = 16 * 1024;
/** No picture is larger. */
const MAX_BODY = 64 * 1024 * 1024;

const LF = 10;
const CR = 13;

/** The boundary that a Content-Type announces, or null where it is no multipart. */
export function boundaryOf(contentType: string | null): string | null {
  const match = /^multipart\/x-mixed-replace\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(
    contentType ?? '',
  );
  return match?.[1] ?? match?.[2] ?? null;
}

export class MultipartParser {
  readonly #delimiter: string;
  #state: 'delimiter' | 'headers' | 'body' | 'end' = 'delimiter';
  #started = false;
  #line: number[] = [];
  #headerBytes = 0;
  #headers = new Map<string, string>();
  #body = new Uint8Array(0);
  #filled = 0;

  constructor(boundary: string) {
    this.#delimiter = `--${boundary}`;
  }

  /** The parts that this chunk completes. Throws MultipartError; the parser is useless afterwards. */
  push(chunk: Uint8Array): Part[] {
    const out: Part[] = [];
    let at = 0;
    while (at < chunk.length && this.#state !== 'end') {
      if (this.#state === 'body') {
        const take = Math.min(chunk.length - at, this.#body.length - this.#filled);
        this.#body.set(chunk.subarray(at, at + take), this.#filled);
        this.#filled += take;
        at += take;
        if (this.#filled === this.#body.length) {
          out.push({ headers: this.#headers, body: this.#body });
          this.#state = 'delimiter';
        }
        continue;
      }
      const byte = chunk[at++] as number;
      if (byte !== LF) {
        this.#line.push(byte);
        if (++this.#headerBytes > MAX_HEADER) throw new MultipartError('headers without an end');
        continue;
      }
      if (this.#line.at(-1) === CR) this.#line.pop();
      const line = String.fromCharCode(...this.#line);
      this.#line = [];
      if (this.#state === 'delimiter') this.#onDelimiter(line);
      else this.#onHeader(line);
    }
    return out;
  }

  #onDelimiter(line: string): void {
    const text = line.trimEnd();
    if (text === this.#delimiter) {
      this.#started = true;
      this.#headers = new Map();
      this.#state = 'headers';
    } else if (text === `${this.#delimiter}--`) {
      this.#state = 'end';
    } else if (this.#started && text !== '') {
      // Before the first delimiter anything may stand; between parts only the line's end may.
      throw new MultipartError('a part is not followed by the boundary: its Content-Length is wrong');
    }
  }

  #onHeader(line: string): void {
    if (line !== '') {
      const colon = line.indexOf(':');
      if (colon <= 0) throw new MultipartError(`not a header: ${line.slice(0, 40)}`);
      this.#headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
      return;
    }
    const length = this.#headers.get('content-length');
    if (length === undefined) throw new MultipartError('a part without Content-Length');
    if (!/^[1-9]\d*$/.test(length) || Number(length) > MAX_BODY) {
      throw new MultipartError(`Content-Length ${length.slice(0, 40)} is no size of a picture`);
    }
    this.#headerBytes = 0;
    this.#body = new Uint8Array(Number(length));
    this.#filled = 0;
    this.#state = 'body';
  }
}
