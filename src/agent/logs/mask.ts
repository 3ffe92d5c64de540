/** Replaces the secrets of one server in its own output, where a game or a mod prints them. */
export type MaskSecrets = (text: string) => string;

/** Shorter secrets are left alone: masking a word like `admin` everywhere would make the log lie. */
const shortestMasked = 6;

/** Makes the mask for some secret values. Values stand out only as whole words, so that numbers inside times never match. */
export function createSecretMask(secrets: readonly string[]): MaskSecrets {
  const words = [...new Set(secrets)].filter((secret) => secret.length >= shortestMasked);
  if (words.length === 0) return (text) => text;
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`(?<![A-Za-z0-9])(?:${escaped.join('|')})(?![A-Za-z0-9])`, 'g');
  return (text) => (words.some((word) => text.includes(word)) ? text.replace(pattern, '******') : text);
}
