/** Why somebody may not take a time for a kind of visit, for the engineer and for the person at the screen. */
import type { KindReason } from '../../scheduling/kind-limits.ts';

export const KIND_WORDS: Readonly<Record<KindReason, { english: string; french: string }>> = {
  audience: {
    english: 'this kind of visit is not open to this visitor',
    french: 'Ce motif ne se réserve pas ainsi : appelez le cabinet.',
  },
  'known-only': {
    english: 'this kind of visit takes patients of the practice only',
    french: 'Ces horaires sont réservés aux patients déjà suivis par le cabinet.',
  },
  approval: {
    english: 'the practice answers requests for this kind of visit before they are booked',
    french: 'Ce motif se demande : le cabinet confirme le rendez-vous.',
  },
  age: { english: 'the patient is not of the age for it', french: "Ce motif n'est pas prévu pour l'âge du patient." },
  past: { english: 'the time has passed', french: 'Cet horaire est passé.' },
  'same-day': {
    english: 'it is not booked for the same day',
    french: 'Ce motif ne se réserve pas pour le jour même.',
  },
  notice: { english: 'it is too late to book it', french: 'Il est trop tard pour réserver cet horaire.' },
  horizon: { english: 'it is too early to book it', french: "Cet horaire n'est pas encore ouvert à la réservation." },
  'not-released': {
    english: 'its week is not released yet',
    french: "Cette semaine n'est pas encore ouverte à la réservation.",
  },
  taken: { english: 'somebody has this time', french: 'Cet horaire est déjà pris.' },
  range: {
    english: 'it is not given at this time',
    french: "Ce motif n'est pas proposé à cet horaire.",
  },
  reserved: { english: 'the opening is reserved for others', french: 'Cette plage est réservée.' },
  'day-full': { english: 'its number for the day is reached', french: 'Complet ce jour-là pour ce motif.' },
  'week-full': { english: 'its number for the week is reached', french: 'Complet cette semaine pour ce motif.' },
  buffer: {
    english: 'it meets time that is kept free between two appointments',
    french: 'Cet horaire empiète sur le battement entre deux rendez-vous.',
  },
};
