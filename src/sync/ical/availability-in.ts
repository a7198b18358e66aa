/**
 * iCalendar into availabilities of an agenda: VAVAILABILITY gives openings, VEVENT and VFREEBUSY closures. What an
 * availability cannot say is
 * told with its line; nothing is dropped without a word, and nothing becomes open that the calendar does not call open.
 * docs/icalendar.md.
 */
import { setImmediate } from 'node:timers/promises';
import { extensionUrl } from '../../fhir/extension.ts';
import { FhirError, type Issue, issue } from '../../fhir/issue.ts';
import type { Extension, Identifier, Json } from '../../fhir/resource.ts';
import { checkStructure } from '../../fhir/structure.ts';
import { checkAgenda } from '../../scheduling/agenda-check.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import { uidOf } from './availability-out.ts';
import type { Component, Property } from './content-line.ts';
import { boundsOf, type Times } from './times-in.ts';
import { ruleOf } from './rule-in.ts';
import { fault, told } from './told.ts';
import { textOf, zoneOf } from './zone-rules.ts';

export const PRODUCT = '-//Creneau//Agendas partages//FR';
const TYPES = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-schedule-type';
export interface Imported {
  uid: string;
  extension: Extension;
}

export interface Reading {
  found: Imported[];
  /** UIDs that the calendar calls cancelled. */
  cancelled: string[];
  issues: Issue[];
  lines: Map<Imported, number>;
}

export interface Place {
  zone: string;
  defaultDurationMs: number;
}

/** Dates, rules and closures that are looked at; an agenda has room for fewer. */
const MAX_READ = 10_000;
/** Longest time for which nobody else has a turn. */
const TURN_MS = 20;

/** Throws `too-costly` when there is more than anybody plans. */
export async function readAvailabilities(calendars: readonly Component[], place: Place): Promise<Reading> {
  const reading: Reading = { found: [], cancelled: [], issues: [], lines: new Map() };
  let since = performance.now();
  for (const calendar of calendars) {
    const zones = calendar.components.filter((component) => component.name === 'vtimezone');
    const isOurs = textOf(calendar, 'prodid') === PRODUCT;
    for (const exception of withExceptions(calendar.components)) {
      if (performance.now() - since > TURN_MS) {
        await setImmediate();
        since = performance.now();
      }
      if (exception.name === 'vavailability') readAvailability(reading, exception, zones, place);
      else if (exception.name === 'vevent') readEvent(reading, exception, zones, place);
      else if (exception.name === 'vfreebusy') readFreeBusy(reading, exception, zones, place, isOurs);
      else if (exception.name !== 'vtimezone')
        reading.issues.push(
          told(
            exception.line,
            `${exception.name.toUpperCase()} is no availability`,
            `${exception.name.toUpperCase()} n'est pas une disponibilité`,
          ),
        );
    }
  }
  withoutRepeated(reading, reading.lines);
  return reading;
}

function readAvailability(reading: Reading, whole: Component, zones: readonly Component[], place: Place): void {
  const busyType = (textOf(whole, 'busytype') ?? 'BUSY-UNAVAILABLE').toUpperCase();
  if (busyType !== 'BUSY-UNAVAILABLE')
    reading.issues.push(
      told(
        lineOf(whole, 'busytype'),
        `BUSYTYPE ${busyType.slice(0, 30)}: outside its openings an agenda is closed`,
        `BUSYTYPE ${busyType.slice(0, 30)} : hors de ses ouvertures, un agenda est fermé`,
        'information',
      ),
    );
  const priority = numberIn(whole, 'priority');
  for (const exception of withExceptions(whole.components)) {
    if (exception.name !== 'available') {
      reading.issues.push(
        told(
          exception.line,
          `${exception.name.toUpperCase()} within VAVAILABILITY is not known`,
          `${exception.name.toUpperCase()} inconnu dans VAVAILABILITY`,
        ),
      );
      continue;
    }
    const own = numberIn(exception, 'x-creneau-priority') ?? priority;
    add(reading, exception, zones, place, 'free', { ...(own === undefined ? {} : { priority: own }) });
  }
}

