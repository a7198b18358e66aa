/** The specialties that a caller can name. The register spreads general practitioners over three codes. */
import { CODE_SYSTEMS, TRE_R38 } from '../../../src/fhir/terminology/core.ts';
import { t } from '../../ui/texts.ts';

/** Codes that mean the same to whoever looks for a doctor; the first stands for all of them. */
const SAME: readonly (readonly string[])[] = [['SM54', 'SM26', 'SM53']];

/** Every code that this one stands for. */
export function sameSpecialties(code: string): readonly string[] {
  return SAME.find((codes) => codes.includes(code)) ?? [code];
}

/** The code that stands for this one in the list. */
export function listedSpecialty(code: string): string {
  return sameSpecialties(code)[0]!;
}

/** In the order of their names. */
export function specialtyChoices(): { value: string; label: string }[] {
  return [...CODE_SYSTEMS.find((system) => system.url === TRE_R38)!.concepts.values()]
    .filter(({ code }) => listedSpecialty(code) === code)
    .map(({ code, display }) => ({
      value: code,
      label: sameSpecialties(code).length > 1 ? t('search.generalist') : (display ?? code),
    }))
    .sort((a, b) => a.label.localeCompare(b.label, 'fr'));
}
