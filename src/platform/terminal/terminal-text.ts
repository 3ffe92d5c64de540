/**
 * Takes everything out of a text that a terminal would obey instead of show: C0 and C1 controls but tab, escape
 * sequences whole (CSI, OSC, DCS, APC, PM, SOS), DEL, and the marks that turn the direction of writing.
 * Whatever came from outside (logs, chat, player names, titles) goes through here before it is printed.
 */
export function stripControls(text: string): string {
  return suspicious.test(text) ? text.replace(sequences, '').replace(controls, '') : text;
}

const suspicious = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const sequences =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g;
const controls = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
