/** The fields of an availability or an absence: open or closed, the days, the hours, the repetition. */
import { Checkbox, Group, Radio, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { type AvailabilityValues, DAY_CODES, dayCode } from '../../schedule/availability.ts';

export interface AvailabilityFieldsProps {
  form: UseFormReturnType<AvailabilityValues>;
}

export function AvailabilityFields({ form }: AvailabilityFieldsProps) {
  const { t } = useTranslation();
  const { type, isWeekly } = form.values;
  const isAbsence = type === 'busy-unavailable';
  const hasLastDay = isAbsence && !isWeekly;
  return (
    <>
      <Radio.Group label={t('agenda.what')} {...form.getInputProps('type')}>
        <Group mt="xs">
          <Radio value="free" label={t('agenda.open')} />
          <Radio value="busy-unavailable" label={t('agenda.absence')} />
        </Group>
      </Radio.Group>
      <div className="fields">
        <TextInput
          type="date"
          required
          label={hasLastDay ? t('agenda.firstDay') : t('booking.day')}
          {...form.getInputProps('day')}
        />
        {hasLastDay && <TextInput type="date" label={t('agenda.lastDay')} {...form.getInputProps('lastDay')} />}
        <TextInput type="time" required label={t('agenda.from')} {...form.getInputProps('from')} />
        <TextInput type="time" required label={t('agenda.to')} {...form.getInputProps('to')} />
      </div>
      {isAbsence && (
        <TextInput
          label={t('agenda.reason')}
          description={t('agenda.reasonHelp')}
          maxLength={200}
          {...form.getInputProps('reason')}
        />
      )}
    </>
  );
}

/** Every week, on which days, until when. */
export function RepeatFields({ form }: AvailabilityFieldsProps) {
  const { t } = useTranslation();
  const { isWeekly, day, days } = form.values;
  return (
    <>
      <Checkbox
        label={t('agenda.weekly')}
        checked={isWeekly}
        onChange={(event) =>
          form.setValues({ isWeekly: event.currentTarget.checked, days: days.length > 0 ? days : [dayCode(day)] })
        }
      />
      {isWeekly && (
        <>
          <Checkbox.Group label={t('agenda.days')} {...form.getInputProps('days')}>
            <Group mt="xs" gap="sm">
              {DAY_CODES.map((code) => (
                <Checkbox key={code} value={code} label={t(`day.${code}`)} />
              ))}
            </Group>
          </Checkbox.Group>
          <TextInput
            type="date"
            label={t('agenda.until')}
            description={t('agenda.untilHelp')}
            {...form.getInputProps('until')}
          />
        </>
      )}
    </>
  );
}
