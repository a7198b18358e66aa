/** The addresses of the pages. `/` is the first page that the person may open. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import type { PageProps } from '../ui/params.ts';
import { useOpen, useParams } from '../ui/navigation.ts';
import { withTexts } from '../ui/texts.ts';
import { Frame } from './frame.tsx';
import { Home, NotFound, PageFailed } from './fallbacks.tsx';
import { type Page, PAGES } from './pages.ts';

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });
const home = createRoute({ getParentRoute: () => root, path: '/', component: Home });
const pages = PAGES.map((page) =>
  createRoute({
    getParentRoute: () => root,
    path: page.path,
    validateSearch: page.read,
    component: lazyRouteComponent(async () => ({ default: withProps(page, (await loaded(page)).default) })),
    errorComponent: PageFailed,
  }),
);

function loaded(page: Page): ReturnType<Page['load']> {
  return page.isFirst ? page.load() : withTexts(page.load());
}

function withProps(page: Page, Body: ComponentType<PageProps<object>>): ComponentType {
  return function RoutedPage() {
    return <Body params={useParams()} go={useOpen(page.path)} />;
  };
}

export const router = createRouter({
  routeTree: root.addChildren([home, ...pages]),
  defaultPreload: 'intent',
  scrollRestoration: false,
});

export { RouterProvider } from '@tanstack/react-router';
