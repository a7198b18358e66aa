/** For each version of the guide: the resources that both sides write in it are accepted by its own profiles. */
import { describe, expect, it, test } from 'vitest';
import { IDNPS, IDNST } from '../../fhir/french/identifiers.ts';
import type { Json, Resource } from '../../fhir/resource.ts';
import type { Appointment, Location, Organization, Practitioner, PractitionerRole } from '../../fhir/resources.ts';
import { reportOf } from '../editor/reports/appointment-report.ts';
import { SasDialect } from '../editor/search/dialect.ts';
import { accountSent } from '../platform/reports/regulator.ts';
import { CONTRACT, type Contract } from './contract.ts';
import { profileErrors } from './profile-check.ts';

const RPPS = '810000000001';

describe.each(Object.values(CONTRACT))('version $version', (contract: Contract) => {
  const dialect = new SasDialect(contract, 'urn:oid:1.2.250.1.999.1.1');
  const { profiles } = contract;
  const address = { line: ['1 rue Haute'], city: 'Val-de-Brume', postalCode: '58990' };
  const structure = (value: string): Organization => ({
    resourceType: 'Organization',
    id: 'o',
    identifier: [{ system: IDNST, value }],
    name: 'Structure',
  });
  const location: Location = {
    resourceType: 'Location',
    id: 'l',
    name: 'Lieu',
    address,
    managingOrganization: { reference: 'Organization/o' },
  };
  const practitioner: Practitioner = {
    resourceType: 'Practitioner',
    id: 'p',
    identifier: [{ system: IDNPS, value: RPPS }],
    name: [{ family: 'Martin', given: ['Claire'] }],
  };
  const role: PractitionerRole = { resourceType: 'PractitionerRole', id: 'r', contained: [location] };
  const slot = {
    ...{ id: 's', start: Date.parse('2026-12-01T09:00:00Z'), end: Date.parse('2026-12-01T09:15:00Z') },
    ...{ visibility: ['PUBLIC'], serviceType: [], specialty: [], appointmentType: 'ROUTINE' },
    ...{ bookingUrl: 'https://a.example/rdv', cpts: [] },
  };
  const page = 'https://a.example/rdv?slot=s';
  const national = { system: IDNPS, value: RPPS };
  const appointment: Appointment = {
    resourceType: 'Appointment',
    participant: [],
    status: 'booked',
    ...{ start: '2026-12-01T10:00:00+01:00', end: '2026-12-01T10:15:00+01:00' },
  };
  const report = (isSos: boolean, booked: Appointment = appointment): Resource | undefined =>
    reportOf(
      contract,
      booked,
      { identifier: { system: 'urn:oid:1.2.250.1.999.1.1', value: '1' }, operator: national },
      { professionals: isSos ? [] : [national], isSos },
    );
  const account: Practitioner = {
    resourceType: 'Practitioner',
    active: true,
    identifier: [{ type: { coding: [{ system: contract.systems.identifierType, code: 'IDNPS' }] }, ...national }],
    name: [{ family: 'Lemaire', given: ['Inès'] }],
    telecom: [{ system: 'email', value: 'ines.lemaire@samu.example' }],
  };

  test.each<[string, Resource | undefined, string]>([
    ['slots', dialect.slot(slot, 'PS', 'a', page), profiles.slot.PS],
    ['slots of CPTS', dialect.slot(slot, 'CPTS', 'a', page), profiles.slot.CPTS],
    ['slots of SOS Médecins', dialect.slot(slot, 'SOS', 'a', page), profiles.slot.SOS],
    ['agendas', dialect.schedule('a', 'PS', ['Practitioner/p']), profiles.schedule.PS],
    ['agendas of SOS Médecins', dialect.schedule('a', 'SOS', ['Location/l']), profiles.schedule.SOS],
    ['practitioners', dialect.practitioner(practitioner, new Set()), profiles.practitioner],
    ['roles', dialect.practitionerRole(role, 'Practitioner/p', undefined, undefined), profiles.practitionerRole],
    ['CPTS', dialect.cptsOrganization(structure('1580990001')), profiles.cptsOrganization],
    ['SOS Médecins', dialect.sosOrganization(structure('358099000100017'), new Set()), profiles.sosOrganization],
    ['places of SOS Médecins', dialect.sosLocation(location), profiles.sosLocation],
    ['appointments', report(false), profiles.appointment],
    ['appointments of SOS Médecins', report(true), profiles.sosAppointment],
    ['accounts', accountSent(contract, account), profiles.account],
  ])('writes %s that its profile accepts', (_, resource, profile) => {
    expect(resource?.meta?.profile).toEqual([profile]);
    expect(profileErrors(contract, resource!, profile)).toEqual([]);
  });

  it('writes CPTS that the profile of every version accepts', () => {
    const cpts = dialect.cptsOrganization(structure('1580990001'));
    for (const other of Object.values(CONTRACT))
      expect(profileErrors(other, cpts, profiles.cptsOrganization)).toEqual([]);
  });

  it.each(['001', '002', '003', '604', '603', '124'])('reports the orientation %s if it defines it', (code) => {
    const orientationCategory = CONTRACT['1.2.0'].extensions.orientationCategory!;
    const system = /^00/.test(code)
      ? 'https://interop.esante.gouv.fr/ig/fhir/sas/CodeSystem/categorie-orientation-sas-codesystem'
      : 'https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement';
    const concept = {
      coding: [
        { system: 'urn:x', code: '9' },
        { system, code, display: 'Étiquette' },
      ],
      text: 'Libre',
    };
    const oriented: Appointment = {
      ...appointment,
      extension: [{ url: orientationCategory, valueCodeableConcept: concept }],
    };
    const written = (isSos: boolean): Json => report(isSos, oriented)?.extension?.slice(1);
    const known = { url: orientationCategory, valueCodeableConcept: { coding: [{ system, code }] } };
    expect(written(false)).toEqual(contract.version === '1.1.0' ? [] : [known]);
    // Trap C5.
    expect(written(true)).toEqual([]);
    expect(profileErrors(contract, report(false, oriented)!, profiles.appointment)).toEqual([]);
  });
});
