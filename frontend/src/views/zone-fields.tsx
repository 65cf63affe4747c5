import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { t } from '../i18n/i18n';
import {
  canAddPoint,
  canRemovePoint,
  flawOf,
  LONGEST_DWELL_S,
  readClasses,
  withCoordinate,
  withoutPoint,
  withPointAfter,
} from '../model/areas';
import { type AreaWish, anchors } from '../net/wire';
import { describeFlaw } from '../ui/wording';
import { Icon } from './icon';
import type { ZoneDesk } from './zone-desk';

const AXES = ['x', 'y'] as const;

/** One area in words and numbers: whatever can be drawn can be written here. */
export function AreaFields({ desk, area, at }: { desk: ZoneDesk; area: AreaWish; at: number }) {
  const id = `area-${at}`;
  const flaw = flawOf(desk.areas.value, at);
  /** Classes not finished yet. */
  const typed = useSignal<string | null>(null);
  // Leaving one field for another changes both before anything is drawn anew.
  const now = () => desk.areas.peek()[at] ?? area;
  const change = (what: Partial<AreaWish>) => desk.change(at, { ...now(), ...what });
  return (
    <fieldset class="area-fields" aria-label={t('areaFields', { name: area.name })} data-testid="area-fields">
      <Field id={`${id}-name`} label={t('areaName')} flaw={flaw === 'name' || flaw === 'taken' ? flaw : null}>
        <input
          id={`${id}-name`}
          type="text"
          data-testid="area-name"
          autocomplete="off"
          spellcheck={false}
          maxLength={32}
          value={area.name}
          aria-invalid={flaw === 'name' || flaw === 'taken'}
          aria-describedby={`${id}-name-flaw`}
          onInput={(e) => change({ name: e.currentTarget.value })}
        />
      </Field>
      <Field id={`${id}-classes`} label={t('areaClasses')} flaw={flaw === 'classes' ? flaw : null}>
        <input
          id={`${id}-classes`}
          type="text"
          data-testid="area-classes"
          autocomplete="off"
          spellcheck={false}
          placeholder={t('areaAllClasses')}
          value={typed.value ?? area.classes.join(', ')}
          aria-invalid={flaw === 'classes'}
          aria-describedby={`${id}-classes-flaw`}
          onInput={(e) => {
            typed.value = e.currentTarget.value;
          }}
          onChange={(e) => {
            typed.value = null;
            change({ classes: readClasses(e.currentTarget.value) });
          }}
        />
      </Field>
      <Field id={`${id}-anchor`} label={t('areaAnchor')} flaw={null}>
        <select
          id={`${id}-anchor`}
          data-testid="area-anchor"
          value={area.anchor}
          onChange={(e) => {
            const anchor = anchors.find((a) => a === e.currentTarget.value);
            if (anchor) change({ anchor });
          }}
        >
          {anchors.map((a) => (
            <option key={a} value={a}>
              {t(`anchor_${a}`)}
            </option>
          ))}
        </select>
      </Field>
      {area.kind === 'zone' && (
        <NumberField
          id={`${id}-dwell`}
          label={t('areaDwell')}
          value={area.dwell_s}
          max={LONGEST_DWELL_S}
          onChange={(dwell_s) => change({ dwell_s })}
        />
      )}
      <table class="points">
        <caption>{t(area.kind === 'line' ? 'lineEnds' : 'zoneCorners')}</caption>
        <tbody>
          {area.points.map((p, i) => (
            <tr key={i}>
              <th scope="row">{i + 1}</th>
              {([0, 1] as const).map((k) => (
                <td key={k}>
                  <NumberField
                    id={`${id}-${i}-${AXES[k]}`}
                    label={t('pointAxis', { point: i + 1, axis: AXES[k] })}
                    bare
                    value={p[k]}
                    max={1}
                    onChange={(v) => desk.change(at, withCoordinate(now(), i, k, v))}
                  />
                </td>
              ))}
              <td>
                {canAddPoint(area) && (
                  <IconButton
                    icon="plus"
                    label={t('addAfter', { point: i + 1 })}
                    onClick={() => desk.change(at, withPointAfter(now(), i))}
                  />
                )}
                {canRemovePoint(area) && (
                  <IconButton
                    icon="remove"
                    label={t('removePoint', { point: i + 1 })}
                    onClick={() => desk.change(at, withoutPoint(now(), i))}
                  />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet wide">{t(area.kind === 'line' ? 'lineKeys' : 'zoneKeys')}</p>
      <div class="wide">
        <button type="button" data-testid="area-remove" onClick={() => desk.remove(at)}>
          <Icon name="remove" />
          {t('removeArea', { name: area.name })}
        </button>
      </div>
    </fieldset>
  );
}

function Field(p: {
  id: string;
  label: string;
  flaw: 'name' | 'taken' | 'classes' | null;
  children: ComponentChildren;
}) {
  return (
    <div class="field">
      <label for={p.id}>{p.label}</label>
      {p.children}
      <p class="flaw" id={`${p.id}-flaw`} data-testid="area-flaw">
        {p.flaw && t(`areaFlaw_${p.flaw}`)}
      </p>
    </div>
  );
}

/** A number from 0 on; what is no such number stays where it was typed, with the reason. */
function NumberField(p: {
  id: string;
  label: string;
  value: number;
  max: number;
  /** Without its label in sight: it stands in a table. */
  bare?: boolean;
  onChange: (value: number) => void;
}) {
  const draft = useSignal<string | null>(null);
  const flaw = useSignal<string | null>(null);
  return (
    <div class="field">
      {!p.bare && <label for={p.id}>{p.label}</label>}
      <input
        id={p.id}
        type="text"
        inputMode="decimal"
        autocomplete="off"
        data-testid={p.id}
        aria-label={p.bare ? p.label : undefined}
        aria-invalid={flaw.value !== null}
        aria-describedby={`${p.id}-flaw`}
        value={draft.value ?? String(p.value)}
        onInput={(e) => {
          draft.value = e.currentTarget.value;
        }}
        onChange={(e) => {
          const text = e.currentTarget.value.trim();
          const x = Number(text);
          if (text === '' || !Number.isFinite(x)) flaw.value = describeFlaw({ kind: 'number' });
          else if (x < 0) flaw.value = describeFlaw({ kind: 'below', min: 0, unit: '' });
          else if (x > p.max) flaw.value = describeFlaw({ kind: 'above', max: p.max, unit: '' });
          else {
            flaw.value = null;
            draft.value = null;
            p.onChange(x);
          }
        }}
      />
      <p class="flaw" id={`${p.id}-flaw`}>
        {flaw.value}
      </p>
    </div>
  );
}

function IconButton(p: { icon: 'plus' | 'remove'; label: string; onClick: () => void }) {
  return (
    <button type="button" class="plain" aria-label={p.label} title={p.label} onClick={p.onClick}>
      <Icon name={p.icon} />
    </button>
  );
}
