/**
 * An account that the platform sends, checked and put into the form in which it is kept. Every fault is reported with
 * its place; nothing is filled in that was not sent. 400: malformed or missing; 422: against a rule. Spec: 1.10, 6.4,
 * traps C16 and U1.
 */
import { IDNPS, IDNST } from '../../../fhir/french/identifiers.ts';
import { errorOf, type Issue, issue } from '../../../fhir/issue.ts';
import type { ContactPoint, HumanName, Identifier, Resource } from '../../../fhir/resource.ts';
import { checkStructure } from '../../../fhir/structure.ts';
import { isType, list, type Practitioner } from '../../../fhir/resources.ts';
import type { Contract } from '../../contract/contract.ts';
import { profileErrors } from '../../contract/profile-check.ts';
import { ACCOUNT_SYSTEMS, accountIdentifier } from './account.ts';

/** The names under which the code system of identifier types is met (trap I7). */
const TYPE_SYSTEM = /(^|[/-])v2-0203$/;

const ADDRESS = /^[^\s@<>]+@[^\s@<>]+$/;

/** The account as it is stored. Throws every fault at once; the gravest decides the status. */
export function checkAccount(contract: Contract, sent: Resource): Practitioner {
  const { profiles, systems } = contract;
  const shape = checkStructure(sent).filter(({ severity }) => severity === 'error' || severity === 'fatal');
  if (!isType(sent, 'Practitioner')) {
    shape.unshift(
      issue('error', 'invalid', 'An account is a Practitioner', {
        expression: 'resourceType',
        text: 'Un compte régulateur est une ressource Practitioner.',
      }),
    );
    throw errorOf(shape, 400);
  }
  if (shape.length > 0) throw errorOf(shape, 400);
  const faults = [
    ...identifierFaults(sent, systems.platform),
    ...activeFaults(sent),
    ...nameFaults(sent),
    ...telecomFaults(sent),
  ];
  const malformed = faults.filter(({ code }) => code === 'required' || code === 'value');
  if (faults.length > 0) throw errorOf([...malformed, ...faults.filter((fault) => !malformed.includes(fault))]);
  const { id: _, meta, text: _text, ...rest } = sent;
  // Foreign `meta.profile` and `meta.source` are dropped silently; so is `text`, which would keep showing the old name.
  const source = meta?.['source'] === systems.platform ? { source: systems.platform } : {};
  const account: Practitioner = {
    ...rest,
    meta: { ...source, profile: [profiles.account] },
    identifier: list(sent.identifier).map((identifier) => withCanonicalType(contract, identifier)),
    name: list(sent.name).map(withOneGiven),
    telecom: list(sent.telecom).map((telecom) => ({ ...telecom, value: String(telecom.value).trim() })),
  };
  // The rules above have refused everything malformed: what the profile still finds breaks a rule.
  const errors = profileErrors(contract, account, profiles.account);
  if (errors.length > 0) throw errorOf(errors, 422);
  return account;
}

/** The type that an identifier of this system must have; `undefined` for other systems. */
function typeOf(system: string, platform: string): string | undefined {
  if (system === IDNPS) return 'IDNPS';
  return system === platform ? 'INTRN' : undefined;
}

/** The type under the name that the profile has for its code system, whichever of its names was sent (trap I7). */
function withCanonicalType({ systems }: Contract, identifier: Identifier): Identifier {
  const code = typeOf(identifier.system!, systems.platform);
  return code === undefined
    ? identifier
    : { ...identifier, type: { coding: [{ system: systems.identifierType, code }] } };
}

function identifierFaults({ identifier }: Practitioner, platform: string): Issue[] {
  const identifiers = list(identifier);
  if (identifiers.length === 0) return [missing('Practitioner.identifier', "l'identifiant du régulateur")];
  const faults = identifiers.flatMap((given, i) =>
    faultsOfIdentifier(given, `Practitioner.identifier[${i}]`, platform),
  );
  const isKeyed = identifiers.some((given) => ACCOUNT_SYSTEMS.includes(accountIdentifier(given).system));
  if (faults.length > 0 || isKeyed) return faults;
  return [
    issue('error', 'business-rule', `No identifier is national (${IDNPS}) or of the platform (${platform})`, {
      expression: 'Practitioner.identifier',
      text: "Le compte doit porter un identifiant national (IDNPS) ou l'identifiant technique du SAS (INTRN).",
    }),
  ];
}

