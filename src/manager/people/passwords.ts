import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { ZedopsError } from '../../protocol/errors.ts';

/** Hashes passwords and checks them, at most two at once: each takes 64 MiB and a good part of a second of one core. */
export interface Passwords {
  /** @throws ZedopsError UNREACHABLE when too many are waiting. */
  hash(password: string): Promise<string>;
  /** Takes as long for someone who is not there (`undefined`), and says no. */
  verify(password: string, hash: string | undefined): Promise<boolean>;
}

interface Costs {
  /** Logarithm of N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** 128 · r · 2^16 = 64 MiB. */
const defaultCosts: Costs = { ln: 16, r: 8, p: 1 };
const saltBytes = 16;
const hashBytes = 32;
const atOnce = 2;
const mostWaiting = 64;

/** `$scrypt$ln=16,r=8,p=1$<salt>$<hash>`, in base64url. */
const shape = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{22,64})\$([\w-]{43})$/;

/** Makes the hasher of passwords. Costs are written into each hash, so that they can be raised later; tests lower them. */
export function createPasswords(costs: Costs = defaultCosts): Passwords {
  const limited = createQueue();
  const nobody = { costs, salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) };
  return {
    async hash(password) {
      const salt = randomBytes(saltBytes);
      const hash = await limited(() => derive(password, salt, costs));
      const { ln, r, p } = costs;
      return `$scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
    },
    async verify(password, stored) {
      const known = stored === undefined ? undefined : parse(stored);
      const { salt, hash, costs: used } = known ?? nobody;
      const given = await limited(() => derive(password, salt, used));
      return timingSafeEqual(given, hash) && known !== undefined;
    },
  };
}

/** Two keyboards write one accented letter in different ways; NFKC makes them one password. */
function derive(password: string, salt: Buffer, { ln, r, p }: Costs): Promise<Buffer> {
  const N = 2 ** ln;
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, hashBytes, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

function parse(stored: string): { readonly costs: Costs; readonly salt: Buffer; readonly hash: Buffer } {
  const [, ln, r, p, salt = '', hash = ''] = shape.exec(stored) ?? [];
  const costs = { ln: Number(ln), r: Number(r), p: Number(p) };
  if (hash === '' || costs.ln > 20 || costs.r > 16 || costs.p > 4) {
    throw new ZedopsError('INTERNAL', 'The database holds a password hash that ZedOps cannot read');
  }
  return { costs, salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') };
}

function createQueue(): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= atOnce) {
      if (waiting.length >= mostWaiting) {
        throw new ZedopsError('UNREACHABLE', 'Too many people are signing in at once; try again in a minute');
      }
      // Whoever ends hands its place over, so `running` stays as it is.
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    } else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
