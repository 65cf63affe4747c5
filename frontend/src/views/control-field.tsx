import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { t } from '../i18n/i18n';
import { checkNumber, hasSlider, heldBy, menuName } from '../model/camera-controls';
import { Paced } from '../model/paced';
import type { Control, ControlsChange } from '../net/wire';
import { describeError, describeFlaw } from '../ui/wording';
import { useDashboard } from './context';
import { Icon } from './icon';

/** Five changes a second while a hand drags: the eye sees no more, and a camera may be slow. */
const SEND_MS = 200;

/** What to send, and the draft that it was. */
type Wish = { value: ControlsChange[string]; draft: string | null };

type FieldState = {
  /** What the person chose and the server has not answered yet, or a slip still to be mended. */
  draft: Signal<string | null>;
  complaint: Signal<(() => string) | null>;
  send: (wish: Wish) => void;
};

/** One control, shown as its type asks for. What the camera refuses springs back and says why. */
export function ControlField({ control, all }: { control: Control; all: readonly Control[] }) {
  const state = useField(control.name);
  if (control.type === 'button') return <PushButton control={control} state={state} />;
  if (control.read_only) return <Reading control={control} />;
  return (
    <Labelled control={control} state={state} note={heldNote(control, all)}>
      <Editor control={control} state={state} />
      <Reset control={control} state={state} />
    </Labelled>
  );
}

function useField(name: string): FieldState {
  const dashboard = useDashboard();
  const draft = useSignal<string | null>(null);
  const complaint = useSignal<(() => string) | null>(null);
  const sender = useMemo(
    () =>
      new Paced<Wish>(async (wish) => {
        const error = await dashboard.changeControls({ [name]: wish.value });
        complaint.value = error ? () => describeError(error) : null;
        if (draft.peek() === wish.draft) draft.value = null;
      }, SEND_MS),
    [dashboard, name, draft, complaint],
  );
  return { draft, complaint, send: (wish) => sender.push(wish) };
}

function Labelled(p: {
  control: Control;
  state: FieldState;
  note: string | null;
  children: ComponentChildren;
}) {
  const id = idOf(p.control);
  const complaint = p.state.complaint.value;
  return (
    <div class="field">
      <label for={id} lang="en">
        {p.control.title}
      </label>
      <div class="pair">{p.children}</div>
      {complaint && (
        <p class="flaw" id={`${id}-flaw`} role="alert" data-testid={`${testIdOf(p.control)}-error`}>
          {complaint()}
        </p>
      )}
      {p.note && <p data-testid={`${testIdOf(p.control)}-held`}>{p.note}</p>}
      <p class="quiet" id={`${id}-doc`}>
        {describeControl(p.control)}
      </p>
    </div>
  );
}

