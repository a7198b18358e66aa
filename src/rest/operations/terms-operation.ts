/** `GET /fhir/$terms`: the version of the terms of use in force, and who accepted which one when; for operators. */
import type { Parameter } from '../../fhir/foundation.ts';
import type { Operation } from '../backend.ts';
import { OperationInput } from './operation-input.ts';

interface Acceptance {
  issuer: string;
  subject: string;
  name: string;
  terms: string;
  label: string;
  /** Epoch milliseconds. */
  at: number;
}

export interface TermsState {
  /** `undefined`: this server asks for none. */
  current: () => { id: string; label: string } | undefined;
  list: (count: number) => Promise<Acceptance[]>;
}

const DEFAULT_COUNT = 200;
const MAX_COUNT = 10_000;

export function termsOperation({ current, list }: TermsState): Operation {
  return {
    name: 'terms',
    on: 'system',
    level: 'system',
    safe: true,
    description: "Les conditions d'utilisation : version en vigueur, et qui a accepté laquelle, quand (_count).",
    async run(context, call) {
      const count = new OperationInput(call, context.base).whole('_count', 1, MAX_COUNT) ?? DEFAULT_COUNT;
      const version = current();
      const accepted = await list(count);
      return {
        resource: {
          resourceType: 'Parameters',
          parameter: [
            ...(version === undefined ? [] : [{ name: 'current', part: partsOf(version.id, version.label) }]),
            ...accepted.map(({ terms, label, name, issuer, subject, at }) => ({
              name: 'acceptance',
              part: [
                ...partsOf(terms, label),
                { name: 'name', valueString: name },
                { name: 'issuer', valueString: issuer },
                { name: 'subject', valueString: subject },
                { name: 'at', valueInstant: new Date(at).toISOString() },
              ],
            })),
          ],
        },
      };
    },
  };
}

function partsOf(id: string, label: string): Parameter[] {
  return [
    { name: 'version', valueString: id },
    { name: 'label', valueString: label },
  ];
}
