import type { InteractionCreate } from "../discord.ts";

const SNOWFLAKE = /^\d{1,20}$/;
/** What a token consists of: it becomes a part of a path. */
const TOKEN = /^[\w.~-]{1,2048}$/;

/**
 * Whether something is an interaction, as far as it is needed to answer it. The rest is handed on as it came (A18.3).
 */
export function isInteraction(payload: unknown): payload is InteractionCreate {
  if (!isRecord(payload)) return false;
  const { id, application_id, token, type } = payload;
  return isSnowflake(id) && isSnowflake(application_id) && Number.isInteger(type) &&
    typeof token === "string" && TOKEN.test(token) && !/^\.+$/.test(token);
}

/** Whether something is an object with fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSnowflake(value: unknown): boolean {
  return typeof value === "string" && SNOWFLAKE.test(value);
}