function Editor({ control, state }: { control: Control; state: FieldState }) {
  const { draft, complaint, send } = state;
  const id = idOf(control);
  const shown = draft.value ?? String(control.value);
  const about = {
    id,
    'data-testid': testIdOf(control),
    'aria-describedby': complaint.value ? `${id}-doc ${id}-flaw` : `${id}-doc`,
    'aria-invalid': complaint.value !== null,
    disabled: control.inactive,
  };
  const choose = (text: string, value: Wish['value']) => {
    draft.value = text;
    send({ value, draft: text });
  };

  switch (control.type) {
    case 'bool':
      return (
        <>
          <input
            {...about}
            type="checkbox"
            checked={shown !== '0'}
            onChange={({ currentTarget: { checked } }) => choose(checked ? '1' : '0', checked)}
          />
          <span class="grow" />
        </>
      );
    case 'menu':
      return (
        <select
          {...about}
          lang="en"
          value={shown}
          onChange={({ currentTarget: { value } }) => choose(value, Number(value))}
        >
          {/* A driver may be at a value that its own menu does not have. */}
          {!control.menu?.some((item) => item.value === control.value) && (
            <option value={control.value}>{control.value}</option>
          )}
          {control.menu?.map((item) => (
            <option key={item.value} value={item.value}>
              {item.name}
            </option>
          ))}
        </select>
      );
    default: {
      const slide = ({ currentTarget: { value } }: { currentTarget: HTMLInputElement }) => {
        complaint.value = null;
        choose(value, Number(value));
      };
      return (
        <>
          {hasSlider(control) && (
            <input
              type="range"
              data-testid={`${testIdOf(control)}-range`}
              aria-label={control.title}
              min={control.min}
              max={control.max}
              step={control.step}
              disabled={control.inactive}
              value={checkNumber(control, shown) ? control.value : shown}
              onInput={slide}
              onChange={slide}
            />
          )}
          <input
            {...about}
            type="text"
            inputMode={control.min < 0 ? 'text' : 'numeric'} // phones' number pads lack the minus
            autocomplete="off"
            spellcheck={false}
            value={shown}
            onInput={(e) => {
              draft.value = e.currentTarget.value;
            }}
            onChange={({ currentTarget: { value } }) => {
              const flaw = checkNumber(control, value);
              complaint.value = flaw && (() => describeFlaw(flaw));
              if (!flaw) choose(value, value === '' ? null : Number(value));
            }}
          />
        </>
      );
    }
  }
}

function Reset({ control, state: { draft, complaint, send } }: { control: Control; state: FieldState }) {
  const nothingToDo = control.value === control.default && draft.value === null;
  const label = t('resetControl', { control: control.title });
  return (
    <button
      type="button"
      class="plain"
      data-testid={`${testIdOf(control)}-reset`}
      aria-label={label}
      title={label}
      aria-disabled={nothingToDo}
      disabled={control.inactive}
      onClick={() => {
        if (nothingToDo) return;
        draft.value = null;
        complaint.value = null;
        send({ value: null, draft: null });
      }}
    >
      <Icon name="reset" />
    </button>
  );
}

function PushButton({ control, state }: { control: Control; state: FieldState }) {
  const complaint = state.complaint.value;
  return (
    <div class="field">
      <button
        type="button"
        lang="en"
        data-testid={testIdOf(control)}
        disabled={control.inactive || control.read_only}
        onClick={() => state.send({ value: 1, draft: null })}
      >
        {control.title}
      </button>
      {complaint && (
        <p class="flaw" role="alert" data-testid={`${testIdOf(control)}-error`}>
          {complaint()}
        </p>
      )}
    </div>
  );
}

function Reading({ control }: { control: Control }) {
  return (
    <dl class="field" data-testid={testIdOf(control)}>
      <dt lang="en">{control.title}</dt>
      <dd>{describeValue(control, control.value)}</dd>
      <dd class="quiet">{t('controlReadOnly')}</dd>
    </dl>
  );
}

/** Why a control has no effect now, as far as can be told; null where it has. */
function heldNote(control: Control, all: readonly Control[]): string | null {
  if (!control.inactive) return null;
  const by = heldBy(control, all);
  if (!by) return t('controlHeldUnknown');
  return t('controlHeld', { control: by.title, value: describeValue(by, by.value) });
}

/** Range, step and default in words. */
function describeControl(control: Control): string {
  const parts: string[] = [];
  if (control.type === 'int') {
    parts.push(t('optionRange', { min: control.min, max: control.max, unit: '' }));
    if (control.step > 1) parts.push(t('controlStep', { step: control.step }));
  }
  parts.push(t('optionDefault', { value: describeValue(control, control.default) }));
  return parts.join(' ');
}

function describeValue(control: Control, value: number): string {
  if (control.type === 'bool') return t(value === 0 ? 'valueOff' : 'valueOn');
  return menuName(control, value);
}

function idOf({ name }: Control): string {
  return `c-camera-${name}`;
}

function testIdOf({ name }: Control): string {
  return `camera-control-${name}`;
}
