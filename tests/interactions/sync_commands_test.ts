import { assertEquals, assertRejects } from "@std/assert";
import { BadRequestError, BotAuthentication, type CommandBody, HTTPClient } from "../../http/mod.ts";
import { syncCommands, type SyncCommandsOptions } from "../../interactions/mod.ts";
import { Simulator } from "../../testing/mod.ts";
import { seededRandom } from "../gateway/seeded_random.ts";

const authentication = new BotAuthentication("a.b.c");
const ping: CommandBody = { name: "ping", description: "Answers with pong" };

Deno.test("syncCommands sends nothing where Discord has the commands already", async () => {
  const discord = new FakeDiscord();
  const first = await discord.sync([ping]);
  assertEquals([first.isChanged, first.created, first.commands[0]?.name], [true, ["ping"], "ping"]);
  const second = await discord.sync([ping]);
  assertEquals(second.isChanged, false);
  assertEquals(second.unchanged, ["ping"]);
  assertEquals(second.commands, first.commands);
  assertEquals(discord.methods, ["GET", "PUT", "GET"]);
});

Deno.test("syncCommands tells what is new, changed, gone and as it was", async () => {
  const discord = new FakeDiscord();
  await discord.sync([ping, { name: "old", description: "Old" }, { name: "same", description: "Same" }]);
  const { created, updated, deleted, unchanged, commands } = await discord.sync([
    { name: "new", description: "New" },
    { ...ping, description: "Answers" },
    { name: "same", description: "Same" },
  ]);
  assertEquals([created, updated, deleted, unchanged], [["new"], ["ping"], ["old"], ["same"]]);
  assertEquals(commands.map(({ name }) => name), ["new", "ping", "same"]);
  assertEquals((await discord.sync([])).deleted, ["new", "ping", "same"]);
});

Deno.test("syncCommands asks for translations, else they would always differ", async () => {
  const discord = new FakeDiscord();
  const command = {
    ...ping,
    name_localizations: { de: "ping", fr: "pingue" },
    description_localizations: { de: "Pong" },
  };
  await discord.sync([command]);
  assertEquals((await discord.sync([command])).isChanged, false);
  assertEquals((await discord.sync([{ ...command, name_localizations: { de: "ping" } }])).updated, ["ping"]);
  assertEquals((await discord.sync([ping])).updated, ["ping"]);
});

Deno.test("syncCommands tells commands of one name apart by their type", async () => {
  const discord = new FakeDiscord();
  const both: CommandBody[] = [ping, { name: "ping", type: 2 }];
  assertEquals((await discord.sync(both)).created, ["ping", "ping"]);
  assertEquals((await discord.sync(both)).isChanged, false);
  assertEquals((await discord.sync([ping])).deleted, ["ping"]);
});

Deno.test("syncCommands keeps the entry point that Discord has made (50240)", async () => {
  const discord = new FakeDiscord();
  const entryPoint = { type: 4, name: "launch", description: "Play", handler: 2 };
  await discord.sync([entryPoint]);
  const first = await discord.sync([ping]);
  assertEquals([first.created, first.deleted, first.unchanged], [["ping"], [], ["launch"]]);
  assertEquals(first.commands.map(({ name }) => name), ["ping", "launch"]);
  assertEquals((await discord.sync([ping])).isChanged, false);
  assertEquals((await discord.sync([ping, { ...entryPoint, handler: 1 }])).updated, ["launch"]);
});

Deno.test("syncCommands keeps the commands of a guild apart from those everywhere", async () => {
  const discord = new FakeDiscord();
  await discord.sync([ping]);
  const guild = await discord.sync([ping], "5");
  assertEquals(guild.created, ["ping"]);
  assertEquals((await discord.sync([ping], "5")).isChanged, false);
  // In a guild, what is about other places means nothing.
  const odd = { ...ping, contexts: [0], integration_types: [0], dm_permission: false };
  assertEquals((await discord.sync([odd], "5")).isChanged, false);
});

Deno.test("syncCommands rejects what can't be registered, before anything is sent", async () => {
  const discord = new FakeDiscord();
  const wrong: [unknown, string][] = [
    [undefined, "must be a list"],
    [{}, "must be a list"],
    [[ping, null], "commands[1] has no name"],
    [[{ description: "x" }], "commands[0] has no name"],
    [[ping, ping], 'Two commands are called "ping"'],
    [[ping, { ...ping, type: 1 }], 'Two commands are called "ping"'],
  ];
  for (const [commands, message] of wrong) {
    await assertRejects(() => discord.sync(commands as CommandBody[]), TypeError, message);
  }
  assertEquals(discord.methods, []);
  const http = new HTTPClient({ fetch: () => Promise.reject(new Error("sent")) });
  const options = { authentication, applicationId: "1", commands: [ping] };
  const sync = (changes: object) => () => syncCommands(http, { ...options, ...changes });
  await assertRejects(() => syncCommands(null as never, options), TypeError, "must be an HTTPClient");
  await assertRejects(() => syncCommands(http, null as never), TypeError, "The options must be an object");
  await assertRejects(sync({ authentication: undefined }), TypeError, "authentication must be an object");
  await assertRejects(sync({ application: null }), TypeError, "application must be an object");
  await assertRejects(sync({ applicationId: undefined }), TypeError, "{application_id}");
});

