/** What a shell offers where a value stands. */
export type Completes = 'server' | 'host' | 'image' | 'job' | 'file' | 'nothing';

/** What a command says of a flag besides what its schema says. */
export interface FlagOverride {
  readonly short?: string;
  /** The word in the usage where the value stands, such as `size`. */
  readonly placeholder?: string;
  readonly help?: string;
  readonly completes?: Completes;
  readonly isHidden?: true;
}
