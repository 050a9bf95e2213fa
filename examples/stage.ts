// Where the examples play: at Discord when TOKEN is set, else on a simulated Discord on this machine.
// A bot of your own needs nothing of this.
import type { HTTPClientOptions } from "@nextsnake/nextcore";
import { type SimulatedChannel, Simulator, type SimulatorOptions } from "@nextsnake/nextcore/testing";

/** What an example is given. */
export interface Stage extends AsyncDisposable {
  /** The bot's token. */
  readonly token: string;
  /** Options that lead the HTTP client to the right Discord. */
  readonly httpOptions: HTTPClientOptions;
  /** The simulated Discord, when there is no token. */
  readonly discord: Simulator | undefined;
  /** Plays the part of a user; does nothing at the real Discord. */
  play(part: (channel: SimulatedChannel) => Promise<void>): void;
}

/** What an example needs besides. */
export interface StageOptions {
  /** How the simulated Discord is. */
  readonly simulator?: SimulatorOptions;
  /** The hosts of Discord that it reaches: by default those of the API and of the gateway. */
  readonly hosts?: readonly string[];
  /** Permissions besides those for `TOKEN` and Discord. */
  readonly permissions?: readonly Deno.PermissionDescriptor[];
}

/** Asks for `TOKEN`, and opens a simulated Discord where there is none. */
export async function openStage(
  script: string,
  { simulator, hosts = ["discord.com", "gateway.discord.gg"], permissions = [] }: StageOptions = {},
): Promise<Stage> {
  await need(script, { name: "env", variable: "TOKEN" }, ...permissions);
  const token = Deno.env.get("TOKEN");
  if (token) {
    await need(script, ...hosts.map((host) => ({ name: "net", host }) as const));
    return { token, httpOptions: {}, discord: undefined, play() {}, async [Symbol.asyncDispose]() {} };
  }
  await need(script, { name: "net", host: "127.0.0.1" });
  console.log("TOKEN is not set: playing against a simulated Discord.");
  const discord = await Simulator.start({ token: "a.b.c", ...simulator });
  let playing: Promise<void> = Promise.resolve();
  let isOver = false;
  return {
    token: discord.token,
    httpOptions: { baseUrl: discord.baseUrl },
    discord,
    play(part) {
      playing = part(discord.channel).catch((error) => {
        if (isOver) return; // The bot has failed, and says why itself.
        console.error(error);
        Deno.exit(1);
      });
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await discord.close(); // Whoever still waits for an answer of the bot is told so.
      await playing;
    },
  };
}

/** Where nobody can be asked, says how to start the example instead of failing deep inside. */
async function need(script: string, ...permissions: Deno.PermissionDescriptor[]): Promise<void> {
  for (const permission of permissions) {
    const { state } = await Deno.permissions.query(permission);
    if (state === "granted" || (state === "prompt" && Deno.stdin.isTerminal())) continue;
    console.error(`This example needs permissions that it was not given. Start it with:\n`);
    console.error(`  deno run -P examples/${script}\n`);
    console.error("or, outside of a checkout, with those that its first lines name.");
    Deno.exit(1);
  }
}
