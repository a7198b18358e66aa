/**
 * The agreement of the two sides of the SAS, by version of the guide: names, limits, codes. Code that writes takes a
 * `Contract` and speaks its version; code that reads understands all versions. Spec: 1.6 to 1.10, 4.2, 6.0, 6.1
 */
import { SAS_NAMES, SAS_VERSION, type SasNames, type SasVersion } from '../../fhir/profile/definitions/sas-names.ts';

/** PS: individual practitioners (INT_R01); CPTS: INT_R04; SOS: SOS Médecins. */
export const SEARCH_KINDS = ['PS', 'CPTS', 'SOS'] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

/** How a patient was oriented, in the words of the dispatch software. */
export const ORIENTATION_CATEGORIES = ['PS', 'SOS', 'PDM', 'CPTS', 'CDS', 'MSP'] as const;
export type OrientationCategory = (typeof ORIENTATION_CATEGORIES)[number];

interface ContractLimits {
  /** Identifiers of one search. */
  identifiers: number;
  /** The platform waits this long for an answer, and an editor for the platform. */
  deadlineMs: number;
  /** Days of a search: from now to the end of the last one. */
  searchDays: number;
}

export interface Contract extends SasNames {
  version: SasVersion;
  limits: ContractLimits;
  /** The visibility codes (TRE_R314) that each search may show; other codes never leave by it (trap I13). */
  visibility: Readonly<Record<SearchKind, ReadonlySet<string>>>;
  /** The consultation modes (ActCode) that each search may show. */
  modes: Readonly<Record<SearchKind, ReadonlySet<string>>>;
  /** Codes of the extension `orientationCategory`; empty before 1.2.0, which defines it. */
  orientationCategories: Readonly<Record<string, OrientationCategory>>;
}

/** The same in every version. */
export const LIMITS: ContractLimits = { identifiers: 25, deadlineMs: 7000, searchDays: 3 };

const VISIBILITY: Contract['visibility'] = {
  PS: new Set(['PUBLIC', 'PRO', 'SNP']),
  CPTS: new Set(['PUBLIC', 'PRO', 'SNP', 'CPTS']),
  SOS: new Set(['PUBLIC', 'SNP']),
};

const MODES = ['AMB', 'HH', 'VR'];
/** Individual practitioners and CPTS may show any kind of encounter, SOS Médecins the three modes. */
const ENCOUNTERS = new Set([...MODES, 'EMER', 'FLD', 'IMP', 'ACUTE', 'NONAC', 'OBSENC', 'PRENC', 'SS']);
const SHOWN_MODES: Contract['modes'] = { PS: ENCOUNTERS, CPTS: ENCOUNTERS, SOS: new Set(MODES) };

export const CONTRACT: Readonly<Record<SasVersion, Contract>> = {
  '1.1.0': {
    version: '1.1.0',
    ...SAS_NAMES['1.1.0'],
    limits: LIMITS,
    visibility: VISIBILITY,
    modes: SHOWN_MODES,
    orientationCategories: {},
  },
  '1.2.0': {
    version: '1.2.0',
    ...SAS_NAMES['1.2.0'],
    limits: LIMITS,
    visibility: VISIBILITY,
    modes: SHOWN_MODES,
    orientationCategories: { '001': 'PS', '002': 'PDM', '003': 'SOS', 604: 'CPTS', 603: 'MSP', 124: 'CDS' },
  },
};

/** The version that servers speak unless a setting says otherwise. */
export const CURRENT: Contract = CONTRACT[SAS_VERSION];

/** For readers: what each version calls something, each once. */
export function inAnyVersion<T>(pick: (contract: Contract) => T): ReadonlySet<T> {
  return new Set(Object.values(CONTRACT).map(pick));
}