Deno.test("syncCommands rejects with what Discord says of a command", async () => {
  await using discord = Simulator.inMemory({ token: "a.b.c" });
  await using http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
  const options = { authentication, applicationId: discord.bot.applicationId };
  const commands = [ping, { name: "no#name", description: "x" }];
  const error = await assertRejects(() => syncCommands(http, { ...options, commands }), BadRequestError);
  assertEquals((error as BadRequestError).errors[0]?.path, "[1].name");
  assertEquals((await syncCommands(http, { ...options, commands: [ping] })).created, ["ping"]);
  assertEquals((await syncCommands(http, { ...options, commands: [ping] })).isChanged, false);
});

Deno.test("syncCommands says so when the answer is no list of commands", async () => {
  for (const answer of [null, {}, [null], [{}], [{ name: 5 }], "commands"]) {
    const http = new HTTPClient({ fetch: () => Promise.resolve(Response.json(answer)) });
    const syncing = () => syncCommands(http, { authentication, applicationId: "1", commands: [ping] });
    await assertRejects(syncing, TypeError, "something else than a list");
    await http.close();
  }
});

Deno.test("syncCommands ends with the signal that it was given", async () => {
  const http = new HTTPClient({ fetch: () => new Promise(() => {}) });
  const signal = AbortSignal.abort(new Error("enough"));
  const options = { authentication, applicationId: "1", commands: [ping], signal };
  await assertRejects(() => syncCommands(http, options), Error, "enough");
  await http.close();
});

Deno.test("After syncCommands a second one sends nothing, whatever the commands (500 seeds)", async () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const random = seededRandom(seed);
    const commands = manyCommands(random);
    const guildId = random() < 0.3 ? "5" : undefined;
    const discord = new FakeDiscord(random);
    const first = await discord.sync(commands, guildId);
    assertEquals(first.isChanged, commands.length > 0, `seed ${seed}`);
    const second = await discord.sync(commands, guildId);
    assertEquals(
      second.isChanged,
      false,
      `seed ${seed}: ${JSON.stringify([commands, second.updated, second.commands])}`,
    );
    // The order of the commands says nothing.
    assertEquals(
      (await discord.sync(commands.toReversed(), guildId)).isChanged,
      false,
      `seed ${seed}, reversed`,
    );
  }
});

Deno.test("syncCommands sees that integration_types was left out, where it knows what the application is set to", async () => {
  const discord = new FakeDiscord();
  await discord.sync([{ ...ping, integration_types: [0] }]);
  assertEquals((await discord.sync([ping])).isChanged, false);
  const application = { integration_types_config: { 0: {}, 1: {} } };
  assertEquals((await discord.sync([ping], undefined, application)).updated, ["ping"]);
  assertEquals((await discord.sync([ping], undefined, application)).isChanged, false);
});

/** Commands of many shapes: fields left out, given as their default, or as something else. */
function manyCommands(random: () => number): CommandBody[] {
  const pick = <T>(...values: T[]): T | undefined => values[Math.floor(random() * values.length)];
  const count = (most: number): number => Math.floor(random() * (most + 1));
  const text = (): string => pick("a", "b c", " padded ", "é漢🐍") ?? "a";
  const localizations = () => pick(undefined, null, {}, { de: text() }, { fr: text(), de: text() });
  const named = (index: number) => ({ name: `n${index}`, name_localizations: localizations() });
  const choice = (index: number) => ({ ...named(index), value: pick<string | number>("x", 1, 1.5, 0) ?? 0 });
  const option = (index: number, depth: number): NonNullable<CommandBody["options"]>[number] => ({
    ...named(index),
    type: depth > 0 ? pick(1, 2) ?? 1 : pick(3, 4, 5, 7, 10) ?? 3,
    description: text(),
    description_localizations: localizations(),
    required: pick(undefined, null, false, true),
    autocomplete: pick(undefined, null, false, true),
    channel_types: pick(undefined, null, [], [5, 0], [0, 5]),
    min_value: pick(undefined, null, 0, 1.5),
    max_length: pick(undefined, null, 1, 6000),
    choices: pick(undefined, null, [], Array.from({ length: count(3) }, (_, at) => choice(at))),
    options: depth > 0
      ? Array.from({ length: count(3) }, (_, at) => option(at, depth - 1))
      : pick(undefined, null, []),
  });
  return Array.from({ length: count(6) }, (_, index) => ({
    ...named(index),
    type: pick(undefined, null, 1, 2, 3),
    description: pick(undefined, null, "", text()),
    description_localizations: localizations(),
    options: pick(undefined, null, [], Array.from({ length: count(4) }, (_, at) => option(at, count(2)))),
    default_member_permissions: pick<string | number | null | undefined>(
      undefined,
      null,
      0,
      8,
      "0",
      "8",
      "18014398509481983",
    ),
    dm_permission: pick(undefined, null, true, false),
    contexts: pick(undefined, null, [0], [2, 0, 1], [0, 1]),
    integration_types: pick(undefined, null, [0], [1, 0]),
    nsfw: pick(undefined, null, false, true),
  }));
}

