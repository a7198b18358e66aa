/** The resources that each step of the set-up stores. */
import { extensionUrl } from '../../../src/fhir/extension.ts';
import { IDNPS, IDNST } from '../../../src/fhir/french/identifiers.ts';
import type { Extension, Resource } from '../../../src/fhir/resource.ts';
import { ask, create, update } from '../../fhir/client.ts';
import { zoneOf } from '../../fhir/place-zone.ts';
import { dayIn } from '../../fhir/zone.ts';
import { extensionsOfUses } from '../../schedule/agenda-kinds.ts';
import { kindsOf, type KindValues, NEW_KIND, writeKind } from '../../schedule/kinds.ts';
import { CLOSED_ON_HOLIDAYS } from '../../schedule/holidays.ts';
import { structureId } from '../../schedule/practice.ts';
import { availabilityExtension, type DayCode } from '../../schedule/availability.ts';
import type { Progress } from './progress.ts';

export interface PlaceValues {
  name: string;
  structure: string;
  phone: string;
  line: string;
  postalCode: string;
  city: string;
}

/** The practice, then its place: after a failure in between, the step is done again. */
export async function writePlace({ practice, organization, place }: Progress, values: PlaceValues): Promise<void> {
  const { name, structure, phone, line, postalCode, city } = values;
  const telecom = phone === '' ? {} : { telecom: [{ system: 'phone', value: phone }] };
  const named: Resource = {
    ...organization,
    resourceType: 'Organization',
    ...(practice === undefined ? {} : { id: practice.split('/')[1]! }),
    // The manager changes it in « Jours fériés ».
    extension: organization?.extension ?? [CLOSED_ON_HOLIDAYS],
    name,
    ...telecom,
    ...(structure === '' ? {} : { identifier: [{ system: IDNST, value: structureId(structure) }] }),
  };
  const { id } = practice === undefined ? await create(named) : await update(named);
  const written: Resource = {
    ...place,
    resourceType: 'Location',
    name,
    ...telecom,
    address: { line: [line], postalCode, city, country: 'FR' },
    extension: [{ url: extensionUrl('timezone'), valueCode: zoneOf(postalCode) }],
    managingOrganization: { reference: `Organization/${id}` },
  };
  await (place === undefined ? create(written) : update(written));
}

export interface PractitionerValues {
  prefix: string;
  family: string;
  given: string;
  rpps: string;
  /** The person in front of the page is this practitioner. */
  isMe: boolean;
}

export async function writePractitioner(progress: Progress, values: PractitionerValues): Promise<void> {
  const { practice, place } = progress;
  const { prefix, family, given, rpps } = values;
  const number = `8${rpps.replaceAll(/\s/g, '')}`;
  const practitioner = await createOnce(
    {
      resourceType: 'Practitioner',
      active: true,
      identifier: [{ use: 'official', system: IDNPS, value: number }],
      name: [{ family, given: [given], ...(prefix === '' ? {} : { prefix: [prefix] }) }],
    },
    `identifier=${IDNPS}|${number}`,
  );
  const reference = `Practitioner/${practitioner.id}`;
  await create({
    resourceType: 'PractitionerRole',
    active: true,
    practitioner: { reference },
    organization: { reference: practice },
    ...(place === undefined ? {} : { location: [{ reference: `Location/${place.id}` }] }),
  });
  if (values.isMe) await grantMyself(practice!, reference);
}

/** A practitioner exists once, whatever was interrupted before. */
async function createOnce(resource: Resource, criterion: string): Promise<Resource> {
  const headers = { 'If-None-Exist': criterion, Prefer: 'return=representation' };
  return (await ask(`/fhir/${resource.resourceType}`, { method: 'POST', body: resource, headers })).json;
}

async function grantMyself(practice: string, practitioner: string): Promise<void> {
  const part = [
    { name: 'role', valueCode: 'practitioner' },
    { name: 'target', valueReference: { reference: practitioner } },
  ];
  const body = { resourceType: 'Parameters', parameter: [{ name: 'right', part }] };
  await ask(`/fhir/${practice}/$grant`, { method: 'POST', body });
}

export interface WeekValues {
  days: DayCode[];
  morningFrom: string;
  morningTo: string;
  afternoonFrom: string;
  afternoonTo: string;
  /** `minutes`: as the field has it, digits. */
  kinds: { name: string; minutes: string }[];
}

/** The kinds enter the catalogue of the practice, for the desk alone until somebody opens them. */
export async function writeWeek(progress: Progress, values: WeekValues): Promise<void> {
  const { practitioner, role, zone } = progress;
  const ranges = [
    [values.morningFrom, values.morningTo],
    [values.afternoonFrom, values.afternoonTo],
  ].filter(([from, to]) => from !== '' && to !== '');
  const hours = ranges.map(([from, to]) =>
    availabilityExtension(
      {
        id: crypto.randomUUID(),
        type: 'free',
        day: dayIn(new Date().toISOString(), zone),
        lastDay: '',
        from: from!,
        to: to!,
        isWeekly: true,
        days: values.days,
        until: '',
        reason: '',
      },
      zone,
    ),
  );
  await create({
    resourceType: 'Schedule',
    active: true,
    actor: [
      ...(practitioner === undefined ? [] : [{ reference: `Practitioner/${practitioner.id}` }]),
      { reference: `PractitionerRole/${role!.id}` },
    ],
    extension: [
      { url: extensionUrl('timezone'), valueCode: zone },
      ...(await kindExtensions(progress, values.kinds)),
      ...hours,
    ],
  });
}

async function kindExtensions({ organization }: Progress, typed: WeekValues['kinds']): Promise<Extension[]> {
  let practice = organization!;
  const used: KindValues[] = [];
  for (const { name, minutes } of typed.filter((kind) => kind.name.trim() !== '')) {
    // After a failure in between, the step is done again.
    const known = kindsOf(practice).find((kind) => kind.name === name.trim());
    const kind = known ?? { ...NEW_KIND, code: crypto.randomUUID(), name: name.trim(), minutes };
    if (known === undefined) practice = await writeKind(practice, kind);
    used.push(kind);
  }
  const uses = used.map(({ code }) => ({ code, isUsed: true, minutes: '', audiences: undefined }));
  return extensionsOfUses(used, uses);
}
