/** Notices as lines of a file, for trials. Without CRENEAU_NOTICE_FILE there is no such channel. */
import { appendFile } from 'node:fs/promises';
import type { Config } from '../../runtime/config.ts';
import { agreedTelecom } from '../notice/agreement.ts';
import type { NoticeChannel } from '../notice/notice.ts';

export function fileChannel({ noticeFile }: Pick<Config, 'noticeFile'>): NoticeChannel | undefined {
  if (noticeFile === undefined) return undefined;
  return {
    name: 'file',
    addressOf: (person) => agreedTelecom(person, 'email'),
    async send({ key, subject }) {
      try {
        await appendFile(noticeFile, `${JSON.stringify({ key, subject })}\n`);
        return { sent: true };
      } catch {
        return { sent: false, isFinal: false, reason: 'the file cannot be written' };
      }
    },
    close() {},
  };
}