/** Keeps commands as Discord does: fills in defaults, leaves fields out, adds its own, orders what has no order. */
class FakeDiscord {
  readonly methods: string[] = [];
  readonly #random: () => number;
  readonly #lists = new Map<string, Record<string, unknown>[]>();
  readonly #http: HTTPClient;
  #lastId = 100;

  constructor(random: () => number = () => 0.5) {
    this.#random = random;
    this.#http = new HTTPClient({ fetch: (input, init) => this.#handle(new Request(input, init)), random });
  }

  sync(
    commands: readonly CommandBody[],
    guildId?: string,
    application?: SyncCommandsOptions["application"],
  ): ReturnType<typeof syncCommands> {
    const options = {
      authentication,
      applicationId: "1",
      commands,
      application,
      ...(guildId === undefined ? {} : { guildId }),
    };
    return syncCommands(this.#http, options);
  }

  async #handle(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    this.methods.push(request.method);
    const isGuild = pathname.includes("/guilds/");
    if (request.method === "PUT") {
      const wanted: Record<string, unknown>[] = await request.json();
      this.#lists.set(pathname, wanted.map((command) => this.#command(command, isGuild)));
    }
    const list = this.#lists.get(pathname) ?? [];
    const isFull = request.method === "PUT" || searchParams.get("with_localizations") === "true";
    return Response.json(isFull ? list : list.map(({ name_localizations: _, ...rest }) => rest));
  }

  #command(command: Record<string, unknown>, isGuild: boolean): Record<string, unknown> {
    const { dm_permission, contexts, integration_types, default_member_permissions: bits, options } = command;
    const everywhere = this.#maybe() ? null : [0, 1, 2];
    return {
      ...this.#described(command),
      id: String(this.#lastId += 1),
      application_id: "1",
      version: "7",
      type: command.type ?? 1,
      nsfw: command.nsfw ?? false,
      default_member_permissions: bits === null || bits === undefined ? null : String(bits),
      ...(command.handler === undefined ? {} : { handler: command.handler }),
      ...(Array.isArray(options) && options.length > 0
        ? { options: options.map((option) => this.#option(option)) }
        : this.#maybe()
        ? { options: [] }
        : {}),
      ...(isGuild ? { guild_id: "5" } : {
        contexts: Array.isArray(contexts) ? contexts.toSorted() : dm_permission === false ? null : everywhere,
        dm_permission: dm_permission ?? true,
        integration_types: Array.isArray(integration_types) ? integration_types.toSorted() : [0, 1],
      }),
    };
  }

  #option(option: Record<string, unknown>): Record<string, unknown> {
    const kept: Record<string, unknown> = { ...this.#described(option), type: option.type };
    if (option.required === true || this.#maybe()) kept.required = option.required ?? false;
    if (option.autocomplete === true || this.#maybe()) kept.autocomplete = option.autocomplete ?? false;
    for (const field of ["min_value", "max_length"]) {
      if (option[field] !== null && option[field] !== undefined) kept[field] = option[field];
    }
    if (Array.isArray(option.channel_types) && option.channel_types.length > 0) {
      kept.channel_types = option.channel_types.toSorted();
    }
    if (Array.isArray(option.choices) && option.choices.length > 0) {
      kept.choices = option.choices.map((choice) => ({
        value: choice.value,
        name: choice.name.trim(),
        ...this.#translated("name", choice),
      }));
    }
    if (Array.isArray(option.options)) kept.options = option.options.map((below) => this.#option(below));
    return kept;
  }

  #described(given: Record<string, unknown>): Record<string, unknown> {
    return {
      name: given.name,
      ...this.#translated("name", given),
      description: String(given.description ?? "").trim(),
      ...this.#translated("description", given),
    };
  }

  #translated(field: string, given: Record<string, unknown>): Record<string, unknown> {
    const value = given[`${field}_localizations`];
    const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
    const isNone = entries.length === 0;
    if (isNone && this.#maybe()) return {};
    // In an order of its own, without blanks around.
    const trimmed = entries.toReversed().map(([locale, text]) => [locale, String(text).trim()]);
    return { [`${field}_localizations`]: isNone ? null : Object.fromEntries(trimmed) };
  }

  #maybe(): boolean {
    return this.#random() < 0.5;
  }
}
