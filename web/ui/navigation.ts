/** Where one is and how to go elsewhere; with `router.tsx` the door of @tanstack/react-router. */
import { useNavigate, useRouterState, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { Page } from './page.ts';

export { Link, Navigate, Outlet } from '@tanstack/react-router';

/** The search parameters of the page that is shown, as its own `search` read them. */
export function usePageSearch<Search extends object>(_page: Page<Search>): Search {
  return useSearch({ strict: false }) as Search;
}

/** Opens a page, or shows the same page with other parameters. */
export function useOpen(): <Search extends object>(page: Page<Search>, search: Search, replace?: boolean) => void {
  const navigate = useNavigate();
  return useCallback(
    (page, search, replace = false) => void navigate({ to: page.path, search: search as never, replace }),
    [navigate],
  );
}

export function usePath(): string {
  return useRouterState({ select: (state) => state.location.pathname });
}
