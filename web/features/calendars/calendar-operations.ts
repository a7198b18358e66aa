/** The operations of the server about the calendars of an agenda. */
import type { OperationOutcome, Parameter, Parameters } from '../../../src/fhir/foundation.ts';
import { asType, list } from '../../../src/fhir/resources.ts';
import { ask } from '../../fhir/client.ts';
import { parametersNamed, parameterValue, partsNamed, partValue } from '../../fhir/parameters.ts';
import type { Json } from '../../../src/fhir/resource.ts';

export interface CalendarSource {
  id: string;
  isFollowed: boolean;
  /** In part: the whole address is a secret. */
  address: string | undefined;
  /** Instants. */
  readAt: string | undefined;
  nextAt: string | undefined;
  failures: number;
  /** Of the last reading; of a failed one, the reason. */
  outcome: string | undefined;
  remarks: Remark[];
}

export interface Remark {
  isLoss: boolean;
  text: string;
}

export async function calendarSources(agenda: string, signal: AbortSignal): Promise<CalendarSource[]> {
  const { json } = await ask(`/fhir/Schedule/${agenda}/$calendar-sources`, { signal });
  return parametersNamed(json, 'source').map(sourceIn);
}

function sourceIn(part: Parameter): CalendarSource {
  const outcome = asType(partsNamed(part, 'issues')[0]?.resource, 'OperationOutcome');
  return {
    id: partValue(part, 'id'),
    isFollowed: partValue(part, 'followed') === true,
    address: partValue(part, 'address'),
    readAt: partValue(part, 'last-read'),
    nextAt: partValue(part, 'next'),
    failures: partValue(part, 'failures') ?? 0,
    outcome: partValue(part, 'outcome'),
    remarks: remarksOf(outcome).slice(1),
  };
}

/** The first one counts what was read. */
function remarksOf(outcome: OperationOutcome | undefined): Remark[] {
  return list(outcome?.issue).map(({ severity, details, diagnostics = '' }) => ({
    isLoss: severity !== 'information',
    text: details?.text ?? diagnostics,
  }));
}

type Value = { name: string; [value: string]: unknown };

async function call(agenda: string, operation: string, ...parameter: Value[]): Promise<Json> {
  const body = { resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) };
  return (await ask(`/fhir/Schedule/${agenda}/$${operation}`, { method: 'POST', body })).json;
}

export async function followCalendar(agenda: string, url: string, minutes: number): Promise<Remark[]> {
  const interval = { name: 'interval', valueInteger: minutes };
  return remarksOf(await call(agenda, 'import-ical', { name: 'url', valueUrl: url }, interval));
}

export function stopCalendar(agenda: string, source: string): Promise<unknown> {
  const stop = { name: 'stop', valueBoolean: true };
  return call(agenda, 'import-ical', { name: 'source', valueString: source }, stop);
}

export async function importCalendar(agenda: string, file: File): Promise<Remark[]> {
  const reply = await ask(`/fhir/Schedule/${agenda}/$import-ical`, {
    method: 'POST',
    body: await file.text(),
    headers: { 'Content-Type': 'text/calendar; charset=utf-8' },
  });
  return remarksOf(reply.json);
}

export interface Device {
  url: string;
  username: string;
  password: string;
}

/** The password is known to nobody else from now on. */
export async function addDevice(agenda: string, label: string, withNames: boolean): Promise<Device> {
  const names = { name: 'patient-names', valueBoolean: withNames };
  const own = label === '' ? [] : [{ name: 'label', valueString: label }];
  const answer: Parameters = await call(agenda, 'calendar-device', names, ...own);
  return {
    url: parameterValue(answer, 'url'),
    username: parameterValue(answer, 'username'),
    password: parameterValue(answer, 'password'),
  };
}

export interface ListedDevice {
  username: string;
  label: string | undefined;
  /** The person or program that it acts for. */
  holder: string;
  showsNames: boolean;
  createdAt: string;
}

export async function listedDevices(agenda: string, signal: AbortSignal): Promise<ListedDevice[]> {
  const { json } = await ask(`/fhir/Schedule/${agenda}/$calendar-devices`, { signal });
  return parametersNamed(json, 'device').map((part) => ({
    username: partValue(part, 'username'),
    label: partValue(part, 'label'),
    holder: partValue(part, 'holder'),
    showsNames: partValue(part, 'patient-names') === true,
    createdAt: partValue(part, 'created'),
  }));
}

export function revokeDevice(agenda: string, username: string): Promise<unknown> {
  return call(agenda, 'calendar-device-revoke', { name: 'username', valueString: username });
}

/** The setting of the person who is logged in. */
export interface ClosureMailSetting {
  isActive: boolean;
  /** An address is known, and this server sends mail. */
  isPossible: boolean;
}

/** `active`: changes it. */
export async function closureMail(active?: boolean): Promise<ClosureMailSetting> {
  const parameter = active === undefined ? {} : { parameter: [{ name: 'active', valueBoolean: active }] };
  const body = { resourceType: 'Parameters', ...parameter };
  const { json } = await ask('/fhir/$closure-mail', { method: 'POST', body });
  return {
    isActive: parameterValue(json, 'active') === true,
    isPossible: parameterValue(json, 'possible') === true,
  };
}
