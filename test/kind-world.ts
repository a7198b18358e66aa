/** A server with practices that have kinds of visit, and visitors who book them. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { LoadedAgenda } from '../src/agenda/agendas.ts';
import { freeTimesOfKind, kindWithKey } from '../src/agenda/kinds/kind-times.ts';
import { openRuleServices, type RuleServices } from '../src/agenda/rules/services.ts';
import { readAgendaSettings } from '../src/agenda/settings.ts';
import type { Visitor } from '../src/fhir/french/visit-kind.ts';
import type { Context } from '../src/fhir/interaction.ts';
import { FhirError } from '../src/fhir/issue.ts';
import type { Json } from '../src/fhir/resource.ts';
import { startTestServer, type TestServer, testConfig } from './harness.ts';

export const SYSTEM = 'urn:test:motif';
export const MINUTE = 60_000;
export const DAY = 86_400_000;
const DURATION = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-service-type-duration';
const AVAILABILITY = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time';
/** 08:00 on the day of the tests, in Paris. */
export const EIGHT = Date.parse('2026-11-26T08:00:00+01:00');

export const coding = (code: string, display = code): Json => ({ system: SYSTEM, code, display });
export const part = (url: string, value: Json): Json => {
  if (Array.isArray(value)) return { url, extension: value };
  if (typeof value === 'boolean') return { url, valueBoolean: value };
  return typeof value === 'number' ? { url, valuePositiveInt: value } : { url, valueCode: value };
};
export const entry = (code: string, ...parts: Json[]): Json => ({
  url: 'urn:creneau:fhir:visit-kind',
  extension: [{ url: 'kind', valueCoding: coding(code) }, ...parts],
});
export const audience = (...codes: string[]): Json[] => codes.map((code) => part('audience', code));

export const CATALOGUE = [
  entry('visit', ...audience('everyone', 'patients'), part('buffer', 5), part('newPatients', false)),
  entry('first', ...audience('everyone'), part('limit', [part('perDay', 2)])),
  entry('shot', ...audience('everyone', 'colleagues'), part('places', 3)),
  entry('urgent', ...audience('regulators'), part('limit', [part('horizonDays', 3)])),
];
export const MINUTES = { visit: 15, first: 30, shot: 10, urgent: 15 };

/** An agenda that is open from 08:00 to 11:00 (`morning`) and from 11:00 to 12:00 (`noon`), for urgent visits alone. */
function resourcesOf(id: string, catalogue: Json[], minutes: Record<string, number>): Json[] {
  const free = (name: string, from: string, to: string): Json => ({
    url: AVAILABILITY,
    extension: [
      { url: 'identifier', valueIdentifier: { value: name } },
      { url: 'type', valueCoding: { code: 'free' } },
      { url: 'start', valueDateTime: `2026-11-02T${from}:00+01:00` },
      { url: 'end', valueDateTime: `2026-11-02T${to}:00+01:00` },
      { url: 'rrule', extension: [{ url: 'freq', valueCoding: { code: 'DAILY' } }] },
    ],
  });
  const opening = [
    { url: 'availability', valueString: 'noon' },
    { url: 'kind', valueCoding: coding('urgent') },
  ];
  return [
    { resourceType: 'Organization', id, name: id, ...(catalogue.length > 0 ? { extension: catalogue } : {}) },
    { resourceType: 'Practitioner', id, name: [{ family: id }] },
    {
      resourceType: 'PractitionerRole',
      id,
      practitioner: { reference: `Practitioner/${id}` },
      organization: { reference: `Organization/${id}` },
      extension: Object.entries(minutes).map(([code, value]) => ({
        url: DURATION,
        extension: [
          { url: 'serviceType', valueCodeableConcept: { coding: [coding(code)] } },
          { url: 'duration', valueDuration: { value, code: 'min', system: 'http://unitsofmeasure.org' } },
        ],
      })),
    },
    {
      resourceType: 'Schedule',
      id,
      actor: [{ reference: `PractitionerRole/${id}` }],
      extension: [
        free('morning', '08:00', '11:00'),
        free('noon', '11:00', '12:00'),
        { url: 'urn:creneau:fhir:opening', extension: opening },
      ],
    },
  ];
}

