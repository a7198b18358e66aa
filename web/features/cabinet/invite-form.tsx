/** Invites somebody: who, as what, and where. */
import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Role } from '../../fhir/me.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { type InvitationValues, invite, type Target } from './people.ts';

const ROLES: readonly Role[] = ['secretary', 'practitioner', 'practice-manager'];

export interface InviteFormProps {
  practice: string;
  targets: Record<'places' | 'practitioners', Target[]>;
  /** The link that the person needs. */
  onInvited: (url: string) => void;
}

export function InviteForm({ practice, targets, onInvited }: InviteFormProps) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const form = useForm<InvitationValues>({
    initialValues: {
      ...{ name: '', email: '', role: 'secretary', mayChangeHours: false },
      target: targets.places[0]?.value ?? '',
    },
  });
  const { role } = form.values;
  const choices = role === 'practitioner' ? targets.practitioners : targets.places;
  const chooseRole = (chosen: Role): void => {
    const first = chosen === 'practitioner' ? targets.practitioners[0] : targets.places[0];
    form.setValues({ role: chosen, target: first?.value ?? '' });
  };
  const submit = form.onSubmit((values) => {
    setRefusal(undefined);
    invite(practice, values).then(onInvited, setRefusal);
  });
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput required maxLength={100} label={t('cabinet.name')} {...form.getInputProps('name')} />
      <TextInput type="email" maxLength={254} label={t('cabinet.email')} {...form.getInputProps('email')} />
      <NativeSelect
        label={t('cabinet.role')}
        data={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
        value={role}
        onChange={(event) => chooseRole(event.currentTarget.value as Role)}
      />
      {role !== 'practice-manager' && (
        <NativeSelect
          required
          label={t(role === 'practitioner' ? 'cabinet.practitioner' : 'cabinet.place')}
          data={choices}
          {...form.getInputProps('target')}
        />
      )}
      {role === 'secretary' && (
        <Checkbox label={t('cabinet.mayChangeHours')} {...form.getInputProps('mayChangeHours', { type: 'checkbox' })} />
      )}
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t('cabinet.invite')}</Button>
      </div>
    </form>
  );
}
