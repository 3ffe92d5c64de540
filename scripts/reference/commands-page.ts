import { allCommands } from '../../src/cli/grammar/catalog.ts';
import { commonExits, describeCommand } from '../../src/cli/grammar/help.ts';
import { code, generatedNote, table } from './markdown.ts';

/** The page of every command, in the order of the help. */
export async function commandsPage(): Promise<string> {
  const commands = (await allCommands()).filter(({ isHidden }) => !isHidden).map(describeCommand);
  return `${[
    generatedNote,
    '# Commands',
    'Every command takes `--json`, `--quiet` and `--help`. The result goes to stdout, all talk to stderr.',
    '## Exit codes',
    table(['code', 'meaning'], Object.entries(commonExits)),
    ...commands.map((command) => {
      const flags = [...command.arguments, ...command.options];
      const exits = Object.entries(command.exits);
      return [
        `## zedops ${command.name}`,
        `${command.summary}.${command.subject === undefined ? '' : ` Asks for ${operationLink(command.subject)}.`}`,
        fence(command.usage),
        ...command.details,
        ...(flags.length === 0
          ? []
          : [
              table(
                ['', ''],
                flags.map(({ usage, help }) => [code(usage), help]),
              ),
            ]),
        ...(exits.length === 0 ? [] : [table(['exit code', 'meaning'], exits)]),
        ...(command.examples.length === 0 ? [] : [fence(command.examples.map((example) => `$ ${example}`))]),
      ].join('\n\n');
    }),
  ].join('\n\n')}\n`;
}

/** A link as GitHub makes the anchors of headings: without dots. */
function operationLink(subject: string): string {
  return `[${code(subject)}](operations.md#${subject.replaceAll('.', '')})`;
}

function fence(lines: readonly string[]): string {
  return `\`\`\`\n${lines.join('\n')}\n\`\`\``;
}
