/**
 * Refusals that several places give, each worded once. `issue.ts` has the class, the codes, and a constructor for each
 * of the most common codes.
 */
import { FhirError } from './issue.ts';

/** 404: the resource may exist; this version of it does not. */
export function noVersion(type: string, id: string, version: number | string): FhirError {
  return new FhirError('not-found', `There is no version ${String(version).slice(0, 40)} of ${type}/${id}`, {
    text: "Cette version n'existe pas.",
  });
}

/** 404: no route has this path. */
export function nothingServed(path: string): FhirError {
  return new FhirError('not-found', `Nothing is served at ${path.slice(0, 200)}`, {
    text: "Rien n'est servi à cette adresse.",
  });
}

/** 405: the method or interaction is not offered for this type or server. */
export function notOffered(diagnostics: string, text = "Cette opération n'est pas offerte ici."): FhirError {
  return new FhirError('not-supported', diagnostics, { status: 405, text });
}

/** 406: `Accept` or `_format` asks for something that this address does not give. */
export function notAcceptable(diagnostics: string, text: string): FhirError {
  return new FhirError('not-supported', diagnostics, { status: 406, expression: 'http.Accept', text });
}

/** 415: the body has a media type that is not read at this address. */
export function wrongMediaType(diagnostics: string, text: string): FhirError {
  return new FhirError('not-supported', diagnostics, { status: 415, expression: 'http.Content-Type', text });
}

/** 415: the body is compressed. A few bytes may become gigabytes, and the limits of a body count what arrives. */
export function compressedBody(coding: string): FhirError {
  return new FhirError('not-supported', `Content-Encoding ${coding.slice(0, 80)} is not read: send it as it is`, {
    status: 415,
    expression: CONTENT_ENCODING,
    text: 'Contenu compressé refusé : envoyez-le tel quel.',
  });
}

export const CONTENT_ENCODING = 'http.Content-Encoding';

/** 409: another resource of the type holds this business identifier. */
export function takenIdentifier(type: string): FhirError {
  return new FhirError('duplicate', `Another ${type} has this business identifier; update it instead`, {
    expression: `${type}.identifier`,
    text: 'Une autre ressource porte déjà cet identifiant métier : mettez-la à jour.',
  });
}

/** 503: other writers were first every time; the same request may succeed a moment later. */
export function outpaced(): FhirError {
  return new FhirError('transient', 'Somebody else changed this at the same moment; try again', {
    text: 'Modification simultanée : réessayez.',
  });
}

/** 400: a Bundle with more entries than one request may have. */
export function tooManyEntries(count: number, limit: number): FhirError {
  return new FhirError('too-costly', `The Bundle has ${count} entries; the limit is ${limit}`, {
    expression: 'Bundle.entry',
    text: `Trop d'entrées : ${count}, limite ${limit}. Envoyez plusieurs lots.`,
  });
}

/** 400: the parameter is not a whole number from `low` to `high`, both included. */
export function notWhole(name: string, low: number, high = Number.POSITIVE_INFINITY, expression = name): FhirError {
  const [english, french] =
    high === Number.POSITIVE_INFINITY
      ? [`from ${low}`, `à partir de ${low}`]
      : [`from ${low} to ${high}`, `de ${low} à ${high}`];
  return new FhirError('value', `${name} must be a whole number ${english}`, {
    expression,
    text: `« ${name} » est un nombre entier ${french}.`,
  });
}

/** 400: the parameter has a closed list of values, and this is none of them. */
export function notListed(name: string, values: readonly string[]): FhirError {
  return new FhirError('value', `${name} must be one of ${values.join(', ')}`, {
    expression: name,
    text: `« ${name} » attend l'une de ces valeurs : ${values.join(', ')}.`,
  });
}

/** Refusals of a server that is asked for too much: their number is logged, not each of them. */
export class Overloaded extends FhirError {
  constructor(diagnostics: string, text = 'Le serveur est trop chargé : réessayez dans un instant.') {
    super('transient', diagnostics, { text });
  }
}

/** Nobody reads it: it ends the work for a caller that is gone. */
export function callerLeft(): FhirError {
  return new Overloaded('The caller has left', "L'appelant est parti.");
}
