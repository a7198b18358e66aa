/** Addresses to pages. `/` is the first page that this person may open. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Frame, Home, NotFound, PageFailed } from './frame.tsx';
import { PAGES } from './pages.ts';

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });
const home = createRoute({ getParentRoute: () => root, path: '/', component: Home });
const pages = PAGES.map((page) =>
  createRoute({
    getParentRoute: () => root,
    path: page.path,
    validateSearch: page.search,
    component: lazyRouteComponent(page.load),
    errorComponent: PageFailed,
  }),
);

export const router = createRouter({
  routeTree: root.addChildren([home, ...pages]),
  defaultPreload: 'intent',
  scrollRestoration: false,
});

export { RouterProvider } from '@tanstack/react-router';
