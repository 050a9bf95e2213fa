import type { Row } from "./row.ts";
import { aborts } from "./rows/aborts.ts";
import { channels } from "./rows/channels.ts";
import { cpu } from "./rows/cpu.ts";
import { faults } from "./rows/faults.ts";
import { globalRefusal } from "./rows/global_refusal.ts";
import { heap } from "./rows/heap.ts";
import { messagesFixed, messagesSliding } from "./rows/messages.ts";
import { sharedHash } from "./rows/shared_hash.ts";
import { sublimit } from "./rows/sublimit.ts";

/**
 * All rows, in waves: those of one wave are measured at once, all contestants beside each other, since they do nothing
 * but wait.
 */
export const WAVES: readonly (readonly Row[])[] = [
  [messagesFixed, messagesSliding, sharedHash],
  [channels, globalRefusal],
  [sublimit, aborts],
  [faults],
  [heap],
  [cpu],
];
