/** A remark of an import about a line: a loss (warning), or something to know (information). */
import { type Issue, issue } from '../../../fhir/issue.ts';
import type { Fault } from '../text/read-calendar.ts';

export type ImportIssue = Issue & { line: number };

/** A `warning` names time that may be open although the calendar is busy, or closed although it opens it. */
export function importIssue(
  line: number,
  english: string,
  french: string,
  severity: 'warning' | 'information' = 'warning',
): ImportIssue {
  const code = severity === 'warning' ? 'not-supported' : 'informational';
  return { ...issue(severity, code, `line ${line}: ${english}`, { text: `Ligne ${line} : ${french}.` }), line };
}

export function faultIssue({ line, english, french, isHarmless }: Fault): ImportIssue {
  const [severity, code] = isHarmless ? (['information', 'informational'] as const) : (['warning', 'invalid'] as const);
  return { ...issue(severity, code, `line ${line}: ${english}`, { text: `Ligne ${line} : ${french}.` }), line };
}

/** Of the calendar as a whole. */
export function calendarIssue(
  english: string,
  french: string,
  severity: 'warning' | 'information' = 'information',
): ImportIssue {
  const code = severity === 'warning' ? 'not-supported' : 'informational';
  return { ...issue(severity, code, english, { text: `${french}.` }), line: 0 };
}
