import { type Attributes, type Span, SpanStatusCode } from "@opentelemetry/api";
import { HTTPRequestStatusError } from "../http/mod.ts";

/** The attribute of errors, as OpenTelemetry names it. */
export const ERROR_TYPE = "error.type";

/** What an error is, by its class: messages may quote what users wrote, so they are left out. */
export function errorAttributes(error: unknown): Attributes {
  const attributes: Attributes = { [ERROR_TYPE]: errorLabel(error) };
  if (error instanceof HTTPRequestStatusError) {
    attributes["http.response.status_code"] = error.status;
    attributes["nextcore.discord.code"] = error.code;
  }
  return attributes;
}

/** The name of an error, where it looks like one: a program may set it to anything. */
function errorLabel(error: unknown): string {
  const name: unknown = error instanceof Error ? error.name : undefined;
  return typeof name === "string" && /^[A-Za-z_$][\w$]{0,63}$/.test(name) ? name : "_OTHER";
}

/** Notes on a span that what it stands for has failed. */
export function markFailed(span: Span, attributes: Attributes): void {
  span.setAttributes(attributes);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** What OpenTelemetry calls an event of the gateway: a message, by its name. Names come from the network. */
export function eventAttributes(name: string): Attributes {
  return {
    "messaging.system": "discord",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": eventLabel(name),
  };
}

/** The name of an event, where it looks like one. */
export function eventLabel(name: string): string {
  return /^[A-Z_]{1,64}$/.test(name) ? name : "_OTHER";
}
