/**
 * Finds out whose data an answer shows: the patients, appointments and agendas that its text names. Answers are
 * finished texts, so this reads the text once and parses nothing. It sees whatever an interaction or an operation
 * answers.
 */
import type { Resource } from '../resource.ts';

/** The types that the audit trail names one by one. */
const NAMED = ['Patient', 'Appointment', 'Schedule', 'RelatedPerson'] as const;
const ID = /[A-Za-z0-9\-.]{1,64}/y;
const QUOTE = 0x22;

/** `Type/id` of those that the text of an answer names; `base` is the address of the server. */
export function mentionsOf(text: string, base: string): string[] {
  const found = new Set<string>();
  for (const type of NAMED) {
    references(text, base, type, found);
    resources(text, type, found);
  }
  return [...found];
}

/** References, and addresses of this server: `"Patient/1"`, `"https://here/fhir/Patient/1"`. */
function references(text: string, base: string, type: string, found: Set<string>): void {
  const wanted = `${type}/`;
  let last = '';
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    const isRelative = text.charCodeAt(at - 1) === QUOTE;
    if (!isRelative && !text.startsWith(`${base}/`, at - base.length - 1)) continue;
    // The entries of one agenda follow each other.
    if (last !== '' && text.startsWith(last, at)) continue;
    const id = idAt(text, at + wanted.length);
    if (id === '') continue;
    found.add(wanted + id);
    last = `${wanted}${id}"`;
  }
}

/** Resources without an address, inside those of an operation. */
function resources(text: string, type: string, found: Set<string>): void {
  const wanted = `"${type}","id":"`;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    const id = idAt(text, at + wanted.length);
    if (id !== '') found.add(`${type}/${id}`);
  }
}

function idAt(text: string, at: number): string {
  ID.lastIndex = at;
  return ID.exec(text)?.[0] ?? '';
}

export function isPatient(reference: string): boolean {
  return reference.startsWith('Patient/');
}

/** `Patient/x` of the patients whom these versions of a resource are about. */
export function patientsOf(...versions: readonly (Resource | undefined)[]): string[] {
  const found = new Set<string>();
  for (const version of versions) {
    if (version?.resourceType === 'Patient') found.add(`Patient/${version.id}`);
    collect(version, found);
  }
  return [...found];
}

function collect(node: unknown, found: Set<string>): void {
  if (node === null || typeof node !== 'object') return;
  for (const [name, value] of Object.entries(node)) {
    if (name === 'reference' && typeof value === 'string') {
      if (isPatient(value)) found.add(value.split('/_history/')[0]!);
    } else collect(value, found);
  }
}
