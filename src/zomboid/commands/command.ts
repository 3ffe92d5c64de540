/** The generations of the game whose commands are known. */
export type Build = '41' | '42';

/** What an argument of a command is. */
export type ArgumentKind =
  | 'player'
  | 'player-or-place'
  | 'item'
  | 'access-level'
  | 'steam-id'
  | 'address'
  | 'coordinates'
  | 'number'
  | 'flag'
  | 'option'
  | 'choice'
  | 'command'
  /** One word without spaces. */
  | 'word'
  /** A sentence for people: quotes in it become apostrophes. */
  | 'text'
  /** The value of an option, which may be empty. */
  | 'value'
  | 'secret';

/** One argument of a command, in the place where the game expects it. */
export interface Argument {
  /** Unique in its command; `args` of a command line name it so. */
  readonly name: string;
  readonly kind: ArgumentKind;
  /** What stands before it, such as `-r`; for the kind `flag` it is all there is. */
  readonly flag?: string;
  readonly isOptional?: true;
  readonly least?: number;
  readonly most?: number;
  /** All there are, for `choice`; those of the game itself for `access-level`, to which build 42 lets an admin add. */
  readonly choices?: readonly string[];
}

/** Who may send a command: one of the permissions of the protocol. */
export type CommandPermission = 'server:read' | 'player:manage' | 'server:console' | 'server:control';

/** A command of the game's console. Names, syntax and answers are the game's; the help is ours. */
export interface GameCommand {
  readonly names: readonly [name: string, ...aliases: string[]];
  /** The build that alone has it, or has it so; absent: both have. */
  readonly build?: Build;
  readonly args: readonly Argument[];
  /** One sentence without a full stop. */
  readonly help: string;
  readonly effect: 'read' | 'write' | 'destroy';
  readonly permission: CommandPermission;
  /** What it answers when it has done it; absent: any answer but a known refusal is taken for one. */
  readonly done?: RegExp;
  /** The game's own `help` leaves it out. */
  readonly isHidden?: true;
  /** It acts on the one who says it, and so needs a player in the game. */
  readonly isForPlayers?: true;
}

/** A player's name. */
export const player: Argument = { name: 'player', kind: 'player' };

/** Why, for those it is done to. */
export const reason: Argument = { name: 'reason', kind: 'text', flag: '-r', isOptional: true };

/** On or off; the game takes on where nothing is said, or turns it round. */
export const state: Argument = { name: 'state', kind: 'choice', choices: ['-true', '-false'], isOptional: true };

/** A Steam account. */
export const steamId: Argument = { name: 'steamId', kind: 'steam-id' };
