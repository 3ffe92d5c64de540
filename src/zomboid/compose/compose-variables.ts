const deepest = 50;

/**
 * Fills in `$NAME`, `${NAME}`, `${NAME:-other}`, `${NAME-other}` and `${NAME:?…}` in every text of a compose file, as
 * Compose does; `$$` is a dollar sign. A name without a value is a fault, where Compose would take it for empty.
 */
export function expandVariables(
  value: unknown,
  variables: Readonly<Record<string, string>>,
): { readonly value: unknown; readonly faults: readonly string[] } {
  const faults = new Set<string>();
  const expand = (text: string): string =>
    text.replace(
      /\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?])([^}]*))?\})/g,
      (match, plain: string | undefined, braced: string | undefined, mark: string | undefined, other = '') => {
        if (match === '$$') return '$';
        const name = plain ?? braced ?? '';
        const known = Object.hasOwn(variables, name) ? variables[name] : undefined;
        if (known !== undefined && (known !== '' || !mark?.startsWith(':'))) return known;
        if (mark?.endsWith('-')) return String(other);
        faults.add(`$${name} has no value; put it into the .env beside the file`);
        return '';
      },
    );
  const walk = (node: unknown, depth: number): unknown => {
    if (typeof node === 'string') return expand(node);
    if (depth > deepest || typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return node.map((inner) => walk(inner, depth + 1));
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, walk(inner, depth + 1)]));
  };
  return { value: walk(value, 0), faults: [...faults] };
}
