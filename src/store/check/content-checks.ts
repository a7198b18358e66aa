/** The octets of attachments belong to living Binaries, each of which has some. */
import { type Check, list } from './check.ts';

const LEFT = 'NOT EXISTS (SELECT FROM "binary" b WHERE b.id = c.id AND NOT b.deleted)';

export const LEFT_CONTENTS: Check = {
  name: 'left contents',
  french: "le contenu d'une pièce jointe supprimée est resté",
  english: 'the content of a deleted attachment was left',
  find: (database) => list(database, `SELECT 'Binary/' || id AS what FROM binary_content c WHERE ${LEFT}`),
  async repair(database) {
    await database.query(`DELETE FROM binary_content c WHERE ${LEFT}`);
  },
};

export const LOST_CONTENTS: Check = {
  name: 'lost contents',
  french: "une pièce jointe n'a pas de contenu",
  english: 'an attachment has no content',
  find: (database) =>
    list(
      database,
      `SELECT 'Binary/' || b.id AS what FROM "binary" b
       WHERE NOT b.deleted AND NOT EXISTS (SELECT FROM binary_content c WHERE c.id = b.id)`,
    ),
};
