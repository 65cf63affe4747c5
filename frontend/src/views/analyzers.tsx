import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { t } from '../i18n/i18n';
import { Paced } from '../model/paced';
import { formatSpec, type Part, parameterName, parseSpec, rates, toggled, withRate } from '../model/spec';
import type { Analyzer, Pipeline } from '../net/wire';
import { describeError } from '../ui/wording';
import { useDashboard } from './context';
import { OptionField } from './option-field';

/**
 * What analyzes: one alone, or several joined, each at its own rate, and its parameters.
 * `children` stand below the one.
 */
export function Analyzers({ pipeline, children }: { pipeline: Pipeline; children: ComponentChildren }) {
  const dashboard = useDashboard();
  const { store } = dashboard;
  const refusal = useSignal<(() => string) | null>(null);
  /** What the person wishes and the server has not answered yet. */
  const wished = useSignal<string | null>(null);
  // While models are loaded clicks gather: only the last wish is worth the next load.
  const sender = useMemo(
    () =>
      new Paced<string>(async (spec) => {
        const error = await dashboard.changePipeline({ analyzer: spec });
        refusal.value = error && (() => describeError(error));
        if (wished.peek() === spec) wished.value = null;
      }, 0),
    [dashboard, refusal, wished],
  );
  const choose = (spec: string) => {
    wished.value = spec;
    sender.push(spec);
  };
  // By the newest wish, even where it is not drawn yet: two clicks may come together.
  const change = (how: (parts: readonly Part[]) => Part[]) =>
    choose(formatSpec(how(parseSpec(wished.peek() ?? pipeline.spec))));

  const catalog = store.analyzers.value;
  const kinds = catalog.kind === 'loaded' ? catalog.value : [];
  const spec = wished.value ?? pipeline.spec;
  const parts = parseSpec(spec);
  const alone = parts.length === 1 && parts[0]?.rate === 0 ? parts[0].name : '';
  const kindOf = (name: string) => kinds.find((k) => k.name === name);
  const only = kindOf(alone);
  // Most often they lack the same thing: it is told once.
  const lacks = missingOf(kinds);
  return (
    <>
      <div class="stack">
        <div class="field">
          <label for="c-analyzer">{t('analyzer')}</label>
          <select
            id="c-analyzer"
            data-testid="control-analyzer"
            value={alone}
            onChange={(e) => {
              if (e.currentTarget.value) choose(e.currentTarget.value);
            }}
          >
            {/* What is in force stays in sight, whether it is in the list or not. */}
            {!alone && <option value="">{parts.map(describePart).join(' + ')}</option>}
            {alone && !only && <option value={alone}>{alone}</option>}
            {kinds.map((k) => (
              <option key={k.name} value={k.name} disabled={k.missing !== null && k.name !== alone}>
                {k.simulated ? `${k.name} (${t('simulated')})` : k.name}
              </option>
            ))}
          </select>
          {only && (
            <p class="quiet" lang="en">
              {only.doc}
            </p>
          )}
          {catalog.kind === 'failed' && (
            <p class="flaw">{t('analyzersFailed', { why: describeError(catalog.error) })}</p>
          )}
          {refusal.value && (
            <p class="flaw" role="alert" data-testid="control-error">
              {refusal.value()}
            </p>
          )}
        </div>
        {children}
      </div>
      <div class="stack beside">
        <fieldset class="joined" data-testid="analyzers-joined" aria-busy={wished.value !== null}>
          <legend>{t('joined')}</legend>
          {kinds.map((k) => (
            <Member
              key={k.name}
              kind={k}
              part={parts.find((p) => p.name === k.name) ?? null}
              last={parts.length === 1}
              missing={missingId(lacks.get(k.missing ?? '') ?? [])}
              toggle={() => change((now) => toggled(now, k.name))}
              slow={(rate) => change((now) => withRate(now, k.name, rate))}
            />
          ))}
          {[...lacks].map(([why, names]) => (
            <p key={why} class="quiet" id={missingId(names)} data-testid="missing">
              <b>{names.join(', ')}:</b> <span lang="en">{why}</span>
            </p>
          ))}
          <p class="quiet">{t('joinedDoc')}</p>
        </fieldset>
        <Parameters key={pipeline.analyzer} pipeline={pipeline} />
      </div>
    </>
  );
}

