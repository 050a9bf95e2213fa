// The commands of slash_commands.ts and slash_commands_http.ts: what they are, and what handles them wherever they come from.
import type { CommandBody } from "@nextsnake/nextcore";
import {
  type InteractionContext,
  type InteractionHandler,
  InteractionType,
} from "@nextsnake/nextcore/interactions";

export const commands: readonly CommandBody[] = [
  { name: "ping", description: "Answers with pong" },
  {
    name: "roll",
    description: "Rolls dice",
    options: [{ type: 4, name: "dice", description: "How many, 1 by default", min_value: 1, max_value: 10 }],
  },
];

export const onInteraction: InteractionHandler = async (context) => {
  const { type, data } = context.interaction;
  if (type === InteractionType.MessageComponent) {
    return await context.update({ content: "Thanks!", components: [] });
  }
  if (data?.name === "ping") return await ping(context);
  if (data?.name === "roll") return await roll(context);
  await context.reply({ content: "I don't know that command", flags: 64 }); // 64: only the user sees it.
};

/** Answers at once, with a button. */
async function ping(context: InteractionContext): Promise<void> {
  const button = { type: 2, style: 1, label: "Nice", custom_id: "nice" };
  await context.reply({ content: "pong", components: [{ type: 1, components: [button] }] });
}

/** Takes its time: says so first, and has fifteen minutes from then on. */
async function roll(context: InteractionContext): Promise<void> {
  await context.defer();
  const count = Number(context.interaction.data?.options?.[0]?.value ?? 1);
  const dice = Array.from({ length: count }, () => 1 + Math.floor(Math.random() * 6));
  await context.editOriginal({
    content: `You rolled ${dice.join(", ")}`,
    attachments: [{ id: 0, filename: "dice.txt" }],
  }, { files: [{ name: "dice.txt", data: dice.join("\n"), contentType: "text/plain" }] });
}
