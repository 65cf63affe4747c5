/**
 * The text that names analyzers: objects@5fps?threshold=0.5+hands. In: such a text. Out: its
 * parts, changed as a person asks for, and the text of them again. Pure; the server has the
 * last word.
 */

/** `rate` is the most frames a second, 0 for every frame; `query` its parameters, as written. */
export type Part = { name: string; rate: number; query: string };

/** Rates worth choosing between; 0 is every frame. */
export const rates = [0, 15, 10, 5, 2, 1] as const;

/** In values a plus is written %2B, so that one that stands there joins. */
export function parseSpec(text: string): Part[] {
  return text.split('+').map((one) => {
    const [, name = '', rate = '0', query = ''] = /^([^@?]*)(?:@([\d.]+)fps)?(?:\?(.*))?$/s.exec(one) ?? [];
    return { name, rate: Number(rate), query };
  });
}

export function formatSpec(parts: readonly Part[]): string {
  return parts
    .map((p) => p.name + (p.rate > 0 ? `@${p.rate}fps` : '') + (p.query && `?${p.query}`))
    .join('+');
}

/** With that analyzer joined, at the end, or taken out; the others keep their parameters. */
export function toggled(parts: readonly Part[], name: string): Part[] {
  const rest = parts.filter((p) => p.name !== name);
  return rest.length < parts.length ? rest : [...rest, { name, rate: 0, query: '' }];
}

export function withRate(parts: readonly Part[], name: string, rate: number): Part[] {
  return parts.map((p) => (p.name === name ? { ...p, rate } : p));
}

/** What a parameter of one of the parts is called: among several, with its analyzer's name. */
export function parameterName(parts: readonly Part[], analyzer: string, option: string): string {
  return parts.length > 1 ? `${analyzer}.${option}` : option;
}
