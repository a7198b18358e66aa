/** Names and places of the demonstration, all fictional. */

export const GIVEN = [
  'Camille',
  'Louise',
  'Adèle',
  'Inès',
  'Jeanne',
  'Salomé',
  'Élise',
  'Noémie',
  'Maëlle',
  'Aïcha',
  'Léonie',
  'Sophie',
  'Hugo',
  'Gabriel',
  'Raphaël',
  'Adrien',
  'Malo',
  'Étienne',
  'Yanis',
  'Théo',
  'Basile',
  'François',
  'Karim',
  'Loïc',
] as const;

export const FAMILY = [
  'Vasseur',
  'Brumaire',
  'Lacombe',
  'Delorme',
  'Aubépin',
  'Roussel',
  'Tanguy',
  'Marchetti',
  'Quillien',
  'Beauvallon',
  'Sauvageot',
  'Ferrandi',
  'Le Goff',
  'Montclar',
  'Peyronnet',
  'Haddad',
  'Saint-Alban',
  'Vernier',
  'Castellane',
  'Dufour',
  'Ravaillac',
  'Belhomme',
  'Grimaud',
  'N’Diaye',
  'Ozanne',
  'Périgaud',
  'Chastaing',
  'Morvan',
  'Thibaudeau',
  'Villers',
] as const;

export interface DemoTown {
  name: string;
  postalCode: string;
  latitude: number;
  longitude: number;
  /** Share of the practices, in parts. */
  weight: number;
}

/** The town and its surroundings. */
export const TOWNS: readonly DemoTown[] = [
  { name: 'Val-de-Brume', postalCode: '58990', latitude: 47.05, longitude: 3.6, weight: 10 },
  { name: 'Saint-Étienne-les-Brumes', postalCode: '58991', latitude: 47.11, longitude: 3.52, weight: 4 },
  { name: 'Montclar-sur-Onde', postalCode: '58992', latitude: 46.98, longitude: 3.71, weight: 3 },
  { name: 'La Ferté-Brumeuse', postalCode: '58993', latitude: 47.02, longitude: 3.45, weight: 2 },
  { name: 'Aubépin', postalCode: '58994', latitude: 47.15, longitude: 3.68, weight: 1 },
];

/** In another time zone. */
export const OVERSEAS: DemoTown = {
  name: 'Sainte-Brume',
  postalCode: '97499',
  latitude: -20.95,
  longitude: 55.3,
  weight: 0,
};

export const STREETS = [
  'rue de la Halle',
  'place du Marché',
  'avenue de la Gare',
  'rue des Tanneurs',
  'quai de l’Onde',
  'chemin des Brumes',
  'rue Haute',
  'cours des Tilleuls',
] as const;

export interface Specialty {
  code: string;
  display: string;
  /** Kinds of consultation, with their length in minutes. */
  visits: readonly [string, number][];
  count: number;
}

/** TRE_R38 codes. Counts are practitioners; their sum is above 200. */
export const SPECIALTIES: readonly Specialty[] = [
  {
    code: 'SM54',
    display: 'Médecine générale (SM)',
    visits: [
      ['Consultation de médecine générale', 15],
      ['Téléconsultation', 15],
      ['Suivi au long cours', 30],
    ],
    count: 120,
  },
  {
    code: 'SM40',
    display: 'Pédiatrie (SM)',
    visits: [
      ['Consultation de pédiatrie', 20],
      ['Nourrisson', 30],
    ],
    count: 14,
  },
  {
    code: 'SM04',
    display: 'Cardiologie et maladies vasculaires (SM)',
    visits: [['Consultation de cardiologie', 30]],
    count: 12,
  },
  {
    code: 'SM15',
    display: 'Dermatologie et vénéréologie (SM)',
    visits: [['Consultation de dermatologie', 15]],
    count: 10,
  },
  { code: 'SM38', display: 'Ophtalmologie (SM)', visits: [['Consultation d’ophtalmologie', 20]], count: 10 },
  { code: 'SM41', display: 'Pneumologie (SM)', visits: [['Consultation de pneumologie', 30]], count: 8 },
  { code: 'SM42', display: 'Psychiatrie (SM)', visits: [['Consultation de psychiatrie', 45]], count: 14 },
  { code: 'SM20', display: 'Gynécologie médicale (SM)', visits: [['Consultation de gynécologie', 20]], count: 12 },
  { code: 'SM44', display: 'Radio-diagnostic (SM)', visits: [['Radiographie', 15]], count: 8 },
];
