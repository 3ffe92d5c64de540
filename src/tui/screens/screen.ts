import type { ReactElement } from 'react';

/** A screen: what a route names. It fills `rows` rows. */
export interface Screen {
  readonly id: string;
  readonly Component: (props: { readonly rows: number }) => ReactElement;
}
