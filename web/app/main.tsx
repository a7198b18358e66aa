/** Starts the application: texts, styles, data, addresses. */
import { createTheme, Loader, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { Unreachable } from '../fhir/client.ts';
import { openTexts, t } from '../ui/texts.ts';
import { router, RouterProvider } from './router.tsx';
import { SessionProvider } from './session.tsx';
import '../ui/styles.css';
import '../ui/theme.css';
import '../ui/theme-dark.css';
import '../ui/layout.css';
import './frame.css';

const client = new QueryClient({
  defaultOptions: {
    // The browser's view of the network says nothing about a server on this machine.
    queries: {
      networkMode: 'always',
      retry: (count, error) => error instanceof Unreachable && count < 1,
      retryDelay: 300,
      staleTime: 5_000,
      refetchOnWindowFocus: true,
    },
    mutations: { networkMode: 'always', retry: false },
  },
});

/** The Content-Security-Policy takes styles from files only: Mantine makes no class and no variable at run time. */
const theme = createTheme({ cursorType: 'pointer', focusRing: 'auto', respectReducedMotion: true });

await openTexts();
createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={client}>
    <MantineProvider theme={theme} withCssVariables={false} withGlobalClasses={false} defaultColorScheme="auto">
      <Notifications position="bottom-right" />
      <SessionProvider waiting={<Loader m="xl" aria-label={t('app.loading')} />}>
        <RouterProvider router={router} />
      </SessionProvider>
    </MantineProvider>
  </QueryClientProvider>,
);
