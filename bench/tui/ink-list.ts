/**
 * A log as one draws it with Ink alone: `node ink-list.ts <command> <words…>` shows the newest lines of that command's
 * output, each a `<Text>` of its own, in Ink's alternate screen.
 */
import { spawn } from 'node:child_process';
import { Box, render, Text } from 'ink';
import { createElement, type ReactElement, useEffect, useState } from 'react';

const [command = 'true', ...words] = process.argv.slice(2);
const height = process.stdout.rows - 1;

function List(): ReactElement {
  const [lines, setLines] = useState<readonly { readonly key: number; readonly text: string }[]>([]);
  useEffect(() => {
    let rest = '';
    let key = 0;
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.on('data', (bytes: Buffer) => {
      const texts = (rest + bytes.toString('utf8')).split('\n');
      rest = texts.pop() ?? '';
      const added = texts.map((text) => {
        key += 1;
        return { key, text };
      });
      setLines((shown) => [...shown, ...added].slice(-height));
    });
    const end = (): void => {
      child.kill();
      process.exit(0);
    };
    process.on('SIGTERM', end);
  }, []);
  return createElement(
    Box,
    { flexDirection: 'column', height },
    lines.map(({ key, text }) => createElement(Text, { key, wrap: 'truncate-end' }, text)),
  );
}

render(createElement(List), { alternateScreen: true });
