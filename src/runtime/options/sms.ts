/** Options: short messages to mobile telephones. */
import type { OptionTable } from './option.ts';
import { text, whole } from './values.ts';

/** Mainland France and France overseas: calls to other countries cost more, and earn money for whoever makes them. */
const FRENCH_PREFIXES = '+33,+262,+590,+594,+596,+508,+687,+689';

export const smsOptions = {
  smsUrl: {
    flag: 'sms-url',
    variable: 'CRENEAU_SMS_URL',
    value: 'URL',
    read: smsUrl,
    french:
      'passerelle de SMS : adresse à qui envoyer {to, text, key} en JSON (POST), ou qui contient {to} et {text} ; ' +
      'file:/… : dans un fichier, pour essayer ; absente : aucun SMS',
    english:
      'gateway for short messages: address that takes {to, text, key} as JSON (POST), or has {to} and {text} in it; ' +
      'file:/...: into a file, for trials; absent: no short messages',
  },
  smsSecret: {
    flag: 'sms-secret',
    variable: 'CRENEAU_SMS_SECRET',
    value: 'SECRET',
    read: text,
    french: 'secret présenté à la passerelle (Authorization: Bearer)',
    english: 'secret that the gateway is shown (Authorization: Bearer)',
  },
  smsDaily: {
    flag: 'sms-daily',
    variable: 'CRENEAU_SMS_DAILY',
    value: 'N',
    fallback: '200',
    read: whole(0, 1_000_000),
    french: 'SMS par jour au plus',
    english: 'short messages a day at most',
  },
  smsPrefixes: {
    flag: 'sms-prefixes',
    variable: 'CRENEAU_SMS_PREFIXES',
    value: '+33,...',
    fallback: FRENCH_PREFIXES,
    read: prefixes,
    french: 'débuts des numéros auxquels un SMS peut partir',
    english: 'beginnings of the numbers to which short messages may go',
  },
} as const satisfies OptionTable;

function smsUrl(given: string): string {
  const sample = given.replace(/\{(to|text|key)\}/g, 'x');
  if (URL.canParse(sample) && /^(https?|file):/.test(sample)) return given;
  throw new Error('https://… ou/or file:/…');
}

function prefixes(given: string): string[] {
  const all = given.split(',').map((prefix) => prefix.trim());
  if (all.every((prefix) => /^\+[1-9]\d{0,5}$/.test(prefix))) return all;
  throw new Error('+33,+262…');
}
