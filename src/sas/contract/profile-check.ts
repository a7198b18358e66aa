/** The validator of both sides: a resource against a profile of the contract, and the status of what is wrong. */
import { type Issue, type IssueCode, STATUS } from '../../fhir/issue.ts';
import { profilesWith } from '../../fhir/profile/definitions/all.ts';
import type { SasVersion } from '../../fhir/profile/definitions/sas-names.ts';
import { Validator } from '../../fhir/profile/validate.ts';
import type { Resource } from '../../fhir/resource.ts';
import { Terminology } from '../../fhir/terminology/terminology.ts';
import type { Contract } from './contract.ts';

/** Made when a version is first checked: reading the definitions takes a moment. */
const validators = new Map<SasVersion, Validator>();

/** The errors of a resource against a profile, which is one of `contract.profiles`. */
export function profileErrors({ version }: Contract, resource: Resource, profile: string): Issue[] {
  const validator = validators.get(version) ?? new Validator(profilesWith(version), new Terminology());
  validators.set(version, validator);
  return validator
    .validate(resource, { profiles: [profile], declared: false })
    .filter((issue) => issue.severity === 'error');
}

const MALFORMED: ReadonlySet<IssueCode> = new Set<IssueCode>(['structure', 'required', 'value']);

/** 400 when an element is missing or malformed, 422 when all are well formed and break a rule. Spec: 6.0 */
export function statusOf(errors: readonly Issue[]): number {
  return errors.some((error) => MALFORMED.has(error.code)) ? STATUS.structure : STATUS['business-rule'];
}
