/** Links and moves between pages; with `app/router.tsx` the door of @tanstack/react-router. */
import { useNavigate, useRouterState, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export { Link, Navigate, Outlet } from '@tanstack/react-router';

/** The parameters of the page that is shown, as its own reader has read them. */
export function useParams<Params extends object>(): Params {
  return useSearch({ strict: false }) as Params;
}

/** Opens the page at this path. */
export function useOpen<Params extends object>(path: string): (params: Params, replace?: boolean) => void {
  const navigate = useNavigate();
  return useCallback(
    (params, replace = false) => void navigate({ to: path, search: params as never, replace }),
    [navigate, path],
  );
}

export function usePath(): string {
  return useRouterState({ select: (state) => state.location.pathname });
}
