/** The answer of an import: a count, then the appointments in time that it closed, then every remark with its line. */
import { type Issue, issue } from '../../../fhir/issue.ts';
import { frenchTime } from '../../../scheduling/french-time.ts';
import { formatInstant } from '../../../scheduling/zone.ts';
import type { TakenTime } from '../../../store/resources/agenda-reader.ts';
import { importIssue, type ImportIssue } from '../in/import-issue.ts';
import type { CalendarFile } from '../text/read-calendar.ts';

/** Nobody reads an outcome with more; the count tells how many there are. */
const MAX_ISSUES = 500;
const MAX_CONFLICTS = 100;

export interface Outcome {
  count: number;
  /** Has the agenda changed? */
  isNew: boolean;
  zone: string;
  closedOver: readonly TakenTime[];
  ignored: CalendarFile['ignored'];
  /** The most important first; `lost` counts those that name a loss, also of remarks that are left out here. */
  remarks: readonly ImportIssue[];
  lost: number;
}

function summary(count: number, isNew: boolean, lost: number): Issue {
  const news = isNew || count === 0 ? '' : ', nothing new';
  return issue(
    'information',
    'informational',
    `${count} availabilities read${news}; ${lost} things could not be represented`,
    { text: `${count} disponibilités ou fermetures lues ; ${lost} éléments n'ont pas pu être représentés.` },
  );
}

export function outcomeOf({ count, isNew, zone, closedOver, ignored, remarks, lost }: Outcome): Issue[] {
  const told = [...remarks.map(({ line: _, ...rest }): Issue => rest), ...ignoredIssues(ignored)];
  const left = told.length - MAX_ISSUES;
  return [
    summary(count, isNew, lost),
    ...closedOver.slice(0, MAX_CONFLICTS).map((time) => conflictIssue(time, zone)),
    ...told.slice(0, MAX_ISSUES),
    ...(left > 0 ? [issue('warning', 'too-long', `${left} more issues`, { text: `${left} autres remarques.` })] : []),
  ];
}

/** An appointment that stands in time which is closed now. It is kept: somebody has to decide. */
function conflictIssue({ appointment, start }: TakenTime, zone: string): Issue {
  return issue(
    'warning',
    'conflict',
    `Appointment/${appointment} at ${formatInstant(start, zone)} is in time that is closed now; it is kept`,
    {
      expression: `Appointment/${appointment}`,
      text: `Le rendez-vous du ${frenchTime(start, zone)} tombe dans une fermeture ; il est conservé.`,
    },
  );
}

function ignoredIssues(ignored: CalendarFile['ignored']): Issue[] {
  return [...ignored].map(([name, { count, line }]) => {
    const { line: _, ...rest } = importIssue(
      line,
      `${name.toUpperCase()} has no place in an availability (${count} times)`,
      `${name.toUpperCase()} n'a pas de place dans une disponibilité (${count} fois)`,
      'information',
    );
    return rest;
  });
}
