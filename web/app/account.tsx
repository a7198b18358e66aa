/** The language, and the person who is logged in with the way out. */
import { Button, Menu } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ask } from '../fhir/client.ts';
import { useSession } from '../ui/session.ts';
import { language, speak } from '../ui/texts.ts';

export function Account() {
  const { t } = useTranslation();
  const { me } = useSession();
  const otherLanguage = language() === 'en' ? 'fr' : 'en';
  return (
    <>
      <Button variant="subtle" size="compact-sm" lang={otherLanguage} onClick={() => void speak(otherLanguage)}>
        {t('app.otherLanguage')}
      </Button>
      {me.person !== null && (
        <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
          <Menu.Target>
            <Button variant="default" size="compact-md">
              {me.person.name}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{me.person.roles.map((role) => t(`role.${role}`)).join(', ')}</Menu.Label>
            <Menu.Item component="a" href="/auth/sessions">
              {t('login.sessions')}
            </Menu.Item>
            <Menu.Item onClick={() => void logOut()}>{t('login.leave')}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}

/** The identity provider may have a page of its own to log out. */
async function logOut(): Promise<void> {
  const { json } = await ask('/auth/logout', { method: 'POST' });
  location.assign(json?.redirect ?? '/');
}
