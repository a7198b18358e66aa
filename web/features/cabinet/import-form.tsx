/** Practitioners from a file of the national directory: what would come is shown before anything is written. */
import { Button, FileInput, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { decodeExtract, peopleOf, type ReadExtract, readExtract } from './extract.ts';
import type { Target } from './people.ts';
import { addPractitioner, type NewPractitioner, type PracticeRole } from './practitioners.ts';

/** The whole directory belongs on the server (`creneau load-directory`). */
const MAX_BYTES = 2_000_000;
const MAX_PEOPLE = 200;

export interface ImportFormProps {
  practice: string;
  places: readonly Target[];
  roles: readonly PracticeRole[];
  onDone: (count: number) => void;
}

export function ImportForm({ practice, places, roles, onDone }: ImportFormProps) {
  const { t } = useTranslation();
  const [extract, setExtract] = useState<ReadExtract>();
  const [isTooLarge, setTooLarge] = useState(false);
  const [place, setPlace] = useState(places[0]?.value ?? '');
  const [refusal, setRefusal] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const people = extract === undefined ? [] : peopleOf(extract.lines);
  const known = people.filter(({ rpps }) => roles.some((role) => role.rpps === rpps));
  const fresh = people.filter((person) => !known.includes(person)).slice(0, MAX_PEOPLE);
  const read = async (file: File | null) => {
    setExtract(undefined);
    setTooLarge(file !== null && file.size > MAX_BYTES);
    if (file !== null && file.size <= MAX_BYTES) setExtract(readExtract(decodeExtract(await file.arrayBuffer())));
  };
  const write = async () => {
    setBusy(true);
    for (const person of fresh) await addPractitioner(practice, place, person);
    onDone(fresh.length);
  };
  return (
    <div className="stack">
      <FileInput
        label={t('practitioners.file')}
        description={t('practitioners.fileHelp')}
        accept=".txt,.csv,text/plain"
        clearable={false}
        onChange={(file) => void read(file)}
      />
      {isTooLarge && <p role="alert">{t('practitioners.tooLarge')}</p>}
      {extract && <Preview extract={extract} fresh={fresh} known={known.length} />}
      {fresh.length > 0 && (
        <>
          <NativeSelect
            label={t('cabinet.place')}
            data={[...places]}
            value={place}
            onChange={(event) => setPlace(event.currentTarget.value)}
          />
          <RefusalAlert error={refusal} takesFocus />
          <div>
            <Button
              loading={isBusy}
              onClick={() =>
                void write()
                  .catch(setRefusal)
                  .finally(() => setBusy(false))
              }
            >
              {t('practitioners.importCount', { count: fresh.length })}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

function Preview({
  extract,
  fresh,
  known,
}: {
  extract: ReadExtract;
  fresh: readonly NewPractitioner[];
  known: number;
}) {
  const { t } = useTranslation();
  const refused = extract.lines.filter(({ fault }) => fault !== undefined);
  if (extract.missing !== undefined)
    return <p role="alert">{t('practitioners.noColumn', { column: t(`practitioners.column.${extract.missing}`) })}</p>;
  return (
    <div role="status">
      <p>{t('practitioners.preview', { fresh: fresh.length, known, refused: refused.length })}</p>
      <ul>
        {fresh.map(({ rpps, family, given, specialty }) => (
          <li key={rpps}>{[`${family} ${given}`, rpps, specialty?.display].filter(Boolean).join(' · ')}</li>
        ))}
        {refused.map(({ line, fault }) => (
          <li key={line}>
            {t(fault === 'rpps' ? 'practitioners.lineWithoutNumber' : 'practitioners.lineWithoutName', { line })}
          </li>
        ))}
      </ul>
    </div>
  );
}
