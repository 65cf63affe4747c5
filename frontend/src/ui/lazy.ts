/** A part of the page that is loaded when it is wanted, and then stays. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

export type Lazy<T> = { kind: 'loading' } | { kind: 'loaded'; value: T } | { kind: 'failed' };

/** `load` is an import(): called once, as soon as `wanted`. */
export function useLazy<T>(load: () => Promise<T>, wanted: boolean): Lazy<T> {
  const part = useSignal<Lazy<T>>({ kind: 'loading' });
  const asked = useSignal(false);
  useEffect(() => {
    if (!wanted || asked.peek()) return;
    asked.value = true;
    load().then(
      (value) => {
        part.value = { kind: 'loaded', value };
      },
      () => {
        part.value = { kind: 'failed' };
      },
    );
  }, [wanted, load, part, asked]);
  return part.value;
}
