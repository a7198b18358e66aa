/** Saves every access to the data of one patient as a file, to be given to that person. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { FRANCE } from '../../fhir/zone.ts';
import { notifyFailure } from '../../ui/notify.tsx';
import { language } from '../../ui/texts.ts';
import { everyAccess, tableText } from './access-lines.ts';
import { useAccessTexts } from './access-texts.ts';

export function ExportButton({ patient }: { patient: string }) {
  const { t } = useTranslation();
  const texts = useAccessTexts();
  const [isBusy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    const time = new Intl.DateTimeFormat(language(), { dateStyle: 'short', timeStyle: 'medium', timeZone: FRANCE });
    const lines = await everyAccess(`Patient/${patient}`);
    const rows = lines.map((line) => [
      ...[time.format(Date.parse(line.at)), line.who, texts.roles(line), texts.act(line), texts.outcome(line)],
    ]);
    const head = [t('accesses.when'), t('accesses.who'), t('accesses.role'), t('accesses.what'), t('accesses.outcome')];
    saveFile(`acces-${patient}.csv`, tableText([head, ...rows]));
  };
  const run = (): void => {
    setBusy(true);
    void save()
      .catch(notifyFailure)
      .finally(() => setBusy(false));
  };
  return (
    <Button variant="default" loading={isBusy} onClick={run}>
      {t('accesses.export')}
    </Button>
  );
}

function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
