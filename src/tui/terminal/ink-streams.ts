import { PassThrough, Writable } from 'node:stream';

/** The stream Ink believes to be the screen: every write of it is a whole frame. */
export type InkOutput = Writable & { columns: number; rows: number; readonly isTTY: true };

/** What Ink says to a terminal besides frames: hiding the cursor, erasing lines. The terminal is not its own here. */
const onlyControls = /^(?:\u001b\[[?\d;]*[A-Za-z]|\s)*$/;

/** Makes the stream. Ink runs with `debug`, in which it writes frames whole and erases nothing. */
export function createInkOutput(
  size: { readonly columns: number; readonly rows: number },
  onFrame: (frame: string) => void,
): InkOutput {
  const stream = new Writable({
    decodeStrings: false,
    write(frame: string, _encoding, done) {
      if (!onlyControls.test(frame)) onFrame(frame);
      done();
    },
  });
  return Object.assign(stream, { ...size, isTTY: true as const });
}

/** The stream Ink believes to be the keyboard. Nothing ever comes from it: keys go their own way. */
export function createInkInput(): NodeJS.ReadableStream {
  const stream = new PassThrough();
  return Object.assign(stream, {
    isTTY: true,
    isRaw: false,
    setRawMode: () => stream,
    ref: () => stream,
    unref: () => stream,
  });
}
