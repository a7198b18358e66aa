/** What a calendar says and an agenda cannot, told with its line. */
import { type Issue, issue } from '../../fhir/issue.ts';
import type { Fault } from './content-line.ts';

/** `information` where nothing is lost. */
export function told(
  line: number,
  english: string,
  french: string,
  severity: 'warning' | 'information' = 'warning',
): Issue {
  return issue(severity, severity === 'warning' ? 'not-supported' : 'informational', `line ${line}: ${english}`, {
    text: `Ligne ${line} : ${french}.`,
  });
}

export function fault({ line, english, french }: Fault): Issue {
  return issue('warning', 'invalid', `line ${line}: ${english}`, { text: `Ligne ${line} : ${french}.` });
}
