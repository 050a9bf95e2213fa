// A process that saves one session after the other, each longer or shorter than the last, until it is killed.
import { FileSessionStore } from "../../sessions/file_session_store.ts";
import { longSession } from "./long_session.ts";

const [directory = "", shardId = "0", first = "0"] = Deno.args;
const store = new FileSessionStore(directory);
const encoder = new TextEncoder();
for (let sequence = Number(first);; sequence += 1) {
  await store.save(Number(shardId), longSession(sequence));
  await Deno.stdout.write(encoder.encode(`${sequence}\n`));
}
