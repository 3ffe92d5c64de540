const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Makes an id for a request, a server, a host, a job or an audit row: 24 characters that sort by time of making,
 * of which 75 bits are random. Letters that read alike (i, l, o, u) do not occur.
 */
export function newId(now: number = Date.now()): string {
  let time = '';
  for (let rest = now, place = 0; place < 9; place += 1) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(15))) random += alphabet.charAt(byte % 32);
  return time + random;
}
