import type { Catalog } from './command.ts';
import type { Completes } from './flag-override.ts';
import { argumentsOf, type Flag, globalFlags, optionsOf } from './flags.ts';

/** What may stand at one place of a command line. */
interface Place {
  /** Words before it, options left out: ``, `server`, `server stop`. */
  readonly words: string;
  readonly offers: readonly string[];
  /** Asked for when the line is completed. */
  readonly names: Completes;
  readonly flags: readonly Flag[];
}

/** Makes the completion script of a shell: words are part of it, names are asked for with `zedops __complete`. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', catalog: Catalog): string {
  const places = placesOf(catalog);
  if (shell === 'fish') return fishScript(places);
  return shell === 'bash' ? bashScript(places) : zshScript(places);
}

function placesOf({ nouns, shortForms, commands }: Catalog): readonly Place[] {
  const places: Place[] = [
    {
      words: '',
      offers: [...nouns, ...Object.keys(shortForms).filter((form) => !form.includes(' ')), 'help'],
      names: 'nothing',
      flags: [],
    },
  ];
  for (const noun of nouns) {
    const verbs = commands.flatMap(({ words }) => (words.startsWith(`${noun} `) ? [words.slice(noun.length + 1)] : []));
    if (verbs.length > 0) places.push({ words: noun, offers: verbs, names: 'nothing', flags: [] });
  }
  for (const command of commands) {
    const [first] = argumentsOf(command);
    const flags = optionsOf(command).filter(({ isHidden }) => !isHidden);
    for (const words of command.short === undefined ? [command.words] : [command.words, command.short]) {
      places.push({ words, offers: first?.choices ?? [], names: first?.completes ?? 'nothing', flags });
    }
  }
  return places;
}

/** Every option that is followed by a value, in all commands. */
function valueFlags(places: readonly Place[]): readonly Flag[] {
  const all = [...globalFlags, ...places.flatMap(({ flags }) => flags)];
  const byName = new Map(
    all.filter(({ kind }) => kind === 'value' || kind === 'list').map((flag) => [flag.name, flag]),
  );
  return [...byName.values()];
}

function spelled({ name, short }: Flag): string[] {
  return short === undefined ? [name] : [name, `-${short}`];
}

/** The function both bash and zsh use: says what may stand after `words`, where the word before is `before`. */
function sharedFunction(places: readonly Place[]): string {
  const ask = (names: Completes | 'profile'): string =>
    names === 'nothing' || names === 'file' ? '' : `command "$__zedops" __complete ${names} 2>/dev/null`;
  const flagArms = valueFlags(places).map((flag) => {
    const reply = flag.choices.length > 0 ? `printf '%s\\n' ${flag.choices.join(' ')}` : ask(flagNames(flag));
    const files = flag.completes === 'file' ? 'echo :files' : '';
    return `    ${spelled(flag).join('|')}) ${reply || files || ':'}; return ;;`;
  });
  const common = globalFlags.flatMap(spelled).join(' ');
  const optionArms = places.map(
    ({ words, flags }) => `      '${words}') printf '%s\\n' ${[...flags.flatMap(spelled), common].join(' ')} ;;`,
  );
  const wordArms = places
    .filter(({ offers, names }) => offers.length > 0 || ask(names) !== '')
    .map(({ words, offers, names }) => {
      const reply = offers.length > 0 ? `printf '%s\\n' ${offers.join(' ')}` : ask(names);
      return `    '${words}') ${reply} ;;`;
    });
  return `__zedops_offers() {
  local before="$1" current="$2" words="$3"
  case "$before" in
${flagArms.join('\n')}
  esac
  if [[ "$current" == -* ]]; then
    case "$words" in
${optionArms.join('\n')}
      *) printf '%s\\n' ${common} ;;
    esac
    return
  fi
  case "$words" in
${wordArms.join('\n')}
  esac
}
__zedops_takes_value() {
  case "$1" in
    ${valueFlags(places).flatMap(spelled).join('|')}) return 0 ;;
  esac
  return 1
}`;
}