export async function openKindWorld(
  settings: Parameters<typeof startTestServer>[0] = {},
  more: Parameters<typeof startTestServer>[1] = () => [],
): Promise<KindWorld> {
  return new KindWorld(await startTestServer(settings, more), settings);
}

export class KindWorld {
  readonly test: TestServer;
  readonly services: RuleServices;
  private patients = 0;

  constructor(test: TestServer, settings: Parameters<typeof startTestServer>[0]) {
    this.test = test;
    this.services = openRuleServices(
      test.server.database,
      readAgendaSettings({ ...testConfig(undefined), ...settings }),
    );
  }

  async practice(id: string, catalogue: Json[], minutes: Record<string, number>): Promise<LoadedAgenda> {
    await this.put(...resourcesOf(id, catalogue, minutes));
    return this.load(id);
  }

  async put(...resources: Json[]): Promise<void> {
    for (const resource of resources) {
      const { status, text } = await this.test.request('PUT', `${resource.resourceType}/${resource.id}`, resource);
      expect([status < 300, text.slice(0, 300)]).toEqual([true, expect.anything()]);
    }
  }

  async load(id: string): Promise<LoadedAgenda> {
    const { agendas } = this.services;
    const [loaded] = await agendas.load(await agendas.stored.rows([id]));
    return loaded!;
  }

  contextOf(visitor: Visitor): Context {
    const { clock, base } = this.test;
    return {
      ...{ now: clock.now, requestId: 'test', caller: 'page', roles: ['*'], strict: false, base },
      ...(visitor.as === 'desk' ? {} : { visitor }),
    };
  }

  /** `undefined` if it was booked; otherwise the refusal. `codes`: the kinds that it names. */
  async refusal(
    loaded: LoadedAgenda,
    codes: readonly string[],
    visitor: Visitor,
    start: number,
    minutes: number,
    more: Json = {},
  ): Promise<FhirError | undefined> {
    const patient = `p${this.patients++}`;
    await this.put({ resourceType: 'Patient', id: patient, name: [{ family: patient }] });
    const appointment: Json = {
      resourceType: 'Appointment',
      identifier: [{ system: 'urn:test', value: randomUUID() }],
      status: 'booked',
      ...(codes.length === 0 ? {} : { serviceType: codes.map((code) => ({ coding: [coding(code)] })) }),
      start: new Date(start).toISOString(),
      end: new Date(start + minutes * MINUTE).toISOString(),
      participant: [...loaded.actors, `Patient/${patient}`].map((reference) => ({
        actor: { reference },
        status: 'accepted',
      })),
      ...more,
    };
    try {
      await this.test.server.backend.create(this.contextOf(visitor), appointment as never);
      return undefined;
    } catch (error) {
      if (error instanceof FhirError) return error;
      throw error;
    }
  }

  /** The code of the refusal; `undefined` if it was booked. */
  async book(
    loaded: LoadedAgenda,
    code: string | undefined,
    visitor: Visitor,
    start: number,
    minutes: number,
  ): Promise<string | undefined> {
    return (await this.refusal(loaded, code === undefined ? [] : [code], visitor, start, minutes))?.code;
  }

  /** The starts on the day of the tests. */
  async listed({ schedule }: LoadedAgenda, code: string, visitor: Visitor): Promise<number[]> {
    const fresh = await this.load(schedule);
    const kind = kindWithKey(fresh, `${SYSTEM}|${code}`)!;
    const window = { start: EIGHT - 8 * 60 * MINUTE, end: EIGHT + 16 * 60 * MINUTE };
    const found = await freeTimesOfKind(this.services, fresh, kind, visitor, window, this.test.clock.now);
    return found.map(({ start }) => start);
  }
}

/** `08:00`, in Paris. */
export const clockOf = (start: number): string => new Date(start + 60 * MINUTE).toISOString().slice(11, 16);
