/** Stands in front of every interaction, of a request or of an entry of a Bundle, so that the trail misses none. */
import { BUDGETS } from '../../fhir/budgets.ts';
import type { Shown } from '../../fhir/interaction.ts';
import { toFhirError } from '../error-response.ts';
import type { Answer, Exchange } from '../exchange.ts';
import type { Part, PartHead } from './part.ts';

/** Does one interaction, and keeps for the trail what becomes of it. */
export async function audited(
  exchange: Exchange,
  head: PartHead,
  run: (exchange: Exchange) => Promise<Answer>,
): Promise<Answer> {
  const { operation, query, method, context } = exchange;
  const part: Part = {
    ...head,
    ...{ operation, query, method, isWritten: false, status: 200, text: undefined, shown: undefined },
  };
  exchange.parts.push(part);
  const wrote = (): void => {
    part.isWritten = true;
    context.wrote?.();
  };
  const showed = (shown: Shown): void => {
    part.shown = shown;
  };
  const isForm = part.interaction === 'search-type' && method === 'POST';
  if (isForm) {
    const form = exchange.body?.subarray(0, BUDGETS.searchBytes.most).toString('utf8') ?? '';
    part.query = [query, form].filter(Boolean).join('&');
  }
  try {
    const answer = await run({ ...exchange, context: { ...context, wrote, showed } });
    part.status = answer.status;
    part.text = answer.text;
    return answer;
  } catch (error) {
    part.status = toFhirError(error).status;
    throw error;
  }
}
