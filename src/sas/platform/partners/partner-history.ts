/**
 * `GET /fhir/$partner-history?hours=24`: how each partner has answered, for the charts of the supervision page. Longer
 * histories come in coarser steps, so that a chart stays readable.
 */
import { notWhole } from '../../../fhir/refusals.ts';
import { parseQuery } from '../../../fhir/search/parse.ts';
import type { Operation } from '../../../rest/backend.ts';
import type { PartnerHealth } from '../../../store/records/partner-health.ts';

const MAX_HOURS = 24 * 31;
const MINUTE = 60_000;
/** Minutes of a point; the store counts by five minutes. */
const STEPS = [5, 15, 60, 360];
/** A chart cannot show more points of one partner apart. */
const MAX_POINTS = 170;

export function partnerHistory(health: PartnerHealth): Operation {
  return {
    name: 'partner-history',
    on: 'system',
    level: 'system',
    safe: true,
    description: 'Réponses, échecs et délais de chaque éditeur au fil du temps (hours).',
    async run({ now }, { query }) {
      const text = parseQuery(query).find(({ name }) => name === 'hours')?.value ?? '24';
      const hours = Number(text);
      if (!/^\d{1,3}$/.test(text) || hours < 1 || hours > MAX_HOURS) throw notWhole('hours', 1, MAX_HOURS);
      const stepMinutes = STEPS.find((step) => (hours * 60) / step <= MAX_POINTS) ?? STEPS.at(-1)!;
      const points = (await health.since(now - hours * 60 * MINUTE, stepMinutes * MINUTE)).map(
        ({ partner, at, answers, failures, meanDelay, maxDelay }) => ({
          name: 'point',
          part: [
            { name: 'partner', valueString: partner },
            { name: 'at', valueInstant: new Date(at).toISOString() },
            { name: 'answers', valueInteger: answers },
            { name: 'failures', valueInteger: failures },
            ...(meanDelay === undefined
              ? []
              : [
                  { name: 'meanDelay', valueInteger: meanDelay },
                  { name: 'maxDelay', valueInteger: maxDelay },
                ]),
          ],
        }),
      );
      return {
        resource: {
          resourceType: 'Parameters',
          parameter: [{ name: 'stepMinutes', valueInteger: stepMinutes }, ...points],
        },
      };
    },
  };
}