function faultsOfIdentifier({ system, value, type }: Identifier, place: string, platform: string): Issue[] {
  const faults: Issue[] = [];
  if (isBlank(system)) faults.push(missing(`${place}.system`, "le système de l'identifiant"));
  if (isBlank(value)) faults.push(missing(`${place}.value`, "la valeur de l'identifiant"));
  if (type === undefined) faults.push(missing(`${place}.type`, "le type de l'identifiant"));
  if (faults.length > 0) return faults;
  const codes = list(type!.coding)
    .filter((coding) => coding.system === undefined || TYPE_SYSTEM.test(coding.system))
    .map((coding) => coding.code ?? '');
  if (doAgree(codes, system!, platform)) return [];
  return [
    issue(
      'error',
      'code-invalid',
      `${place}: type and system do not agree: IDNPS is of ${IDNPS}, INTRN of ${platform}`,
      {
        expression: `${place}.type`,
        text:
          "Le type et le système de l'identifiant ne s'accordent pas " +
          '(IDNPS : identifiant national ; INTRN : identifiant technique du SAS).',
      },
    ),
  ];
}

/** The codes of an identifier's type and its system name the same kind of identifier. */
function doAgree(codes: readonly string[], system: string, platform: string): boolean {
  const wanted = typeOf(system, platform);
  if (wanted !== undefined && !codes.includes(wanted)) return false;
  // An IDNPS may be under the system of structures: the guide's own example has it there.
  if (codes.includes('IDNPS') && system !== IDNPS && system !== IDNST) return false;
  return !codes.includes('INTRN') || system === platform;
}

function activeFaults({ active }: Practitioner): Issue[] {
  return typeof active === 'boolean'
    ? []
    : [missing('Practitioner.active', "l'état du compte (active : true ou false)")];
}

function nameFaults(sent: Practitioner): Issue[] {
  const names = list(sent.name);
  if (names.length === 0) return [missing('Practitioner.name', 'le nom du régulateur')];
  return names.flatMap((name, i) => [
    ...(isBlank(name.family) ? [missing(`Practitioner.name[${i}].family`, 'le nom de famille')] : []),
    ...(givenOf(name) === '' ? [missing(`Practitioner.name[${i}].given`, 'le prénom')] : []),
  ]);
}

function telecomFaults(sent: Practitioner): Issue[] {
  const telecoms = list(sent.telecom);
  if (telecoms.length === 0) return [missing('Practitioner.telecom', "l'adresse e-mail")];
  return telecoms.flatMap((telecom, i) => faultOfTelecom(telecom, `Practitioner.telecom[${i}]`) ?? []);
}

function faultOfTelecom({ system, value }: ContactPoint, place: string): Issue | undefined {
  if (system === undefined) return missing(`${place}.system`, 'le type de contact (email)');
  if (system !== 'email')
    return issue('error', 'code-invalid', `${place}.system is "${system}": an account has e-mails only`, {
      expression: `${place}.system`,
      text: "Un compte régulateur n'a que des adresses e-mail (telecom.system : email).",
    });
  if (isBlank(value)) return missing(`${place}.value`, "l'adresse e-mail");
  if (ADDRESS.test(String(value).trim())) return undefined;
  return issue('error', 'value', `${place}.value is not an e-mail address`, {
    expression: `${place}.value`,
    text: "L'adresse e-mail n'a pas la forme d'une adresse.",
  });
}

function missing(place: string, french: string): Issue {
  return issue('error', 'required', `${place} is missing: it is mandatory`, {
    expression: place,
    text: `Il manque ${french} : cet élément est obligatoire.`,
  });
}

function isBlank(value: string | undefined): boolean {
  return typeof value !== 'string' || value.trim() === '';
}

/** FHIR has `null` in a list where an extension stands instead of a value. */
function givenOf({ given = [] }: HumanName): string {
  return (given as readonly (string | null)[])
    .map((name) => name?.trim() ?? '')
    .filter(Boolean)
    .join(' ');
}

/** The profile has room for one given name (trap C16); extensions of several given names have no place then. */
function withOneGiven(name: HumanName): HumanName {
  const { _given, ...rest } = name;
  const isKept = name.given?.length === 1 && _given !== undefined;
  return { ...rest, given: [givenOf(name)], ...(isKept ? { _given } : {}) };
}
