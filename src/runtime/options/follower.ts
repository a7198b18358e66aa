/** Options: what goes to those who follow the agendas: mail, subscriptions, the feed. */
import type { OptionTable } from './option.ts';
import { text, whole, yesNo } from './values.ts';

export const followerOptions = {
  smtpUrl: {
    flag: 'smtp-url',
    variable: 'SMTP_URL',
    value: 'URL',
    read: text,
    french: 'serveur de courriel : smtp://… ou smtps://… ; absent : aucun courriel',
    english: 'mail server: smtp://... or smtps://...; absent: no mail',
  },
  mailFrom: {
    flag: 'mail-from',
    variable: 'CRENEAU_MAIL_FROM',
    value: 'ADDRESS',
    fallback: 'Créneau <ne-pas-repondre@localhost>',
    read: text,
    french: 'expéditeur des courriels',
    english: 'sender of the mails',
  },
  reminderHours: {
    flag: 'reminder-hours',
    variable: 'CRENEAU_REMINDER_HOURS',
    value: 'HOURS',
    fallback: '24',
    read: whole(0, 8760),
    french: 'heures avant un rendez-vous où il est rappelé ; 0 : jamais',
    english: 'hours before an appointment at which it is recalled; 0: never',
  },
  allowPrivateEndpoints: {
    flag: 'allow-private-endpoints',
    variable: 'CRENEAU_ALLOW_PRIVATE_ENDPOINTS',
    value: 'true|false',
    fallback: 'false',
    read: yesNo,
    french:
      "admet les adresses données par d'autres (abonnements, calendriers) vers la boucle locale et les " +
      'réseaux privés, et sans TLS',
    english:
      'lets addresses that others give (subscriptions, calendars) lead to loopback and private networks, and ' +
      'be without TLS',
  },
  subscriptionAttempts: {
    flag: 'subscription-attempts',
    variable: 'CRENEAU_SUBSCRIPTION_ATTEMPTS',
    value: 'N',
    fallback: '15',
    read: whole(1, 1000),
    french: "essais d'une notification avant que l'abonnement passe en erreur",
    english: 'deliveries of one notification before the subscription is in error',
  },
  outboxDays: {
    flag: 'outbox-days',
    variable: 'CRENEAU_OUTBOX_DAYS',
    value: 'DAYS',
    fallback: '30',
    read: whole(0, 36_500),
    french:
      'jours pendant lesquels un message remis (notification, courriel, déclaration) reste visible ; 0 : toujours',
    english: 'days for which a delivered message (notification, mail, report) can be seen; 0: for ever',
  },
  feedDays: {
    flag: 'feed-days',
    variable: 'CRENEAU_FEED_DAYS',
    value: 'DAYS',
    fallback: '90',
    read: whole(0, 36_500),
    french: 'jours pendant lesquels le flux numéroté des changements est conservé ; 0 : toujours',
    english: 'days for which the numbered feed of changes is kept; 0: for ever',
  },
} as const satisfies OptionTable;