function readEvent(reading: Reading, event: Component, zones: readonly Component[], place: Place): void {
  const status = textOf(event, 'status')?.toUpperCase();
  if (textOf(event, 'x-creneau-appointment') !== undefined) {
    reading.issues.push(
      told(
        event.line,
        'an appointment of Créneau is no closure',
        'un rendez-vous de Créneau n’est pas une fermeture',
        'information',
      ),
    );
  } else if (status === 'CANCELLED') {
    const uid = textOf(event, 'uid');
    if (uid !== undefined) reading.cancelled.push(uid);
    reading.issues.push(
      told(event.line, 'cancelled: no closure', 'événement annulé : pas de fermeture', 'information'),
    );
  } else if (textOf(event, 'transp')?.toUpperCase() === 'TRANSPARENT') {
    reading.issues.push(
      told(
        event.line,
        'TRANSPARENT: takes no time, no closure',
        'TRANSPARENT : ne prend pas de temps, pas de fermeture',
        'information',
      ),
    );
  } else {
    const own = textOf(event, 'x-creneau-reason');
    const summary = readable(textOf(event, 'summary'));
    const isPrivate = ['PRIVATE', 'CONFIDENTIAL'].includes(textOf(event, 'class')?.toUpperCase() ?? '');
    const isOurs = textOf(event, 'x-creneau-type') === 'busy-unavailable';
    // Of somebody's private calendar, that there is something is enough.
    const reason =
      own !== undefined
        ? parsed(own)
        : isOurs && summary === 'Fermé'
          ? undefined
          : isPrivate || summary === undefined
            ? undefined
            : { text: summary };
    const priority = numberIn(event, 'x-creneau-priority');
    add(reading, event, zones, place, 'busy-unavailable', {
      ...(reason === undefined ? {} : { reason }),
      ...(priority === undefined ? {} : { priority }),
    });
  }
  for (const inner of event.components)
    reading.issues.push(
      told(
        inner.line,
        `${inner.name.toUpperCase()} has no place in an agenda`,
        `${inner.name.toUpperCase()} n'a pas de place dans un agenda`,
        'information',
      ),
    );
}

/** The periods that are not free, each a closure; our own are computed from what is imported already. */
function readFreeBusy(
  reading: Reading,
  whole: Component,
  zones: readonly Component[],
  place: Place,
  isOurs: boolean,
): void {
  if (isOurs)
    return void reading.issues.push(
      told(
        whole.line,
        'VFREEBUSY of Créneau follows from the rest',
        'VFREEBUSY de Créneau découle du reste',
        'information',
      ),
    );
  for (const property of whole.properties.filter((part) => part.name === 'freebusy')) {
    const type = String(property.parameters['fbtype'] ?? 'BUSY').toUpperCase();
    if (type === 'FREE') {
      reading.issues.push(
        told(
          property.line,
          'FBTYPE=FREE opens nothing: openings come from VAVAILABILITY',
          "FBTYPE=FREE n'ouvre rien : les ouvertures viennent de VAVAILABILITY",
        ),
      );
      continue;
    }
    for (const [i, period] of (property.values as [string, string][]).entries()) {
      const length = period[1].startsWith('P');
      const line = (name: string, kind: string, value: string): Property => ({
        name,
        parameters: {},
        type: kind,
        values: [value],
        line: property.line,
      });
      const event: Component = {
        name: 'vevent',
        line: property.line,
        components: [],
        properties: [
          line('uid', 'text', `${textOf(whole, 'uid') ?? 'freebusy'}/${period[0]}/${i}`),
          line('dtstart', 'date-time', period[0]),
          line(length ? 'duration' : 'dtend', length ? 'duration' : 'date-time', period[1]),
        ],
      };
      add(reading, event, zones, place, 'busy-unavailable', {});
    }
  }
}

