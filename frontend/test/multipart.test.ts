import { describe, expect, it } from 'vitest';
import { boundaryOf, MultipartError, MultipartParser, type Part } from '../src/net/multipart';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (part: Part) => new TextDecoder().decode(part.body);

/** As the server writes: the delimiter right after each picture, so that it can be painted at once. */
function stream(...bodies: string[]): Uint8Array {
  const parts = bodies.map(
    (b, i) =>
      `Content-Type: image/jpeg\r\nContent-Length: ${bytes(b).length}\r\nX-Frame-Seq: ${i + 1}\r\n\r\n${b}\r\n--frame\r\n`,
  );
  return bytes(`--frame\r\n${parts.join('')}`);
}

function readAll(input: Uint8Array, chunkSize: number): Part[] {
  const parser = new MultipartParser('frame');
  const out: Part[] = [];
  for (let i = 0; i < input.length; i += chunkSize)
    out.push(...parser.push(input.subarray(i, i + chunkSize)));
  return out;
}

describe('MultipartParser', () => {
  const bodies = [
    'hello',
    '\r\n--frame\r\nContent-Length: 1\r\n\r\nnot a boundary',
    'x'.repeat(300),
    '\0\xff',
  ];
  const input = stream(...bodies);

  it('finds the same parts at every chunk size', () => {
    for (let size = 1; size <= input.length; size++) {
      const parts = readAll(input, size);
      expect(parts.map(text), `chunks of ${size}`).toEqual(bodies);
      expect(parts.map((p) => p.headers.get('x-frame-seq'))).toEqual(['1', '2', '3', '4']);
    }
  });

  it('finds the same parts wherever one cut falls', () => {
    for (let cut = 0; cut <= input.length; cut++) {
      const parser = new MultipartParser('frame');
      const parts = [...parser.push(input.subarray(0, cut)), ...parser.push(input.subarray(cut))];
      expect(parts.map(text), `cut at ${cut}`).toEqual(bodies);
    }
  });

  it('gives a part as soon as its last byte is there', () => {
    const parser = new MultipartParser('frame');
    const head = '--frame\r\nContent-Length: 3\r\n\r\n';
    expect(parser.push(bytes(`${head}ab`))).toEqual([]);
    expect(parser.push(bytes('c')).map(text)).toEqual(['abc']);
  });

  it.each([
    ['a preamble', 'This is a stream.\r\n\r\n--frame\r\nContent-Length: 1\r\n\r\na'],
    ['an empty line first', '\r\n--frame\r\nContent-Length: 1\r\n\r\na'],
    ['bare LF', '--frame\nContent-Length: 1\n\na'],
    ['blanks after the boundary', '--frame \t\r\nContent-Length: 1\r\n\r\na'],
    ['header names in any case', '--frame\r\ncONTENT-lENGTH:1\r\n\r\na'],
    ['a header without a value', '--frame\r\nX-Empty:\r\nContent-Length: 1\r\n\r\na'],
  ])('accepts %s', (_what, input) => {
    expect(readAll(bytes(input), 1).map(text)).toEqual(['a']);
  });

  it('stops at the closing delimiter', () => {
    const input =
      '--frame\r\nContent-Length: 1\r\n\r\na\r\n--frame--\r\n--frame\r\nContent-Length: 1\r\n\r\nb';
    expect(readAll(bytes(input), 7).map(text)).toEqual(['a']);
  });

  it.each([
    ['no length', '--frame\r\nContent-Type: image/jpeg\r\n\r\n'],
    ['a negative length', '--frame\r\nContent-Length: -1\r\n\r\n'],
    ['a length that is no number', '--frame\r\nContent-Length: 1e3\r\n\r\n'],
    ['a length of nothing', '--frame\r\nContent-Length: 0\r\n\r\n'],
    ['an empty length', '--frame\r\nContent-Length:\r\n\r\n'],
    ['a length beyond any picture', '--frame\r\nContent-Length: 99999999999\r\n\r\n'],
    ['a header without a colon', '--frame\r\nContent-Length 3\r\n\r\n'],
    ['a header without a name', '--frame\r\n: 3\r\n\r\n'],
    ['too short a length', '--frame\r\nContent-Length: 1\r\n\r\nabc\r\n--frame\r\n'],
    ['another boundary after a part', '--frame\r\nContent-Length: 1\r\n\r\na\r\n--other\r\n'],
    ['headers without an end', `--frame\r\nX-Long: ${'x'.repeat(20_000)}`],
    ['a preamble without an end', 'x'.repeat(20_000)],
  ])('refuses %s', (_what, input) => {
    for (const size of [1, 5, input.length])
      expect(() => readAll(bytes(input), size)).toThrow(MultipartError);
  });

  it('measures each part’s headers for themselves', () => {
    const parser = new MultipartParser('frame');
    const part = bytes(`--frame\r\nX-Pad: ${'x'.repeat(6000)}\r\nContent-Length: 1\r\n\r\na\r\n`);
    for (let i = 0; i < 5; i++) expect(parser.push(part)).toHaveLength(1);
  });
});

describe('boundaryOf', () => {
  it.each([
    ['multipart/x-mixed-replace;boundary=frame', 'frame'],
    ['multipart/x-mixed-replace; boundary="a b"', 'a b'],
    ['Multipart/X-Mixed-Replace; charset=utf-8; Boundary=x', 'x'],
    ['multipart/x-mixed-replace', null],
    ['image/jpeg', null],
    ['text/html; boundary=frame', null],
    [null, null],
  ])('%s', (header, want) => expect(boundaryOf(header)).toBe(want));
});
