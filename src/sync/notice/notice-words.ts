/** The first words of a notice about an appointment, in French. */
import { readHold } from '../../fhir/french/fr-extensions.ts';
import { isLate, readAnswerBy } from '../../fhir/french/visit-marks.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import type { AppointmentNotice } from './notice.ts';

type Kind = AppointmentNotice['kind'];

const SUBJECT: Record<Kind, string> = {
  invitation: 'Rendez-vous confirmé',
  change: 'Rendez-vous modifié',
  cancellation: 'Rendez-vous annulé',
  reminder: 'Rappel de rendez-vous',
  request: 'Demande de rendez-vous envoyée',
  answer: 'Demande de rendez-vous close',
  offer: 'Un horaire s’est libéré',
  asleep: 'Liste d’attente en pause',
};

/** The practice sees at once that a place has come free at short notice. */
export function subjectOf(kind: Kind, appointment: Appointment, isPatient: boolean): string {
  return kind === 'cancellation' && !isPatient && isLate(appointment) ? 'Annulation tardive' : SUBJECT[kind];
}

const OPENING: Record<Exclude<Kind, 'request' | 'answer' | 'offer'>, string> = {
  invitation: 'votre rendez-vous est confirmé :',
  change: 'votre rendez-vous a changé. Le voici maintenant :',
  cancellation: 'ce rendez-vous est annulé :',
  reminder: 'nous vous rappelons ce rendez-vous :',
  asleep:
    'deux propositions sont restées sans réponse : nous ne vous en envoyons plus, ' +
    'jusqu’à ce que vous le demandiez par la page ci-dessous.',
};

/** `zone`: of the place. */
export function openingOf(kind: Kind, appointment: Appointment, zone: string): string {
  if (kind === 'answer') return ANSWER[answerOf(appointment)];
  if (kind === 'offer') return offerText(appointment, zone);
  if (kind !== 'request') return OPENING[kind];
  const until = readAnswerBy(appointment);
  const promise = until === undefined ? 'répond' : `répond avant ${frenchTime(until, zone)}`;
  return (
    `votre demande est envoyée, et le rendez-vous n’est pas encore pris. Le cabinet ${promise}. ` +
    'Sans réponse, la demande est annulée et nous vous le disons :'
  );
}

/** Held for one person, or told to several. */
function offerText(appointment: Appointment, zone: string): string {
  const hold = readHold(appointment);
  return hold === undefined
    ? 'un horaire s’est libéré. Il n’est gardé pour personne : le premier qui répond par la page l’a :'
    : `un horaire s’est libéré. Il vous est gardé jusqu’au ${frenchTime(hold.until, zone)} :`;
}

const ANSWER = {
  unanswered: 'le cabinet n’a pas répondu à temps à cette demande, qui est annulée :',
  withdrawn: 'vous avez retiré cette demande :',
  refused: 'le cabinet ne peut pas donner suite à cette demande :',
};

/** How a request came to nothing. */
export function answerOf({ cancelationReason }: Appointment): keyof typeof ANSWER {
  const codes = list(cancelationReason?.coding).map(({ code }) => code ?? '');
  if (codes.includes('unanswered')) return 'unanswered';
  return codes.some((code) => /^pat(-|$)/.test(code)) ? 'withdrawn' : 'refused';
}

/** An address in a mail, with its words. */
export interface MailAddress {
  words: string;
  address: string;
}

/** `among`: one of several appointments that the mail names. */
export function addressWords(kind: Kind, address: string, among: Appointment | undefined): MailAddress[] {
  if (among !== undefined) {
    // The wall clock that the appointment was written by.
    const clock = among.start?.slice(11, 16) ?? '';
    return [{ words: `Rendez-vous de ${clock} : je viens, ou je ne peux pas venir`, address }];
  }
  if (kind === 'offer') return [{ words: 'Le prendre ou le laisser', address }];
  if (kind === 'asleep') return [{ words: 'Recevoir de nouveau des propositions', address }];
  if (kind === 'request') return [{ words: 'Voir ou retirer cette demande', address }];
  if (kind !== 'reminder') return [{ words: 'Voir, déplacer ou annuler ce rendez-vous', address }];
  return [
    { words: 'Je viens', address: `${address}?venir` },
    { words: 'Je ne peux pas venir', address: `${address}?annuler` },
  ];
}