interface Extra {
  reason?: Json;
  priority?: number;
}

function add(
  reading: Reading,
  from: Component,
  zones: readonly Component[],
  place: Place,
  type: 'free' | 'busy-unavailable',
  extra: Extra,
): void {
  const { issues } = reading;
  const uid = textOf(from, 'uid');
  if (uid === undefined || uid === '')
    return void issues.push(
      told(
        from.line,
        `${from.name.toUpperCase()} has no UID: nothing could name it`,
        `${from.name.toUpperCase()} sans UID : rien ne le désignerait`,
      ),
    );
  for (const property of from.properties) {
    const isKnown = KNOWN.has(property.name);
    if (!isKnown && !QUIET.has(property.name) && !property.name.startsWith('x-'))
      issues.push(
        told(
          property.line,
          `${property.name.toUpperCase()} has no place in an availability`,
          `${property.name.toUpperCase()} n'a pas de place dans une disponibilité`,
          'information',
        ),
      );
  }
  const times = boundsOf(from, place.zone, (tzid) => zoneOf(tzid, zones));
  if ('english' in times) return void issues.push(fault(times));
  const own = textOf(from, 'recurrence-id');
  const identifiers = (parsed(textOf(from, 'x-creneau-identifiers')) as Identifier[] | undefined) ?? [
    identifierOf(own === undefined ? uid : `${uid}/${own}`),
  ];
  const created = from.properties.find((property) => property.name === 'created');
  const make = (list: Identifier[], start: string, end: string, rule: Extension | undefined): Extension => ({
    url: extensionUrl('availabilityTime'),
    extension: [
      ...list.map((one) => ({ url: 'identifier', valueIdentifier: one })),
      { url: 'type', valueCoding: { system: TYPES, code: type } },
      { url: 'start', valueDateTime: start },
      { url: 'end', valueDateTime: end },
      ...(rule === undefined ? [] : [rule]),
      ...(extra.reason === undefined ? [] : [{ url: 'unavailabilityReason', valueCodeableConcept: extra.reason }]),
      ...(created === undefined || !/^\d{4}-\d\d-\d\dT/.test(String(created.values[0]))
        ? []
        : [{ url: 'created', valueDateTime: createdText(String(created.values[0]), place.zone) }]),
      ...(extra.priority === undefined ? [] : [{ url: 'priority', valueInteger: extra.priority }]),
    ],
  });
  const keep = (entry: Imported, line: number): void => {
    const alone = {
      resourceType: 'Schedule',
      id: 'import',
      actor: [{ display: 'import' }],
      extension: [entry.extension],
    };
    // A text can hold what FHIR has no room for (a line of blanks); our own X- properties are anybody's to write.
    const problem =
      checkStructure(alone).find((one) => one.severity === 'error' || one.severity === 'fatal') ??
      checkAgenda(alone, { placeZone: place.zone, defaultDurationMs: place.defaultDurationMs })[0];
    reading.lines.set(entry, line);
    if (reading.lines.size > MAX_READ) {
      throw new FhirError('too-costly', `The calendar has more than ${MAX_READ} events and availabilities`, {
        expression: 'text/calendar',
        text: `Le calendrier a plus de ${MAX_READ} événements et disponibilités.`,
      });
    }
    if (problem === undefined) reading.found.push(entry);
    else
      issues.push(
        issue('warning', problem.code, `line ${line}: ${problem.diagnostics}`, {
          text: `Ligne ${line} : ${problem.text ?? problem.diagnostics}`,
        }),
      );
  };
  const rule = ruleOf(from, times, place.zone);
  issues.push(...rule.issues);
  if (rule.lost) return;
  if (rule.extension !== undefined || rule.starts === undefined)
    keep(
      { uid: uidOf(identifiers[0]!), extension: make(identifiers, times.startText, times.endText, rule.extension) },
      rule.line ?? from.line,
    );
  for (const [start, end] of single(rule.starts ?? [], times)) {
    const name = identifierOf(`${uid}/${new Date(start).toISOString()}`);
    keep(
      {
        uid: uidOf(name),
        extension: make([name], formatInstant(start, place.zone), formatInstant(end, place.zone), undefined),
      },
      rule.line ?? from.line,
    );
  }
  for (const [start, end] of rule.closed ?? []) {
    const name = identifierOf(`${uid}/exdate/${new Date(start).toISOString()}`);
    const closure = make([name], formatInstant(start, place.zone), formatInstant(end, place.zone), undefined);
    closure.extension = closure
      .extension!.map((extension) =>
        extension.url === 'type'
          ? { url: 'type', valueCoding: { system: TYPES, code: 'busy-unavailable' } }
          : extension,
      )
      .filter((one) => one.url !== 'priority');
    keep({ uid: uidOf(name), extension: closure }, rule.line ?? from.line);
  }
}

