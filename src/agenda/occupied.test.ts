/** The resources that the appointments of an agenda occupy. ADR 0022 */
import { expect, it } from 'vitest';
import { parseAnyResource, parseResource } from '../fhir/json.ts';
import { isExclusive, occupied } from './occupied.ts';

const place = (id: string, ...kinds: string[]): object => ({
  ...{ resourceType: 'Location', id },
  ...(kinds.length === 0 ? {} : { physicalType: { coding: kinds.map((code) => ({ code })) } }),
});
const role = (id: string, of?: string): object => ({
  ...{ resourceType: 'PractitionerRole', id },
  ...(of === undefined ? {} : { practitioner: { reference: of } }),
});
const plain = (resourceType: string, id: string): object => ({ resourceType, id });

it.each<[string, object[], string]>([
  ['nobody', [], ''],
  [
    'professionals, in order',
    [plain('Practitioner', 'q'), plain('Practitioner', 'p')],
    'Practitioner/p Practitioner/q',
  ],
  ['the professional of a role', [role('r', 'Practitioner/p')], 'Practitioner/p'],
  [
    'a professional and a role of his, once',
    [role('r', 'Practitioner/p'), plain('Practitioner', 'p')],
    'Practitioner/p',
  ],
  ['the professional of a role elsewhere', [role('r', 'https://x.example/Practitioner/p')], ''],
  ['nobody of a role', [role('r')], ''],
  ['a device', [plain('Device', 'd')], 'Device/d'],
  ['a room', [place('l', 'ro')], 'Location/l'],
  [
    'a bed, a vehicle, a cabinet',
    [place('b', 'bd'), place('v', 've'), place('c', 'ca')],
    'Location/b Location/c Location/v',
  ],
  ['a building', [place('l', 'bu')], ''],
  ['a building with one room', [place('l', 'bu', 'ro')], 'Location/l'],
  ['a place without a kind, alone', [place('l')], 'Location/l'],
  ['a place without a kind, with somebody', [place('l'), plain('Practitioner', 'p')], 'Practitioner/p'],
  [
    'services, patients and relatives',
    [plain('HealthcareService', 'h'), plain('Patient', 'a'), plain('RelatedPerson', 'r')],
    '',
  ],
])('%s', (_what, actors, keys) => {
  const resources = actors.map((actor) => parseAnyResource(JSON.stringify(actor)));
  const schedule = { resourceType: 'Schedule', id: 's', actor: [] };
  const of = (more: object): string =>
    occupied(parseResource('Schedule', JSON.stringify({ ...schedule, ...more })), resources).join(' ');
  expect(of({})).toBe(['Schedule/s', ...keys.split(' ')].filter(Boolean).join(' '));
  const ofTeam = keys.split(' ').filter((key) => key !== '' && !key.startsWith('Practitioner/'));
  const team = { extension: [{ url: 'urn:creneau:fhir:team', valuePositiveInt: 2 }] };
  expect(of(team)).toBe(['Schedule/s', ...ofTeam].join(' '));
});

it.each<[string[], boolean]>([
  [[], true],
  [['Practitioner/p'], true],
  [['Patient/a'], false],
  [['RelatedPerson/r'], false],
  [['Patient/a', 'RelatedPerson/r'], false],
  [['Patient/a', 'Practitioner/p'], true],
])('taken time refuses others on an agenda of %j: %s', (actors, isTrue) =>
  expect(isExclusive({ actors })).toBe(isTrue),
);
