/**
 * A generated extract of the national directory: `node bench/directory.mjs ROLES > FILE`, then `creneau load-directory
 * FILE`. A person has one or two roles, a structure about three; every tenth person has two skills.
 */
const roles = Number(process.argv[2] ?? 100_000);
const HEADER = [
  "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice",
  "Nom d'exercice|Prénom d'exercice",
  'Code profession|Libellé profession|Code type savoir-faire|Code savoir-faire|Libellé savoir-faire|Code mode exercice',
  'Libellé mode exercice|Numéro SIRET site|Numéro FINESS site',
  'Identifiant technique de la structure|Raison sociale site',
  'Numéro Voie (coord. structure)|Code type de voie (coord. structure)|Libellé Voie (coord. structure)',
  'Bureau cedex (coord. structure)|Code postal (coord. structure)|Code commune (coord. structure)|',
].join('|');
const FAMILIES = ['MARTIN', 'BERNARD', 'THOMAS', 'PETIT', 'ROBERT', 'RICHARD', 'DURAND', 'DUBOIS', 'MOREAU', 'LAURENT'];
const GIVEN = ['Anne', 'Jean', 'Marie', 'Luc', 'Zoé', 'Paul', 'Inès', 'Hugo', 'Léa', 'Noé'];
const SKILLS = ['SM54', 'SM26', 'SM04', 'SM11', 'SM40'];
const write = (line) =>
  new Promise((done) => (process.stdout.write(`${line}\n`) ? done() : process.stdout.once('drain', done)));

await write(HEADER);
let written = 0;
for (let person = 0; written < roles; person++) {
  const rpps = String(10_000_000_000 + person);
  const own = person % 5 === 0 ? 2 : 1;
  for (let nth = 0; nth < own && written < roles; nth++, written++) {
    const structure = Math.floor(person / 3) + nth * 1_000_000;
    const postal = String(1000 + (structure % 95) * 1000).padStart(5, '0');
    for (const skill of person % 10 === 0 ? SKILLS.slice(0, 2) : [SKILLS[person % 5]])
      await write(
        [
          `8|${rpps}|8${rpps}|DR|${FAMILIES[person % 10]}${person}|${GIVEN[person % 7]}`,
          `10|Médecin|S|${skill}|Spécialité|L|Libéral`,
          `${String(30_000_000_000_000 + structure)}||R${structure}|CABINET ${structure}`,
          `${structure % 200}|R|DES LILAS`,
          `${postal} VILLE ${structure % 95}|${postal}|${postal}|`,
        ].join('|'),
      );
  }
}
