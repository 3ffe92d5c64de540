import { LineField } from './LineField.tsx';

/** The line in which the filter of a list is typed: Enter keeps it, Escape takes it away. */
export function FilterField({
  filter,
  onChange,
  onDone,
}: {
  readonly filter: string;
  readonly onChange: (filter: string) => void;
  readonly onDone: () => void;
}) {
  return (
    <LineField
      label="filter: "
      first={filter}
      onChange={onChange}
      onEnter={onDone}
      onEscape={() => {
        onChange('');
        onDone();
      }}
    />
  );
}
