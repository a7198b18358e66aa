/** The phones and programs that read and write the agenda: a password for each, shown once, and the end of each. */
import { Button, Checkbox, Group, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dayIn } from '../../fhir/zone.ts';
import { shortDay } from '../../ui/dates.ts';
import { notify, notifyFailure } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { addDevice, type Device, type ListedDevice, listedDevices, revokeDevice } from './calendar-operations.ts';

export function Devices({ agenda, zone }: { agenda: string; zone: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [label, setLabel] = useState('');
  const [withNames, setWithNames] = useState(false);
  const [device, setDevice] = useState<Device>();
  const queryKey = ['agenda', agenda, 'devices'];
  const { data, error } = useQuery({ queryKey, queryFn: ({ signal }) => listedDevices(agenda, signal) });
  const attempt = (work: () => Promise<void>) => () =>
    void work()
      .catch(notifyFailure)
      .finally(() => void client.invalidateQueries({ queryKey }));
  const add = attempt(async () => {
    setDevice(await addDevice(agenda, label.trim(), withNames));
    setLabel('');
  });
  const revoke = (username: string) =>
    attempt(async () => {
      await revokeDevice(agenda, username);
      if (device?.username === username) setDevice(undefined);
      notify({ title: t('calendars.revoked') });
    });
  return (
    <section className="stack" aria-label={t('calendars.devices')}>
      <h2>{t('calendars.devices')}</h2>
      <RefusalAlert error={error} />
      {data?.map((listed) => (
        <ListedDeviceSheet key={listed.username} device={listed} zone={zone} revoke={revoke(listed.username)} />
      ))}
      <div className="sheet stack">
        <p>{t('calendars.devicesHelp')}</p>
        <TextInput
          label={t('calendars.deviceLabel')}
          value={label}
          maxLength={80}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <Checkbox
          label={t('calendars.withNames')}
          checked={withNames}
          onChange={(event) => setWithNames(event.currentTarget.checked)}
        />
        <Group>
          <Button onClick={add}>{t('calendars.addDevice')}</Button>
        </Group>
        {device !== undefined && <Credentials device={device} />}
      </div>
    </section>
  );
}

function ListedDeviceSheet(props: { device: ListedDevice; zone: string; revoke: () => void }) {
  const { t } = useTranslation();
  const { label, username, holder, showsNames, createdAt } = props.device;
  const name = label ?? username;
  const day = shortDay(dayIn(createdAt, props.zone));
  return (
    <article className="sheet stack" aria-label={name}>
      <div className="bar">
        <h3 className="title">{name}</h3>
        <Button variant="default" onClick={props.revoke} aria-label={t('calendars.revokeOf', { name })}>
          {t('calendars.revoke')}
        </Button>
      </div>
      <p>{t(showsNames ? 'calendars.deviceWithNames' : 'calendars.deviceOf', { holder, day })}</p>
    </article>
  );
}

function Credentials({ device: { url, username, password } }: { device: Device }) {
  const { t } = useTranslation();
  return (
    <div role="status">
      <p>{t('calendars.once')}</p>
      <dl className="facts">
        <dt>{t('calendars.server')}</dt>
        <dd>{url}</dd>
        <dt>{t('calendars.username')}</dt>
        <dd>{username}</dd>
        <dt>{t('calendars.password')}</dt>
        <dd>{password}</dd>
      </dl>
    </div>
  );
}
