/** The limits of a kind of visit: how long before, how far ahead, how many; for all audiences, or for some. */
import { Button, Checkbox, Group, NativeSelect, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { AUDIENCES, type KindValues, NEW_LIMIT, WEEKDAYS } from '../../schedule/kinds.ts';

export type KindFormState = UseFormReturnType<KindValues>;

const MAX_LIMITS = 4;

export function KindLimits({ form }: { form: KindFormState }) {
  const { t } = useTranslation();
  const { limits } = form.values;
  return (
    <>
      {limits.map((_limit, i) => (
        <Limit key={i} form={form} position={i} />
      ))}
      {limits.length < MAX_LIMITS && (
        <div>
          <Button variant="default" onClick={() => form.insertListItem('limits', NEW_LIMIT)}>
            {t(limits.length === 0 ? 'limits.add' : 'limits.addMore')}
          </Button>
        </div>
      )}
    </>
  );
}

function Limit({ form, position }: { form: KindFormState; position: number }) {
  const { t } = useTranslation();
  const field = (name: string) => form.getInputProps(`limits.${position}.${name}`);
  return (
    <fieldset className="stack">
      <legend>{t('limits.title', { number: position + 1 })}</legend>
      <Checkbox.Group label={t('limits.for')} {...field('audiences')}>
        <Group mt="xs">
          {AUDIENCES.map((audience) => (
            <Checkbox key={audience} value={audience} label={t(`audience.${audience}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      <div className="fields">
        <TextInput inputMode="decimal" label={t('limits.notice')} {...field('noticeHours')} />
        <TextInput type="number" min={1} max={732} label={t('limits.horizon')} {...field('horizonDays')} />
      </div>
      <Checkbox
        label={t('limits.notSameDay')}
        {...form.getInputProps(`limits.${position}.notSameDay`, { type: 'checkbox' })}
      />
      <div className="fields">
        <TextInput type="number" min={1} max={1000} label={t('limits.perDay')} {...field('perDay')} />
        <TextInput type="number" min={1} max={5000} label={t('limits.perWeek')} {...field('perWeek')} />
      </div>
      <Release form={form} position={position} />
      <div>
        <Button variant="default" onClick={() => form.removeListItem('limits', position)}>
          {t('limits.remove', { number: position + 1 })}
        </Button>
      </div>
    </fieldset>
  );
}

/** « Ouvre le lundi à 8 h pour 4 semaines » */
function Release({ form, position }: { form: KindFormState; position: number }) {
  const { t } = useTranslation();
  const field = (name: string) => form.getInputProps(`limits.${position}.${name}`);
  const isReleased = form.values.limits[position]!.releaseDay !== '';
  return (
    <div className="fields">
      <NativeSelect
        label={t('limits.releaseDay')}
        data={[
          { value: '', label: t('limits.noRelease') },
          ...WEEKDAYS.map((day) => ({ value: day, label: t(`day.${dayCode(day)}`) })),
        ]}
        {...field('releaseDay')}
      />
      {isReleased && <TextInput type="time" required label={t('limits.releaseAt')} {...field('releaseAt')} />}
      {isReleased && (
        <TextInput
          type="number"
          required
          min={1}
          max={52}
          label={t('limits.releaseWeeks')}
          {...field('releaseWeeks')}
        />
      )}
    </div>
  );
}

function dayCode(day: (typeof WEEKDAYS)[number]): 'MO' | 'TU' | 'WE' | 'TH' | 'FR' | 'SA' | 'SU' {
  return day.slice(0, 2).toUpperCase() as 'MO';
}
