/** The properties of an item beside its times: the reason, the creation date, and those that only Créneau writes. */
import { checkStructure } from '../../../fhir/structure.ts';
import type { CodeableConcept, Identifier, Json } from '../../../fhir/resource.ts';
import { formatInstant } from '../../../scheduling/zone.ts';
import { type Component, textOf } from '../text/read-calendar.ts';
import { momentOf } from '../text/values.ts';
import type { Clock } from '../zones/clock.ts';
import { importIssue, type ImportIssue } from './import-issue.ts';
import type { Details, Item } from './item.ts';

/** A summary is a line to read, not a text. */
const MAX_REASON = 500;

export function readDetails(component: Component, kind: Item['kind'], own: Clock, issues: ImportIssue[]): Details {
  const reason = kind === 'closure' ? reasonOf(component, issues) : undefined;
  const created = createdOf(component, own);
  const priority = textOf(component, 'x-creneau-priority');
  const identifiers = identifiersOf(component, issues);
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(created === undefined ? {} : { created }),
    ...(priority !== undefined && /^-?\d{1,9}$/.test(priority) ? { priority: Number(priority) } : {}),
    ...(identifiers === undefined ? {} : { identifiers }),
  };
}

/** Of a private event it is enough to know that there is something. */
function reasonOf(component: Component, issues: ImportIssue[]): CodeableConcept | undefined {
  const own = ownJson(component, 'x-creneau-reason', 'valueCodeableConcept', issues);
  if (own !== undefined) return own;
  const text = readable(textOf(component, 'summary'));
  const isPrivate = /^(PRIVATE|CONFIDENTIAL)$/i.test(textOf(component, 'class')?.trim() ?? '');
  const isDefault = textOf(component, 'x-creneau-type') === 'busy-unavailable' && text === 'Fermé';
  return text === undefined || isPrivate || isDefault ? undefined : { text };
}

function identifiersOf(component: Component, issues: ImportIssue[]): Identifier[] | undefined {
  const list = ownJson(component, 'x-creneau-identifiers', 'valueIdentifier', issues);
  return Array.isArray(list) && list.length > 0 ? list : undefined;
}

/** Anybody can write our own properties: values that are not valid in FHIR are left out. */
function ownJson(component: Component, name: string, key: string, issues: ImportIssue[]): Json {
  const property = component.properties.find((candidate) => candidate.name === name);
  const text = textOf(component, name);
  if (property === undefined || text === undefined) return undefined;
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const list = Array.isArray(value) ? value : [value];
  const extension = list.map((item) => ({ url: 'part', [key]: item }));
  const whole = { resourceType: 'Basic', code: { text: 'x' }, extension: [{ url: 'urn:x', extension }] };
  const problem =
    typeof value === 'object' && value !== null
      ? checkStructure(whole).find(({ severity }) => severity === 'error' || severity === 'fatal')?.diagnostics
      : 'it is not a JSON object';
  if (problem === undefined) return value;
  issues.push(
    importIssue(
      property.line,
      `${name.toUpperCase()} is left out: ${problem}`,
      `${name.toUpperCase()} est ignoré : contenu non conforme`,
      'information',
    ),
  );
  return undefined;
}

function createdOf(component: Component, { zone = 'Etc/UTC' }: Clock): string | undefined {
  const moment = momentOf({ parameters: {} }, textOf(component, 'created') ?? '');
  return moment === undefined || moment.isDate ? undefined : formatInstant(moment.local, zone);
}

/** Without the control characters that FHIR has no room for; `undefined` when nothing is left to read. */
function readable(text: string | undefined): string | undefined {
  const found = text?.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').slice(0, MAX_REASON);
  return found === undefined || found.trim() === '' ? undefined : found;
}
