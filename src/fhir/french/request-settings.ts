/**
 * How an agenda treats requests: the extension `urn:creneau:fhir:requests` on its Schedule. ADR 0027
 */
import { extensionsOf, partValue } from '../extension.ts';
import { type Issue, issue } from '../issue.ts';
import { numberOf } from '../json.ts';
import type { Resource } from '../resource.ts';

export interface RequestSettings {
  /** A request without answer is cancelled after this time, milliseconds; `undefined`: it waits. */
  expiresMs: number | undefined;
  /** A request that all who are needed have accepted is booked. */
  booksAccepted: boolean;
}

const HOUR_MS = 3_600_000;
/** A year. */
const MAX_HOURS = 8784;

export function readRequestSettings(schedule: Resource): RequestSettings {
  const [whole] = extensionsOf(schedule, 'requests');
  if (whole === undefined) return { expiresMs: undefined, booksAccepted: false };
  const hours = numberOf(partValue(whole, 'expires'));
  return {
    expiresMs: isHours(hours) ? hours * HOUR_MS : undefined,
    booksAccepted: partValue(whole, 'booksAccepted') === true,
  };
}

/** The faults for which the write of a Schedule is refused. */
export function checkRequestSettings(schedule: Resource): Issue[] {
  return extensionsOf(schedule, 'requests').flatMap((whole) => {
    const { path } = whole;
    const [hours, books] = ['expires', 'booksAccepted'].map((name) => partValue(whole, name));
    return [
      ...(hours === undefined || isHours(numberOf(hours)) ? [] : [wrongHours(path)]),
      ...(books === undefined || typeof books === 'boolean' ? [] : [notBoolean(path)]),
    ];
  });
}

function wrongHours(path: string): Issue {
  return issue('error', 'business-rule', `requests: expires is a number of hours from 1 to ${MAX_HOURS}`, {
    expression: path,
    text: `Fin des demandes sans réponse : un nombre d'heures, de 1 à ${MAX_HOURS}.`,
  });
}

function notBoolean(path: string): Issue {
  return issue('error', 'business-rule', 'requests: booksAccepted is true or false', {
    expression: path,
    text: 'Réserver ce que tous ont accepté : oui ou non.',
  });
}

function isHours(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_HOURS;
}
