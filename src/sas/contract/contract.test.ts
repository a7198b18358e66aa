/** The contract of the SAS: identifiers in one form, profiles and orientation in any version, the 400/422 rule. */
import { describe, expect, it, test } from 'vitest';
import { IDNPS, IDNST } from '../../fhir/french/identifiers.ts';
import { issue, type IssueCode } from '../../fhir/issue.ts';
import type { Identifier, Resource } from '../../fhir/resource.ts';
import { orientationOf } from './appointment.ts';
import { canonicalSystem } from './code-system.ts';
import { CURRENT } from './contract.ts';
import { nationalIdentifier, nationalToken, sasIdentifier } from './identifier.ts';
import { isAccount, isSosAppointment } from './profile.ts';
import { statusOf } from './profile-check.ts';

const RPPS = '810000000001';
const FINESS = '1330000000';

describe('an identifier', () => {
  test.each<[string, Identifier, string]>([
    ['with its prefix', { system: IDNPS, value: RPPS }, `${IDNPS}|${RPPS}`],
    ['without its prefix', { system: IDNPS, value: RPPS.slice(1) }, `${IDNPS}|${RPPS}`],
    ['with blanks', { system: IDNPS, value: ` ${RPPS} ` }, `${IDNPS}|${RPPS}`],
    ['of FR Core 2', { system: 'https://rpps.esante.gouv.fr', value: RPPS.slice(1) }, `${IDNPS}|${RPPS}`],
    ['of a structure', { system: 'https://finess.esante.gouv.fr', value: FINESS.slice(1) }, `${IDNST}|${FINESS}`],
    ['of an unknown form', { system: IDNPS, value: '3456780581/1' }, `${IDNPS}|3456780581/1`],
  ])('%s has one written form and one token', (_, identifier, token) => {
    const { system, value } = sasIdentifier(identifier);
    expect(`${system}|${value}`).toBe(token);
    expect(nationalToken(identifier)).toBe(token);
  });

  it('without a system has a token by its form, but is not a national identifier', () => {
    expect(nationalToken({ value: RPPS })).toBe(`${IDNPS}|${RPPS}`);
    expect(nationalToken({ value: '333000000000017' })).toBe(`${IDNST}|333000000000017`);
    expect(nationalToken({ value: 'x' })).toBe(`${IDNPS}|x`);
    expect(nationalIdentifier({ value: RPPS }, IDNPS)).toBeUndefined();
  });

  it('of another system stays as it is, and has no token', () => {
    expect(sasIdentifier({ system: 'urn:x', value: '1' })).toEqual({ system: 'urn:x', value: '1' });
    expect(nationalToken({ system: 'urn:x', value: '1' })).toBeUndefined();
    expect(nationalToken({ system: IDNPS })).toBeUndefined();
  });

  it('is national for its own system only', () => {
    expect(nationalIdentifier({ system: IDNPS, value: RPPS.slice(1) }, IDNPS)).toEqual({ system: IDNPS, value: RPPS });
    expect(nationalIdentifier({ system: IDNPS, value: RPPS }, IDNST)).toBeUndefined();
    expect(nationalIdentifier(undefined, IDNPS)).toBeUndefined();
  });
});

test.each([
  [
    'http://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale',
    'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale',
  ],
  [
    'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale/',
    'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale',
  ],
  ['urn:x/', 'urn:x'],
])('the code system %s has one name', (written, name) => {
  expect(canonicalSystem(written)).toBe(name);
});

describe('a profile', () => {
  const practitioner = (url: string): Resource => ({ resourceType: 'Practitioner', meta: { profile: [url] } });

  it('is recognised with and without a version', () => {
    const { account, sosAppointment } = CURRENT.profiles;
    expect(isAccount(practitioner(account))).toBe(true);
    expect(isAccount(practitioner(`${account}|1.2.0`))).toBe(true);
    expect(isAccount(practitioner(CURRENT.profiles.practitioner))).toBe(false);
    expect(isAccount({ ...practitioner(account), resourceType: 'Patient' })).toBe(false);
    expect(isAccount(undefined)).toBe(false);
    expect(isSosAppointment({ resourceType: 'Appointment', meta: { profile: [sosAppointment] } })).toBe(true);
    expect(isSosAppointment({ resourceType: 'Appointment' })).toBe(false);
  });
});

describe('the orientation of an appointment', () => {
  const appointment: Resource = { resourceType: 'Appointment' };

  test.each([
    ['001', 'PS'],
    ['002', 'PDM'],
    ['003', 'SOS'],
    ['604', 'CPTS'],
    ['603', 'MSP'],
    ['124', 'CDS'],
    ['999', undefined],
  ])('with code %s is %s', (code, category) => {
    const url = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-categorie-orientation';
    const extension = [{ url, valueCodeableConcept: { coding: [{ code }] } }];
    expect(orientationOf({ ...appointment, extension })).toBe(category);
  });

  it('without the extension is SOS by the profile of SOS Médecins', () => {
    const meta = { profile: [CURRENT.profiles.sosAppointment] };
    expect(orientationOf({ ...appointment, meta })).toBe('SOS');
    expect(orientationOf(appointment)).toBeUndefined();
  });
});

test.each<[IssueCode[], number]>([
  [['business-rule'], 422],
  [['code-invalid', 'invariant'], 422],
  [['code-invalid', 'required'], 400],
  [['structure'], 400],
  [['value', 'business-rule'], 400],
])('errors %j have the status %i', (codes, status) => {
  expect(statusOf(codes.map((code) => issue('error', code, '')))).toBe(status);
});
