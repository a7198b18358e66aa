/** PRODID of the calendars that Créneau writes. */
export const PRODUCT = '-//Creneau//Agendas partages//FR';
