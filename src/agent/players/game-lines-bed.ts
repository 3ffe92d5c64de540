import { isoTime } from '../../platform/clock.ts';

/** Makes the writer of lines as a game on a clock in India writes them into `Logs/` now, or `agoMs` milliseconds ago; each has a later time than the one before. */
export function createLogEntries() {
  let written = 0;
  return (text: string, { level = '', agoMs = 0 }: { level?: string; agoMs?: number } = {}): string => {
    written = Math.max(written + 1, Date.now());
    const time = new Date(written - agoMs + 5.5 * 3_600_000).toISOString();
    const day = `${time.slice(8, 10)}-${time.slice(5, 7)}-${time.slice(2, 4)}`;
    return `[${day} ${time.slice(11, 23)}]${level} ${text}.\n`;
  };
}

/** What build 41 prints of a connection. */
export function connectionOfBuild41(event: string, name: string, steamId: string): string {
  return `[24-09-26 18:05:09.123] > ConnectionManager: [${event}] "" connection: guid=12 ip=192.0.2.7 steam-id=${steamId} access= username="${name}" connection-type="UDPRakNet"`;
}

/** Messages as build 41 prints them at a time, in milliseconds since 1970, and as the engine gives them. */
export function printedByBuild41(messages: readonly string[], at: number): string {
  return messages.map((message) => `${isoTime(at)} o LOG  : Network     , ${at}> 914,659> ${message}`).join('\n');
}

/** What the game writes of what somebody says to all. */
export function chatMessage(author: string, text: string): string {
  return `Got message:ChatMessage{chat=General, author='${author}', text='${text}'}`;
}
