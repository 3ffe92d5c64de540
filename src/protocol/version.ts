/** Version of the wire. A peer one version behind still works; further behind is told to upgrade. */
export const protocolVersion = 1;

/** Oldest version of the wire this program still speaks. */
export const oldestProtocolVersion = 1;
