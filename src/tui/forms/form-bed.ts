import type { ImageTemplate } from '../../zomboid/images/image-template.ts';
import { parseImageTemplate } from '../../zomboid/images/read-image-template.ts';

/** The two texts of an image with one field of each kind, as a manager sends them. */
export const bedImage = {
  image: `title: A game for tests
registry: example.org/game
tag: latest
volumes: { data: /data }
ports:
  - { name: game, env: GAME_PORT, port: 16261 }
  - { name: direct, env: DIRECT_PORT, port: 16262 }
rcon: { env: RCON_PORT, port: 27015, password: RCON_PASSWORD }
`,
  template: `# @section Game

# Password of the account "admin".
# @title Admin password
# @kind secret @required @min 4
ADMIN_PASSWORD=

# Most players at once.
# @title Players
# @kind integer @min 1 @max 100
MAX_PLAYERS=32

# Players can hurt each other.
# @title PvP
# @kind boolean
# PVP=true

# How hard it is.
# @title Difficulty
# @kind choice @choices easy,normal,hard
DIFFICULTY=normal

# Mod ids, separated by semicolons.
# @title Mods
# @kind list
# MODS=

# @section Network

# UDP port of the game.
# @title Game port
# @kind port
GAME_PORT=16261

# UDP port of direct connections.
# @title Direct port
# @kind port
DIRECT_PORT=16262

# TCP port of the remote console.
# @title RCON port
# @kind port @choices 0
RCON_PORT=27015

# Password of the remote console. Left empty ZedOps makes one.
# @title RCON password
# @kind secret
RCON_PASSWORD=
`,
} as const;

/** {@link bedImage}, read. */
export function bedTemplate(): ImageTemplate {
  const parsed = parseImageTemplate('game', bedImage.image, bedImage.template);
  if ('template' in parsed) return parsed.template;
  throw new Error(parsed.faults.join('\n'));
}
