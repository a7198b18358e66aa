/** The screen on which a visitor says for whom the appointment is, and how to be reached. */
import { Html, html } from '../../rest/html/page.ts';
import type { PublicPage } from '../../rest/html/public-page.ts';
import type { BookingFaults, ForWhom, TextField, TypedBooking } from './booking-form.ts';
import {
  aboutTime,
  type BookingPlace,
  type ChosenTime,
  hiddenField,
  holdButtons,
  holdNotice,
  screen,
  stepLine,
} from './booking-view.ts';

export interface PersonModel {
  chosen: ChosenTime;
  typed: TypedBooking;
  faults?: BookingFaults;
  /** The token of the visit. */
  csrf: string;
  /** The ways in which a code can be sent. */
  ways: readonly ('email' | 'sms')[];
  notice?: Html | undefined;
  /** When the form was shown, signed. */
  shown: string;
  /** A form that was answered too fast is sent a second time. */
  isAgain?: boolean;
}

const FIELDS: Readonly<Record<TextField, { label: string; type: string; hint?: string; complete: string }>> = {
  family: { label: 'Nom de naissance', type: 'text', complete: 'off' },
  given: { label: 'Prénom', type: 'text', complete: 'off' },
  birthDate: { label: 'Date de naissance', type: 'date', hint: 'par exemple 31/12/1980', complete: 'off' },
  contactFamily: { label: 'Votre nom', type: 'text', complete: 'family-name' },
  contactGiven: { label: 'Votre prénom', type: 'text', complete: 'given-name' },
  email: { label: 'Adresse électronique', type: 'email', hint: 'par exemple nom@exemple.fr', complete: 'email' },
  phone: { label: 'Téléphone mobile', type: 'tel', hint: 'par exemple 06 12 34 56 78', complete: 'tel' },
};

const FOR_WHOM: readonly [ForWhom, string][] = [
  ['self', 'Pour moi'],
  ['child', 'Pour mon enfant'],
  ['relative', 'Pour un proche'],
];

export function personPage(place: BookingPlace, model: PersonModel): PublicPage {
  const { chosen, faults = {}, csrf, notice, shown, isAgain, ways } = model;
  const count = Object.keys(faults).length;
  const corrections = count === 1 ? 'Un champ est à corriger' : `${count} champs sont à corriger`;
  const alert = count > 0 && html`<p class="notice bad" role="alert">${corrections} : rien n'est encore réservé.</p>`;
  const field = (name: TextField, isOptional = false): Html => textField(model, name, isOptional);
  const body = html`${stepLine(3)}${alert}${notice}${aboutTime(place, chosen)}${holdNotice(chosen)}
<form method="post" action="${place.base}/patient" novalidate>
${hiddenField('csrf', csrf)}${hiddenField('slot', chosen.slot)}${hiddenField('vu', shown)}
${isAgain && hiddenField('encore', '1')}
<p class="trap" aria-hidden="true"><label>Ne rien écrire ici
<input name="site" tabindex="-1" autocomplete="off"></label></p>
${forWhomField(model)}
<fieldset><legend>Le patient</legend><div class="fields">${field('family')}${field('given')}${field('birthDate')}</div>
</fieldset>
<fieldset><legend>Vous</legend>
<p class="hint">Votre nom n'est utile que si le rendez-vous est pour quelqu'un d'autre.</p>
<div class="fields">${field('contactFamily', true)}${field('contactGiven', true)}
${field('email', !ways.includes('email') || ways.includes('sms'))}${field('phone')}</div>
${waysField(model)}</fieldset>
<p class="soft">Ces informations servent à ce rendez-vous. Le cabinet en est responsable.
<a href="${place.practice}/donnees">Vos données et vos droits</a></p>
<p class="actions"><button>Continuer</button></p>${holdButtons(place, chosen)}</form>`;
  return screen(place, 'Le patient et vous', body, count > 0 ? 422 : 200);
}

function forWhomField({ typed, faults = {} }: PersonModel): Html {
  const fault = faults.forWhom;
  const choices = FOR_WHOM.map(
    ([value, label]) => html`<label><input type="radio" name="forWhom" value="${value}"
${attributes([typed.forWhom === value && 'checked', fault && 'aria-describedby="forWhom-faute"'])}>${label}</label>`,
  );
  return html`<fieldset><legend>Pour qui est le rendez-vous ?</legend>
${faultOf('forWhom', fault)}${choices}</fieldset>`;
}

function waysField({ typed, faults = {}, ways }: PersonModel): Html {
  const words = { email: 'par courriel', sms: 'par SMS' };
  const [only] = ways;
  if (ways.length === 1)
    return html`${hiddenField('by', only!)}<p>Un code à 6 chiffres vous sera envoyé ${words[only!]}.</p>`;
  const choices = ways.map(
    (way) => html`<label><input type="radio" name="by" value="${way}" ${attributes([typed.by === way && 'checked'])}>
${words[way]}</label>`,
  );
  return html`<fieldset><legend>Recevoir le code de vérification</legend>
${faultOf('by', faults.by)}${choices}</fieldset>`;
}

function textField({ typed, faults = {} }: PersonModel, name: TextField, isOptional: boolean): Html {
  const { label, type, hint, complete } = FIELDS[name];
  const fault = faults[name];
  const described = [hint && `${name}-aide`, fault && `${name}-faute`].filter(Boolean).join(' ');
  const more = attributes([
    !isOptional && 'required',
    fault && 'aria-invalid="true"',
    described && `aria-describedby="${described}"`,
  ]);
  const help = hint && html`<span class="hint" id="${name}-aide">${hint}</span>`;
  return html`<div><label for="${name}">${label}</label>${help}
<input id="${name}" name="${name}" type="${type}" autocomplete="${complete}" value="${typed[name]}" ${more}>
${faultOf(name, fault)}</div>`;
}

function faultOf(name: string, fault: string | undefined): Html | false {
  return fault !== undefined && html`<span class="fault" id="${name}-faute">${fault}</span>`;
}

/** Attributes of our own, never of a caller. */
function attributes(parts: readonly (string | false | undefined)[]): Html {
  return new Html(parts.filter(Boolean).join(' '));
}
