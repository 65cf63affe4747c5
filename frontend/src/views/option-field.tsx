import { useSignal } from '@preact/signals';
import { checkOption, isOn, sliderStep } from '../model/options';
import type { ApiError } from '../net/api';
import type { Option } from '../net/wire';
import { describeError, describeFlaw, describeRange } from '../ui/wording';

/**
 * One parameter, shown as its type asks for. A slip is told beside the field at once; what
 * only the server can know is wrong is told there too, in its words.
 */
export function OptionField(p: {
  option: Option;
  /** What the server calls it, where that is more than the option's own name. */
  name?: string;
  value: string;
  /** The page's own words, where it has them; else the option's, which are English, and its range. */
  words?: { label: string; doc: string };
  /** Whose option it is: names are unique among those of one owner. */
  owner: 'analyzer' | 'pipeline';
  save: (value: string) => Promise<ApiError | null>;
}) {
  const { option, words } = p;
  /** What is typed and not taken yet; null: the field shows what the server has. */
  const draft = useSignal<string | null>(null);
  const complaint = useSignal<(() => string) | null>(null);
  const name = `${p.owner === 'analyzer' ? 'param' : p.owner}-${p.name ?? option.name}`;
  const id = `c-${name}`;
  const testId = `control-${name}`;
  const label = words?.label ?? option.name.replaceAll('_', ' ');
  const shown = draft.value ?? p.value;

  const commit = async (text: string) => {
    const flaw = checkOption(option, text);
    if (flaw) {
      complaint.value = () => describeFlaw(flaw);
      return;
    }
    const error = await p.save(text);
    complaint.value = error ? () => describeError(error) : null;
    if (!error && draft.value === text) draft.value = null;
  };
  const type = (e: { currentTarget: HTMLInputElement }) => {
    draft.value = e.currentTarget.value;
  };
  const take = (e: { currentTarget: HTMLInputElement | HTMLSelectElement }) => {
    draft.value = e.currentTarget.value;
    void commit(draft.value);
  };
  const about = {
    id,
    'data-testid': testId,
    'aria-describedby': complaint.value ? `${id}-doc ${id}-flaw` : `${id}-doc`,
    'aria-invalid': complaint.value !== null,
  };

  const step = sliderStep(option);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {option.type === 'bool' ? (
        <input
          {...about}
          type="checkbox"
          checked={isOn(shown)}
          onChange={(e) => void commit(e.currentTarget.checked ? 'true' : 'false')}
        />
      ) : option.type === 'enum' ? (
        <select {...about} value={shown} onChange={take}>
          {option.choices?.map((c) => (
            <option key={c} value={c}>
              {c}
            </option>
          ))}
        </select>
      ) : (
        <div class="pair">
          {/* Where nothing is chosen a slider would show a number all the same. */}
          {step !== null && shown !== '' && (
            <input
              type="range"
              data-testid={`${testId}-range`}
              aria-label={label}
              min={option.min ?? undefined}
              max={option.max ?? undefined}
              step={step}
              value={shown}
              onInput={type}
              onChange={take}
            />
          )}
          <input
            {...about}
            type="text"
            inputMode={option.type === 'int' ? 'numeric' : option.type === 'float' ? 'decimal' : 'text'}
            autocomplete="off"
            spellcheck={false}
            value={shown}
            onInput={type}
            onChange={take}
          />
        </div>
      )}
      {complaint.value && (
        <p class="flaw" id={`${id}-flaw`} role="alert" data-testid={`${testId}-error`}>
          {complaint.value()}
        </p>
      )}
      <p class="quiet" id={`${id}-doc`}>
        {words ? (
          words.doc
        ) : (
          <>
            <span lang="en">{option.doc}</span> {describeRange(option)}
          </>
        )}
      </p>
    </div>
  );
}
