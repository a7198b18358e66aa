/** Sends codes within their limits, prolongs the hold meanwhile, and checks what is typed. */
import type { TypedBooking } from './booking-form.ts';
import { contactOf } from './booking-form.ts';
import { CODES, SENDS, spend } from './booking-limits.ts';
import type { AtPlace, BookingWorld, KnownVisit, VisitChoice } from './booking-world.ts';
import { HOLD_MS } from './booking-world.ts';
import { CODE_MS, codeHash, hashOf, isCode, MAX_TRIES, newCode, newSecret } from './verification-code.ts';

/** A code that was sent so recently is still on its way. */
const JUST_SENT_MS = 30_000;

interface Sending extends KnownVisit {
  choice: VisitChoice;
  typed: TypedBooking;
}

export class CodeDesk {
  private readonly world: BookingWorld;

  constructor(world: BookingWorld) {
    this.world = world;
  }

  /** As `send`, unless a code for the same contact has just left: a button that was pressed twice. */
  async sendOnce(at: AtPlace, sending: Sending): Promise<string | undefined> {
    const { code, codeUntil = 0 } = sending.visit;
    const isJustSent = code !== undefined && codeUntil - CODE_MS > at.now - JUST_SENT_MS;
    return isJustSent ? undefined : this.send(at, sending);
  }

  /** Returns the fault in French. Throws `TooOften`. */
  async send(at: AtPlace, { visit, secret, choice, typed }: Sending): Promise<string | undefined> {
    const { now, network, place, request } = at;
    const { counters, visits, holds, sender } = this.world.means;
    const to = contactOf(typed)!;
    await spend(counters, CODES, network, now);
    await spend(counters, SENDS, to, now);
    const [code, link] = [newCode(), newSecret()];
    await visits.send(visit.id, codeHash({ secret, slot: visit.slot, contact: to }, code), hashOf(link), now + CODE_MS);
    // The time is kept while the code is on its way.
    await holds.take(visit, choice, Math.max((await holds.until(visit, now)) ?? 0, now + HOLD_MS), now);
    const result = await sender.send({
      ...{ by: typed.by, to, code, link: `${request.origin}${place.base}/lien/${link}` },
      ...{ practitioner: place.practitioner, start: choice.time.start, zone: choice.loaded.agenda.zone },
    });
    if (result.sent) return undefined;
    await visits.forgetCode(visit.id);
    // A gateway may have sent what it answered too late for; the network has had its try in any case.
    if (result.isFinal || typed.by === 'email') await counters.giveBack(SENDS, to, now);
    return typed.by === 'sms'
      ? "Le SMS n'a pas pu partir : vérifiez le numéro, ou choisissez le courriel. Votre créneau reste gardé."
      : "Le courriel n'a pas pu partir : vérifiez l'adresse, ou choisissez le SMS. Votre créneau reste gardé.";
  }

  /** Returns the fault in French. A contact that was verified in this visit needs no code. */
  async check(
    { now }: AtPlace,
    known: KnownVisit & { typed: TypedBooking | undefined },
    typed: string,
  ): Promise<string | undefined> {
    const { visit, secret } = known;
    if (visit.verified) return undefined;
    if (typed.replace(/\D/g, '') === '') return 'Saisissez le code à 6 chiffres.';
    const { visits } = this.world.means;
    const attempt = await visits.attempt(visit.id, MAX_TRIES, now);
    if (attempt === undefined) return OLD_CODE;
    const contact = contactOf(known.typed!) ?? '';
    if (isCode({ secret, slot: visit.slot, contact }, attempt.code, typed))
      return (await visits.verify(visit.id, visit.contact, attempt.code)) ? undefined : OLD_CODE;
    const tries = attempt.left === 1 ? 'Il reste 1 essai.' : `Il reste ${attempt.left} essais.`;
    return attempt.left === 0
      ? "Ce n'est pas le bon code, et il n'est plus valable. Demandez-en un nouveau : « Je n'ai rien reçu »."
      : `Ce n'est pas le bon code. ${tries}`;
  }
}

const OLD_CODE = "Ce code n'est plus valable. Demandez-en un nouveau : « Je n'ai rien reçu ».";
