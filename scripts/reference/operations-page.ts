import { ErrorCode, errorCodes } from '../../src/protocol/errors.ts';
import { noProgress } from '../../src/protocol/handlers.ts';
import type { Audience, OperationShape } from '../../src/protocol/operation.ts';
import { operations } from '../../src/protocol/operations/index.ts';
import { code, generatedNote, table } from './markdown.ts';
import { fieldsOf, shapeOf } from './schema-text.ts';

const askers: Readonly<Record<Audience, string>> = {
  people: 'people, by `POST /v1/<subject>` or the command line',
  nobody: 'anyone: it is how one signs in or joins',
  manager: 'the manager of the agent',
  agent: 'an agent of its manager',
  peer: 'either end of a wire',
};

/** The page of every operation, in the order of the source. */
export function operationsPage(): string {
  const nouns = [...new Set(operations.map(({ subject }) => nounOf(subject)))];
  return `${[
    generatedNote,
    '# Operations',
    'Everything ZedOps can do is one of these. People ask by `POST /v1/<subject>` with a JSON body, `manager` and `agent` ask over their wire; permission, audit and redaction are the same for all.',
    '## Errors',
    'Every failure has one of these codes, as `{ "error": { "code", "message", "hint" } }` over HTTP and as exit code of the command line.',
    table(
      ['code', 'exit code', 'HTTP', 'asking again may help'],
      ErrorCode.options.map((name) => {
        const { exit, http, retry } = errorCodes[name];
        return [code(name), String(exit), String(http), retry ? 'yes' : 'no'];
      }),
    ),
    ...nouns.flatMap((noun) => [
      `## ${noun}`,
      ...operations.filter(({ subject }) => nounOf(subject) === noun).map(describe),
    ]),
  ].join('\n\n')}\n`;
}

function nounOf(subject: string): string {
  return subject.split('.')[0] ?? subject;
}

function describe(operation: OperationShape): string {
  const { subject, summary, request, progress, reply } = operation;
  const fields = fieldsOf(request, 'input');
  const answer = fieldsOf(reply, 'output');
  return [
    `### ${subject}`,
    `${summary}.`,
    facts(operation)
      .map((fact) => `- ${fact}`)
      .join('\n'),
    fields.length === 0
      ? 'Request: `{}`'
      : table(
          ['request', 'type', 'default', ''],
          fields.map(({ name, type, isRequired, fallback, help }) => [
            code(name),
            type,
            code(fallback ?? '') || (isRequired ? 'required' : ''),
            help,
          ]),
        ),
    answer.length === 0
      ? 'Reply: `{}`'
      : table(
          ['reply', 'type'],
          answer.map(({ name, type, isRequired }) => [code(isRequired ? name : `${name}?`), type]),
        ),
    ...(progress === noProgress ? [] : [`Progress: ${code(shapeOf(progress, 'output'))}`]),
  ].join('\n\n');
}

function facts(operation: OperationShape): string[] {
  const { audience, permission, effect, runsOn, timeoutMs, lasting, lock } = operation;
  return [
    `Asked by ${askers[audience]}; carried out by the ${runsOn}.`,
    `Permission: ${permission === 'none' ? 'none of its own' : code(permission)}. Effect: ${effect}${effect === 'read' ? '' : ', audited'}.`,
    timeoutMs === 0 ? 'Never times out.' : `Times out after ${timeoutMs / 1000} s without a word.`,
    ...(lasting === 'job' ? ['Goes on as a job when the asker leaves.'] : []),
    ...(lock === 'server' ? ['One at a time for each server.'] : []),
    ...(lock === 'passes' ? ['Goes through while another operation holds the server.'] : []),
  ];
}
