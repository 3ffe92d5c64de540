const hidden = '******';

/** What the game and common images print beside a secret; the first group stays. */
const patterns: readonly RegExp[] = [
  // Build 41 prints each RCON packet, the one with the password among them.
  /(\bRCON: ID=-?\d+ Type=-?\d+ Body=')[^']*/g,
  /(-adminpassword[ =]+)\S+/gi,
  // A name may have spaces in it, and so may a password.
  /(\bcreated user .{1,200}? with password ).+/gi,
  /(\b(?:RCON|Server|Admin)?_?(?:Password|DiscordToken|WebhookAddress)\s*[=:]\s*)\S+/gi,
];

/** Hides secrets that the game prints by itself, known to ZedOps or not, in one line that is kept or passed on. */
export function hidePrintedSecrets(line: string): string {
  let text = line;
  for (const pattern of patterns) text = text.replace(pattern, `$1${hidden}`);
  return text;
}
