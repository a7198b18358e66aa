/** The kinds of visit of an agenda: which of the catalogue it uses, and what it has otherwise. */
import { Alert, Button, Checkbox, Group, Loader, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schedule } from '../../../src/fhir/resources.ts';
import { read } from '../../fhir/client.ts';
import { undoWrite } from '../../schedule/availability.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { useUndoNotice } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import {
  adoptServices,
  type KindUse,
  missingForSas,
  plainServices,
  usesOf,
  writeUses,
} from '../../schedule/agenda-kinds.ts';
import { AUDIENCES, type KindValues } from '../../schedule/kinds.ts';

export interface UsesDialogProps {
  practice: string;
  agenda: { id: string; name: string };
  kinds: readonly KindValues[];
  onClose: () => void;
}

export function UsesDialog({ practice, agenda, kinds, onClose }: UsesDialogProps) {
  const { t } = useTranslation();
  const schedule = useQuery({
    queryKey: ['schedule', agenda.id],
    queryFn: ({ signal }) => read('Schedule', agenda.id, signal),
    staleTime: 0,
  });
  return (
    <Dialog size="large" title={t('kinds.chooseFor', { name: agenda.name })} onClose={onClose}>
      <RefusalAlert error={schedule.error} />
      {schedule.data === undefined || schedule.isFetching ? (
        <Loader aria-label={t('app.loading')} />
      ) : (
        <div className="stack">
          <SasWarning schedule={schedule.data} kinds={kinds} />
          <Plain practice={practice} schedule={schedule.data} kinds={kinds} />
          <Uses key={kinds.length} schedule={schedule.data} kinds={kinds} onClose={onClose} />
        </div>
      )}
    </Dialog>
  );
}

/** Kinds that nobody of the SAS may book take the agenda away from it: that is said before, and how to open them. */
function SasWarning({ schedule, kinds }: { schedule: Schedule; kinds: readonly KindValues[] }) {
  const { t } = useTranslation();
  const missing = missingForSas(schedule, kinds);
  if (missing.length === 0) return null;
  const audiences = missing.map((audience) => `« ${t(`audience.${audience}`)} »`).join(', ');
  return (
    <Alert color="orange" role="note" title={t('kinds.sasHides')}>
      {t('kinds.sasHidesHelp', { audiences })}
    </Alert>
  );
}

/** Services that have not become kinds yet: they become kinds of the desk. */
function Plain({ practice, schedule, kinds }: { practice: string; schedule: Schedule; kinds: readonly KindValues[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>();
  const plain = plainServices(schedule);
  if (plain.length === 0) return null;
  const adopt = async () => {
    await adoptServices(practice, schedule.id!, kinds);
    await client.invalidateQueries({ queryKey: ['practice'] });
    await client.invalidateQueries({ queryKey: ['schedule'] });
  };
  return (
    <div className="sheet stack">
      <p>{t('kinds.plain', { services: plain.map(({ name, minutes }) => `${name} ${minutes} min`).join(', ') })}</p>
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button variant="default" onClick={() => void adopt().catch(setRefusal)}>
          {t('kinds.adopt')}
        </Button>
      </div>
    </div>
  );
}

interface UsesProps {
  schedule: Schedule;
  kinds: readonly KindValues[];
  onClose: () => void;
}

function Uses({ schedule, kinds, onClose }: UsesProps) {
  const { t } = useTranslation();
  const [uses, setUses] = useState(() => usesOf(schedule, kinds));
  const [refusal, setRefusal] = useState<unknown>();
  const done = useUndoNotice([['schedule'], ['agenda', schedule.id!], ['free', schedule.id!]]);
  const set = (code: string, changes: Partial<KindUse>): void =>
    setUses(uses.map((use) => (use.code === code ? { ...use, ...changes } : use)));
  const store = async () => {
    const after = await writeUses(schedule.id!, kinds, uses);
    done(t('kinds.usesStored'), () => undoWrite({ before: schedule, after }), { topic: `schedule ${schedule.id}` });
    onClose();
  };
  if (kinds.length === 0) return <p>{t('kinds.none')}</p>;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        store().catch(setRefusal);
      }}
    >
      {uses.map((use) => (
        <Use
          key={use.code}
          use={use}
          kind={kinds.find(({ code }) => code === use.code)!}
          onChange={(changes) => set(use.code, changes)}
        />
      ))}
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t('kinds.store')}</Button>
      </div>
    </form>
  );
}

interface UseProps {
  use: KindUse;
  kind: KindValues;
  onChange: (changes: Partial<KindUse>) => void;
}

function Use({ use, kind, onChange }: UseProps) {
  const { t } = useTranslation();
  const { name } = kind;
  return (
    <fieldset className="stack">
      <legend>{name}</legend>
      <Checkbox
        label={t('kinds.used', { name })}
        checked={use.isUsed}
        onChange={(event) => onChange({ isUsed: event.currentTarget.checked })}
      />
      {use.isUsed && (
        <>
          <TextInput
            type="number"
            min={1}
            max={1440}
            label={t('kinds.ownMinutes', { minutes: kind.minutes })}
            value={use.minutes}
            onChange={(event) => onChange({ minutes: event.currentTarget.value })}
          />
          <Checkbox
            label={t('kinds.ownAudience')}
            checked={use.audiences !== undefined}
            onChange={(event) => onChange({ audiences: event.currentTarget.checked ? kind.audiences : undefined })}
          />
          {use.audiences !== undefined && (
            <Checkbox.Group
              label={t('kinds.audience')}
              value={use.audiences}
              onChange={(audiences) => onChange({ audiences: audiences as KindUse['audiences'] })}
            >
              <Group mt="xs">
                {AUDIENCES.map((audience) => (
                  <Checkbox key={audience} value={audience} label={t(`audience.${audience}`)} />
                ))}
              </Group>
            </Checkbox.Group>
          )}
        </>
      )}
    </fieldset>
  );
}
