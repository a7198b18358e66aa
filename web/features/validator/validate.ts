/** Validates a text on the server (`$validate`), and reads the outcome as faults with their lines. */
import type { OperationOutcome, OutcomeIssue } from '../../../src/fhir/foundation.ts';
import { ask, Refusal } from '../../fhir/client.ts';
import { language } from '../../ui/texts.ts';
import { lineAt, linesOf } from './lines.ts';

export interface Fault {
  severity: OutcomeIssue['severity'];
  text: string;
  expression: string | undefined;
  line: number | undefined;
}

/** `''`: the profiles that the resource declares. */
export async function validate(text: string, profile: string): Promise<Fault[]> {
  const lines = linesOf(text);
  const { issue } = await outcomeOf(text, profile);
  return issue.map((found) => faultOf(found, lines)).filter(({ severity }) => severity !== 'information');
}

async function outcomeOf(text: string, profile: string): Promise<OperationOutcome> {
  const query = profile === '' ? '' : `?profile=${encodeURIComponent(profile)}`;
  const mediaType = isXml(text) ? 'application/fhir+xml' : 'application/fhir+json';
  try {
    const reply = await ask(`/fhir/${typeOf(text)}/$validate${query}`, {
      method: 'POST',
      body: text,
      headers: { 'Content-Type': mediaType },
    });
    return reply.json;
  } catch (error) {
    // The refusal of a text that is not a resource at all is a report as well.
    if (error instanceof Refusal && [400, 413, 422].includes(error.status) && error.outcome !== undefined)
      return error.outcome;
    throw error;
  }
}

function faultOf(issue: OutcomeIssue, lines: ReadonlyMap<string, number>): Fault {
  const french = issue.details?.text;
  const english = issue.diagnostics;
  const [, stated] = /(?:ligne|line) (\d+)/.exec(`${french ?? ''} ${english ?? ''}`) ?? [];
  const [expression] = issue.expression ?? [];
  return {
    severity: issue.severity,
    text: (language() === 'en' ? english : french) ?? french ?? english ?? issue.code,
    expression,
    line: stated === undefined ? lineAt(lines, expression) : Number(stated),
  };
}

function isXml(text: string): boolean {
  return text.trimStart().startsWith('<');
}

/** The resource type that the text claims. */
export function typeOf(text: string): string | undefined {
  const claim = isXml(text) ? /<([A-Z][A-Za-z]+)\b/.exec(text) : /"resourceType"\s*:\s*"([A-Za-z]+)"/.exec(text);
  return claim?.[1];
}