function flagNames(flag: Flag): Completes | 'profile' {
  return flag.name === '--profile' ? 'profile' : flag.completes;
}

function bashScript(places: readonly Place[]): string {
  return `# bash completion of zedops
${sharedFunction(places)}
_zedops() {
  local __zedops="\${COMP_WORDS[0]}" current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local words="" skip="" index word offers
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [[ -n "$skip" ]]; then skip=""; continue; fi
    if __zedops_takes_value "$word"; then skip=1; continue; fi
    [[ "$word" == -* ]] || words="\${words:+$words }$word"
  done
  offers="$(__zedops_offers "$before" "$current" "$words")"
  if [[ "$offers" == ":files" ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
    compopt -o filenames 2>/dev/null
  else
    COMPREPLY=($(compgen -W "$offers" -- "$current"))
  fi
}
complete -F _zedops zedops
`;
}

function zshScript(places: readonly Place[]): string {
  return `#compdef zedops
# zsh completion of zedops
${sharedFunction(places)}
_zedops() {
  local __zedops="\${words[1]}" current="\${words[CURRENT]}" before="\${words[CURRENT-1]}"
  local typed="" skip="" index word
  local -a offers
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    if [[ -n "$skip" ]]; then skip=""; continue; fi
    if __zedops_takes_value "$word"; then skip=1; continue; fi
    [[ "$word" == -* ]] || typed="\${typed:+$typed }$word"
  done
  offers=("\${(@f)$(__zedops_offers "$before" "$current" "$typed")}")
  if [[ "\${offers[1]}" == ":files" ]]; then
    _files
  else
    compadd -- \${offers:#}
  fi
}
if [[ "\${funcstack[1]}" == "_zedops" ]]; then
  _zedops "$@"
else
  compdef _zedops zedops
fi
`;
}

function fishScript(places: readonly Place[]): string {
  const lines = places.flatMap(({ words, offers, names, flags }) => {
    const at = `-n '__zedops_at "${words}"'`;
    const ask = names === 'nothing' || names === 'file' ? '' : `(command zedops __complete ${names} 2>/dev/null)`;
    const offer = offers.length > 0 ? offers.join(' ') : ask;
    const options = flags.map((flag) => {
      const long = `-l ${flag.name.slice(2)}`;
      const short = flag.short === undefined ? '' : ` -s ${flag.short}`;
      return `complete -c zedops -n '__zedops_within "${words}"' ${long}${short}${fishValue(flag)} -d '${flag.help.replaceAll("'", '’')}'`;
    });
    return [...(offer === '' ? [] : [`complete -c zedops ${at} -a '${offer}'`]), ...options];
  });
  const common = globalFlags.map((flag) => {
    const short = flag.short === undefined ? '' : ` -s ${flag.short}`;
    return `complete -c zedops -l ${flag.name.slice(2)}${short}${fishValue(flag)} -d '${flag.help}'`;
  });
  return `# fish completion of zedops
function __zedops_words
  set -l typed
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    if contains -- $word ${valueFlags(places).flatMap(spelled).join(' ')}
      set skip 1
      continue
    end
    string match -q -- '-*' $word; or set -a typed $word
  end
  string join ' ' -- $typed
end
function __zedops_at
  test (__zedops_words | string collect --allow-empty) = "$argv[1]"
end
function __zedops_within
  set -l typed (__zedops_words | string collect --allow-empty)
  test "$typed" = "$argv[1]"; or string match -q -- "$argv[1] *" "$typed"
end
complete -c zedops -f
${[...lines, ...common].join('\n')}
`;
}

function fishValue(flag: Flag): string {
  if (flag.kind !== 'value' && flag.kind !== 'list') return '';
  if (flag.choices.length > 0) return ` -x -a '${flag.choices.join(' ')}'`;
  const names = flagNames(flag);
  if (names === 'file') return ' -r -F';
  return names === 'nothing' ? ' -x' : ` -x -a '(command zedops __complete ${names} 2>/dev/null)'`;
}
