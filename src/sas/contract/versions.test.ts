/** For each version of the guide: the resources that both sides write in it are accepted by its own profiles. */
import { describe, expect, it, test } from 'vitest';
import { IDNPS, IDNST } from '../../fhir/french/identifiers.ts';
import type { Resource } from '../../fhir/resource.ts';
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
  const structure = (value: string): Resource => ({
    resourceType: 'Organization',
    id: 'o',
    identifier: [{ system: IDNST, value }],
    name: 'Structure',
  });
  const location: Resource = {
    resourceType: 'Location',
    id: 'l',
    name: 'Lieu',
    address,
    managingOrganization: { reference: 'Organization/o' },
  };
  const practitioner: Resource = {
    resourceType: 'Practitioner',
    id: 'p',
    identifier: [{ system: IDNPS, value: RPPS }],
    name: [{ family: 'Martin', given: ['Claire'] }],
  };
  const role: Resource = { resourceType: 'PractitionerRole', id: 'r', contained: [location] };
  const slot = {
    ...{ id: 's', start: Date.parse('2026-12-01T09:00:00Z'), end: Date.parse('2026-12-01T09:15:00Z') },
    ...{ visibility: ['PUBLIC'], serviceType: [], specialty: [], appointmentType: 'ROUTINE' },
    ...{ bookingUrl: 'https://a.example/rdv', cpts: [] },
  };
  const page = 'https://a.example/rdv?slot=s';
  const national = { system: IDNPS, value: RPPS };
  const appointment = {
    resourceType: 'Appointment',
    status: 'booked',
    ...{ start: '2026-12-01T10:00:00+01:00', end: '2026-12-01T10:15:00+01:00' },
  };
  const report = (isSos: boolean): Resource | undefined =>
    reportOf(
      contract,
      appointment,
      { identifier: { system: 'urn:oid:1.2.250.1.999.1.1', value: '1' }, operator: national },
      { professionals: isSos ? [] : [national], isSos },
    );
  const account: Resource = {
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

  it('accepts the type of a CPTS identifier of its own version only', () => {
    for (const other of Object.values(CONTRACT)) {
      const cpts = new SasDialect(other, '').cptsOrganization(structure('1580990001'));
      const isSame = other.systems.cptsIdentifierType === contract.systems.cptsIdentifierType;
      expect(profileErrors(contract, cpts, profiles.cptsOrganization).length === 0).toBe(isSame);
    }
  });
});
