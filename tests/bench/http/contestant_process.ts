/**
 * One contestant at one row, in a process of its own: `<contestant> <row> <origin of the server> <number of the world>`.
 * Prints `ready`, begins when a line comes in, and prints what it has measured as JSON.
 *
 * @module
 */

import { CONTESTANTS } from "./contestants.ts";
import { ROUND_TRIP } from "./row.ts";
import { WAVES } from "./rows.ts";
import type { WorldReport } from "./world_record.ts";

const [name = "", rowName = "", origin = "", world = ""] = Deno.args;
const create = CONTESTANTS[name];
const row = WAVES.flat().find((one) => one.name === rowName);
if (create === undefined || row === undefined) throw new Error(`There is no ${name} or no ${rowName}`);

const apiUrl = `${origin}/w/${world}/api`;
const { requestsPerSecond = 50, isForgetful = false } = row;
const contestant = await create({ apiUrl, requestsPerSecond, isForgetful });
const report = async (): Promise<WorldReport> => await (await fetch(`${origin}/worlds/${world}`)).json();
await report(); // Opens a connection: the first request of no one pays for it.

console.log("ready");
await Deno.stdin.read(new Uint8Array(1));
const measures = await row.run({ contestant, apiUrl, report });
const { meanRoundTripMs = null } = await report();
console.log(JSON.stringify({ ...measures, [ROUND_TRIP.name]: meanRoundTripMs }));
Deno.exit(0); // Some clients keep timers.