function Member(p: {
  kind: Analyzer;
  part: Part | null;
  /** The only one that is left: something must analyze. */
  last: boolean;
  /** The paragraph that says what it lacks. */
  missing: string | undefined;
  toggle: () => void;
  slow: (rate: number) => void;
}) {
  const { kind, part } = p;
  const { name } = kind;
  const barred = part ? p.last : kind.missing !== null;
  const known: readonly number[] = rates;
  return (
    <div class="member">
      <label class="switch">
        <input
          type="checkbox"
          data-testid={`join-${name}`}
          checked={part !== null}
          disabled={barred}
          aria-describedby={p.missing}
          onChange={p.toggle}
        />
        {name}
      </label>
      {part && (
        <select
          data-testid={`rate-${name}`}
          aria-label={t('rateOf', { analyzer: name })}
          value={String(part.rate)}
          onChange={(e) => p.slow(Number(e.currentTarget.value))}
        >
          {!known.includes(part.rate) && <option value={part.rate}>{describeRate(part.rate)}</option>}
          {rates.map((rate) => (
            <option key={rate} value={rate}>
              {describeRate(rate)}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

/** The parameters, by analyzer; those of several fold away, as they are many. */
function Parameters({ pipeline }: { pipeline: Pipeline }) {
  const { store } = useDashboard();
  const catalog = store.analyzers.value;
  if (catalog.kind !== 'loaded') return null;
  const parts = parseSpec(pipeline.spec);
  const kinds = parts.flatMap((p) => catalog.value.find((k) => k.name === p.name) ?? []);
  const fields = (kind: Analyzer) => <Fields kind={kind} parts={parts} pipeline={pipeline} />;
  const [only] = kinds;
  if (!only) return null;
  if (parts.length === 1) {
    return (
      <fieldset>
        <legend>{t('parameters', { analyzer: only.name })}</legend>
        {fields(only)}
      </fieldset>
    );
  }
  return (
    <div>
      {kinds.map((kind) => (
        <details key={kind.name} class="group" data-testid={`params-${kind.name}`}>
          <summary>{t('parameters', { analyzer: kind.name })}</summary>
          <fieldset aria-label={t('parameters', { analyzer: kind.name })}>{fields(kind)}</fieldset>
        </details>
      ))}
    </div>
  );
}

function Fields({ kind, parts, pipeline }: { kind: Analyzer; parts: readonly Part[]; pipeline: Pipeline }) {
  const dashboard = useDashboard();
  if (kind.params.length === 0) return <p class="quiet">{t('noParameters')}</p>;
  return kind.params.map((option) => {
    const name = parameterName(parts, kind.name, option.name);
    return (
      <OptionField
        key={name}
        owner="analyzer"
        option={option}
        name={name}
        value={pipeline.params[name] ?? option.default}
        save={(value) => dashboard.changePipeline({ params: { [name]: value } })}
      />
    );
  });
}

/** What each lacks, with the names of those that lack it. */
function missingOf(kinds: readonly Analyzer[]): Map<string, string[]> {
  const lacks = new Map<string, string[]>();
  for (const { name, missing } of kinds) {
    if (missing) lacks.set(missing, [...(lacks.get(missing) ?? []), name]);
  }
  return lacks;
}

function missingId([first]: readonly string[]): string | undefined {
  return first && `c-missing-${first}`;
}

function describeRate(rate: number): string {
  return rate === 0 ? t('everyFrame') : `${rate} ${t('unitFps')}`;
}

function describePart({ name, rate }: Part): string {
  return rate === 0 ? name : `${name} (${describeRate(rate)})`;
}
