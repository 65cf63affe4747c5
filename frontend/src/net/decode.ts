/**
 * Decoders: functions that take JSON of unknown shape and give a typed value.
 * In: what JSON.parse returned. Out: the value, or an error that names the wrong field.
 * Unknown fields are ignored, so that an older page can talk to a newer server.
 */

export type Decoded<T> = { ok: true; value: T } | { ok: false; error: string };

/** Throws DecodeError; only `decode` and `parse` below call one from outside. */
export type Decoder<T> = (input: unknown, path: string) => T;

export type Infer<D> = D extends Decoder<infer T> ? T : never;

class DecodeError extends Error {}

function fail(path: string, want: string, input: unknown): never {
  const got = input === null ? 'null' : Array.isArray(input) ? 'an array' : typeof input;
  throw new DecodeError(`${path || 'value'}: want ${want}, got ${got === 'undefined' ? 'nothing' : got}`);
}

export function decode<T>(decoder: Decoder<T>, input: unknown): Decoded<T> {
  try {
    return { ok: true, value: decoder(input, '') };
  } catch (e) {
    if (e instanceof DecodeError) return { ok: false, error: e.message };
    throw e;
  }
}

/** Reads JSON text; text that is no JSON is an error like any other. */
export function parse<T>(decoder: Decoder<T>, text: string): Decoded<T> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return { ok: false, error: 'not JSON' };
  }
  return decode(decoder, input);
}

export const string: Decoder<string> = (input, path) =>
  typeof input === 'string' ? input : fail(path, 'a string', input);

export const number: Decoder<number> = (input, path) =>
  typeof input === 'number' && Number.isFinite(input) ? input : fail(path, 'a number', input);

export const boolean: Decoder<boolean> = (input, path) =>
  typeof input === 'boolean' ? input : fail(path, 'true or false', input);

export function literal<const L extends readonly string[]>(...allowed: L): Decoder<L[number]> {
  return (input, path) =>
    allowed.find((a) => a === input) ?? fail(path, `one of ${allowed.join(', ')}`, input);
}

export function array<T>(item: Decoder<T>): Decoder<T[]> {
  return (input, path) =>
    Array.isArray(input) ? input.map((x, i) => item(x, `${path}[${i}]`)) : fail(path, 'an array', input);
}

function isObject(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

/** An object of any keys; the order of the keys is kept. */
export function record<T>(item: Decoder<T>): Decoder<Record<string, T>> {
  return (input, path) =>
    isObject(input)
      ? Object.fromEntries(Object.entries(input).map(([k, v]) => [k, item(v, join(path, k))]))
      : fail(path, 'an object', input);
}

export function object<S extends Record<string, Decoder<unknown>>>(
  shape: S,
): Decoder<{ [K in keyof S]: Infer<S[K]> }> {
  const fields = Object.entries(shape);
  return (input, path) => {
    if (!isObject(input)) return fail(path, 'an object', input);
    const out = Object.fromEntries(fields.map(([k, field]) => [k, field(input[k], join(path, k))]));
    return out as { [K in keyof S]: Infer<S[K]> };
  };
}

/** Absent and null mean the same: not known. */
export function maybe<T>(decoder: Decoder<T>): Decoder<T | null> {
  return (input, path) => (input === undefined || input === null ? null : decoder(input, path));
}

type Numbers = {
  2: [number, number];
  3: [number, number, number];
  4: [number, number, number, number];
};

/** A fixed number of numbers, such as a box. */
export function numbers<const N extends keyof Numbers>(n: N): Decoder<Numbers[N]> {
  const list = array(number);
  return (input, path) => {
    const out = list(input, path);
    if (out.length !== n) throw new DecodeError(`${path}: want ${n} numbers, got ${out.length}`);
    return out as Numbers[N];
  };
}

function join(path: string, key: string): string {
  return path ? `${path}.${key}` : key;
}