function single(starts: readonly number[], { start, end }: Times): [number, number][] {
  return starts.map((one) => [one, one + (end - start)]);
}

/** An occurrence that is described on its own (RECURRENCE-ID) is the rule's no more: an exception of it. */
function withExceptions(components: readonly Component[]): Component[] {
  const exceptions = new Map<string, Property[]>();
  for (const component of components) {
    const own = component.properties.find((part) => part.name === 'recurrence-id');
    const uid = textOf(component, 'uid') ?? '';
    if (own === undefined) continue;
    const known = exceptions.get(uid);
    if (known === undefined) exceptions.set(uid, [{ ...own, name: 'exdate' }]);
    else known.push({ ...own, name: 'exdate' });
  }
  return components.map((component) => {
    const own = component.properties.some((part) => part.name === 'recurrence-id')
      ? []
      : (exceptions.get(textOf(component, 'uid') ?? '') ?? []);
    return own.length === 0 ? component : { ...component, properties: [...component.properties, ...own] };
  });
}

/** Two of one name: the first counts. */
function withoutRepeated(reading: Reading, lines: ReadonlyMap<Imported, number>): void {
  const seen = new Set<string>();
  reading.found = reading.found.filter((found) => {
    if (!seen.has(found.uid)) return seen.add(found.uid);
    reading.issues.push(
      told(
        lines.get(found) ?? 0,
        'a second component has this UID: the first counts',
        'un second composant porte cet UID : le premier compte',
      ),
    );
    return false;
  });
}

/** What is read, and what says nothing that an agenda could lose. */
const KNOWN = new Set([
  'uid',
  'dtstart',
  'dtend',
  'duration',
  'rrule',
  'exdate',
  'rdate',
  'created',
  'summary',
  'status',
  'transp',
  'class',
  'recurrence-id',
  'priority',
]);
const QUIET = new Set(['dtstamp', 'last-modified', 'sequence', 'categories', 'organizer', 'url', 'description']);

export function identifierOf(uid: string): Identifier {
  const [, system, value] = /^((?:urn:|https?:\/\/)[^|\s]+)\|(.*)$/s.exec(uid) ?? [];
  return system === undefined ? { value: uid } : { system, value: value! };
}

function createdText(text: string, zone: string): string {
  return formatInstant(Date.parse(text.endsWith('Z') ? text : `${text}Z`), zone);
}

/** Without the control characters that FHIR has no room for; `undefined` when nothing is left to read. */
function readable(text: string | undefined): string | undefined {
  const found = text?.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '');
  return found?.trim() === '' ? undefined : found;
}

function parsed(text: string | undefined): Json {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function numberIn(of: Component, name: string): number | undefined {
  const text = textOf(of, name);
  return text === undefined || !/^-?\d{1,9}$/.test(text) ? undefined : Number(text);
}

function lineOf(of: Component, name: string): number {
  return of.properties.find((property) => property.name === name)?.line ?? of.line;
}
