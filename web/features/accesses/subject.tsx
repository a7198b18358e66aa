/** The choice of an agenda or a patient, whose accesses are shown. Operators, who read neither, name it by its id. */
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { agendaLabel, useOwnAgendas } from '../../schedule/agendas.ts';
import { findOptions } from '../../schedule/patient-field.tsx';
import { Choice } from '../../ui/choice.tsx';
import { idParam } from '../../ui/params.ts';
import type { AccessesParams } from './params.ts';

interface SubjectProps {
  params: AccessesParams;
  go: (params: AccessesParams) => void;
}

export function OwnSubject({ params, go }: SubjectProps) {
  const { t } = useTranslation();
  const own = useOwnAgendas();
  const agendas = (own.data ?? []).map((choice) => ({ value: choice.id, label: agendaLabel(choice, ' ') }));
  const { action } = params;
  return (
    <div className="fields">
      <NativeSelect
        label={t('accesses.agenda')}
        value={params.agenda ?? ''}
        onChange={({ currentTarget: { value } }) => go({ agenda: value || undefined, action })}
        data={[{ value: '', label: t('accesses.choose') }, ...agendas]}
      />
      <Choice
        label={t('accesses.patient')}
        name="accesses-patient"
        find={findOptions}
        onChoose={({ value }) => go({ patient: value.split('/')[1], action })}
      />
    </div>
  );
}

export function NamedSubject({ params, go }: SubjectProps) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<'agenda' | 'patient'>(params.patient === undefined ? 'agenda' : 'patient');
  const [text, setText] = useState(params.patient ?? params.agenda ?? '');
  const id = idParam(text.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (id !== undefined) go({ [kind]: id, action: params.action });
  };
  return (
    <form className="fields" onSubmit={submit}>
      <NativeSelect
        label={t('accesses.kind')}
        value={kind}
        onChange={({ currentTarget: { value } }) => setKind(value as typeof kind)}
        data={[
          { value: 'agenda', label: t('accesses.agenda') },
          { value: 'patient', label: t('accesses.patient') },
        ]}
      />
      <TextInput
        label={t('accesses.id')}
        value={text}
        error={text !== '' && id === undefined ? t('accesses.idWrong') : undefined}
        onChange={({ currentTarget: { value } }) => setText(value)}
      />
      <Button type="submit" disabled={id === undefined}>
        {t('accesses.show')}
      </Button>
    </form>
  );
}
