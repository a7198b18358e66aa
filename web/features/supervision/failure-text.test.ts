/** The failures that the servers really report, read by operators in French. */
import { expect, it } from 'vitest';
import fr from '../../texts/fr.json';
import { failureText } from './failure-text.ts';

const french = (message: string) =>
  failureText(message, ((key: string, { value }: { value?: string }) =>
    fr.failure[key.slice('failure.'.length) as keyof typeof fr.failure].replace('{{value}}', value ?? '')) as never);

it.each([
  ['no whole answer within 2000 ms', 'pas de réponse complète en 2000 ms'],
  ['answered 500', 'a répondu par une erreur (500)'],
  ['answered 302: redirects are not followed', 'a répondu par une erreur (302)'],
  ['connect ECONNREFUSED 127.0.0.1:9', 'rien n’écoute à cette adresse'],
  ['getaddrinfo ENOTFOUND sas.example', 'nom de serveur inconnu'],
  ['something else entirely', undefined],
])('%s', (message, text) => expect(french(message)).toBe(text));
