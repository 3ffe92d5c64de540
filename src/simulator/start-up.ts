import type { ConsoleLevel } from '../zomboid/console/console-line.ts';
import type { Dialect } from './dialect.ts';
import type { ServerOptions } from './server-files.ts';

/** One line of a start. Without a category it is printed without a header. */
export interface StartLine {
  readonly category?: string;
  readonly level?: ConsoleLevel;
  readonly caller?: string;
  readonly text: string;
}

/** A part of a start: its lines come evenly over its share of the time. */
export interface StartStep {
  /** Share of the whole start-up time; the shares of all steps add up to 1. */
  readonly share: number;
  readonly lines: readonly StartLine[];
}

/** What the lines of a start depend on. */
export interface StartFacts {
  readonly dialect: Dialect;
  readonly options: ServerOptions;
  readonly dataFolder: string;
  readonly serverName: string;
}

const list = (value: string): readonly string[] => value.split(';').filter((word) => word !== '');
const general = (text: string): StartLine => ({ category: 'General', text });
const network = (text: string): StartLine => ({ category: 'Network', text });

/** The first words of a start, before the game's network is up. */
export function launchStep({ dialect, dataFolder, serverName }: StartFacts): StartStep {
  return {
    share: 0.05,
    lines: [
      { text: `cachedir set to "${dataFolder}".` },
      general(dialect.versionLine),
      general(`server name is "${serverName}"`),
      network('Loading networking libraries'),
      network(`ZNet: Startup version ${dialect.version}`),
    ],
  };
}

/** Workshop items, each downloaded in front of the reader's eyes. */
export function workshopStep({ options }: StartFacts): StartStep {
  const total = 1_509_760;
  const lines = list(options.get('WorkshopItems')).flatMap((text) => {
    const id = text.trim();
    if (!/^\d{6,12}$/.test(id)) return [general(`Workshop: ${id} isn't a valid workshop item ID`)];
    const done = [0, 0.25, 0.5, 0.75, 1].map((part) => general(`Workshop: download ${total * part}/${total} ID=${id}`));
    return [
      general(`Workshop: GetItemState()=None ID=${id}`),
      general(`Workshop: item state CheckItemState -> DownloadPending ID=${id}`),
      ...done,
      general(`Workshop: onItemDownloaded itemID=${id}`),
      general(`Workshop: item state DownloadPending -> Ready ID=${id}`),
    ];
  });
  return { share: lines.length === 0 ? 0 : 0.2, lines };
}

/** Port mapping, and the assets. `share` is what the steps around it leave. */
export function assetStep({ dialect, options }: StartFacts, share: number): StartStep {
  const upnp =
    options.get('UPnP') === 'true'
      ? [
          general('Router detection/configuration starting.'),
          general('If the server hangs here, set UPnP=false.'),
          general('No UPnP-enabled Internet gateway found'),
        ]
      : [];
  return {
    share,
    lines: [
      ...upnp,
      general('Initialising Server Systems...'),
      general('LOADING ASSETS: START'),
      ...bootNoise(dialect),
      general('LOADING ASSETS: FINISH'),
    ],
  };
}

/** A healthy start of a vanilla server is full of lines that look like trouble. */
function bootNoise({ build }: Dialect): readonly StartLine[] {
  const models = Array.from({ length: build === 41 ? 12 : 57 }, (_, index) => index);
  return models.map((index) => ({
    category: index % 9 === 0 ? 'Asset' : 'Script',
    level: index % 9 === 0 ? ('ERROR' as const) : ('WARN' as const),
    ...(build === 41 ? {} : { caller: index % 9 === 0 ? 'AssetManager.load' : 'ModelScript.check' }),
    text: index % 9 === 0 ? `asset "Simulated.${index}" has no texture` : `no such model "Simulated.Model${index}"`,
  }));
}

/** Mods, maps and the world. */
export function worldStep({ options, dataFolder, serverName }: StartFacts, freshWorld: boolean): StartStep {
  const mods = list(options.get('Mods').replaceAll('\\', '')).map((id) => ({ category: 'Mod', text: `loading ${id}` }));
  return {
    share: 0.3,
    lines: [
      ...mods,
      general('Looking in these map folders:'),
      ...list(options.get('Map')).map((map) => general(`    media/maps/${map}`)),
      general('<End of map-folders list>'),
      general('Loading world...'),
      general('checking server WorldVersion in map_t.bin'),
      ...(freshWorld
        ? [
            general(
              "map_t.bin does not exist, cannot determine the server's WorldVersion.  This is ok the first time a server is started.",
            ),
          ]
        : []),
      general(`writing ${dataFolder}/Server/${serverName}_SandboxVars.lua`),
    ],
  };
}

/** What the game says once players can come in. */
export function readyLines({ options }: StartFacts): readonly StartLine[] {
  const port = options.get('DefaultPort');
  return [
    network('*** SERVER STARTED ****'),
    network('*** Steam is enabled'),
    network(
      `Server is listening on port ${port} (for Steam connection) and port ${options.get('UDPPort')} (for UDPRakNet connection)`,
    ),
    network(`Clients should use ${port} port for connections`),
  ];
}
