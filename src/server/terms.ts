/** The terms of use from the settings: their text, read again when it changes, and the record of acceptances. */
import { readTerms, Terms } from '../rest/access/terms.ts';
import { termsOperation } from '../rest/operations/terms-operation.ts';
import { POLL_MS, Reloaded } from '../runtime/tls/reloaded.ts';
import { TermsStore } from '../store/records/terms.ts';
import type { Feature, ServerParts } from './feature.ts';

export interface TermsFeature extends Feature {
  /** `undefined` where nobody has to accept terms. */
  gate: Terms | undefined;
}

/** Throws when the file is missing or empty. */
export function openTerms({ config, database, log }: ServerParts): TermsFeature {
  const store = new TermsStore(database);
  const file = config.terms === undefined ? undefined : new Reloaded([config.terms], ([text]) => readTerms(text!));
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => void file?.check(log);
  return {
    name: 'terms',
    gate: file && new Terms(() => file.current, store),
    operations: () => [termsOperation({ current: () => file?.current, list: (count) => store.list(count) })],
    start() {
      timer = setInterval(check, POLL_MS);
      timer.unref();
    },
    reload: check,
    close: () => clearInterval(timer),
  };
}
