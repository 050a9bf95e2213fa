/**
 * Planned events and stages: what can be asked for, and what with.
 *
 * @module
 */
import type {
  DiscordMember,
  DiscordScheduledEvent,
  DiscordStageInstance,
  DiscordUser,
} from "../../discord.ts";

/** Planned events, who is interested in them, and stages. */
export interface GuildEventOperations {
  /** Planned events. */
  "GET /guilds/{guild_id}/scheduled-events": {
    response: DiscordScheduledEvent[];
    query: GetScheduledEventQuery;
  };
  /** Plans an event. */
  "POST /guilds/{guild_id}/scheduled-events": {
    response: DiscordScheduledEvent;
    body: CreateScheduledEventBody;
  };
  /** A planned event. */
  "GET /guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}": {
    response: DiscordScheduledEvent;
    query: GetScheduledEventQuery;
  };
  /** Deletes a planned event. */
  "DELETE /guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}": { response: undefined };
  /** Changes, starts or ends an event. */
  "PATCH /guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}": {
    response: DiscordScheduledEvent;
    body: ModifyScheduledEventBody;
  };
  /** Moves or cancels one time of an event that comes again. */
  "POST /guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/exceptions": {
    response: ScheduledEventException;
    body: CreateEventExceptionBody;
  };
  /** Takes an exception back. */
  "DELETE /guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/exceptions/{exception_id}": {
    response: undefined;
  };
  /** Changes an exception. */
  "PATCH /guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/exceptions/{exception_id}": {
    response: ScheduledEventException;
    body: EventExceptionBody;
  };
  /** Who is interested in an event. */
  "GET /guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/users": {
    response: ScheduledEventUser[];
    query: ListEventUsersQuery;
  };
  /** How many are interested in an event, and in its exceptions. */
  "GET /guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/users/counts": {
    response: ScheduledEventUserCounts;
    query: CountEventUsersQuery;
  };
  /** Who is interested in an exception. */
  "GET /guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/{guild_scheduled_event_exception_id}/users":
    { response: ScheduledEventUser[]; query: ListEventUsersQuery };
  /** Goes live on a stage. */
  "POST /stage-instances": { response: DiscordStageInstance; body: CreateStageBody };
  /** What is live on a stage. */
  "GET /stage-instances/{channel_id}": { response: DiscordStageInstance };
  /** Ends what is live on a stage. */
  "DELETE /stage-instances/{channel_id}": { response: undefined };
  /** Changes what is live on a stage. */
  "PATCH /stage-instances/{channel_id}": { response: DiscordStageInstance; body: ModifyStageBody };
}

/** How much to tell of events. */
export interface GetScheduledEventQuery {
  /** Whether with how many are interested. */
  readonly with_user_count?: boolean | null | undefined;
}

/** Who of those interested; with both cursors, only `before` counts. */
export interface ListEventUsersQuery {
  /** Whether with the member of the guild. */
  readonly with_member?: boolean | null | undefined;
  /** Those before this user. */
  readonly before?: string | bigint | null | undefined;
  /** Those after this user. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 100; 100 by default. */
  readonly limit?: number | null | undefined;
}

/** For which exceptions. */
export interface CountEventUsersQuery {
  /** The exceptions. */
  readonly guild_scheduled_event_exception_ids?: string | readonly string[] | null | undefined;
}

/** What is said of an event when it is planned and when it is changed. */
export interface ScheduledEventBody {
  /** At most 100 characters. */
  readonly name?: string | undefined;
  /** At most 1,000 characters. */
  readonly description?: string | null | undefined;
  /** Its picture, as a `data:` URI. */
  readonly image?: string | null | undefined;
  /** When it begins, in ISO 8601. */
  readonly scheduled_start_time?: string | undefined;
  /** When it ends, in ISO 8601; needed elsewhere than in a channel. */
  readonly scheduled_end_time?: string | null | undefined;
  /** 2 for the guild: the only one. */
  readonly privacy_level?: number | undefined;
  /** Where it is: 1 a stage, 2 a voice channel, 3 elsewhere. */
  readonly entity_type?: number | null | undefined;
  /** The channel; `null` elsewhere. */
  readonly channel_id?: string | null | undefined;
  /** The place, elsewhere. */
  readonly entity_metadata?: EventLocationBody | null | undefined;
  /** How it comes again. */
  readonly recurrence_rule?: RecurrenceRuleBody | null | undefined;
}

/** What to change of an event. */
export interface ModifyScheduledEventBody extends ScheduledEventBody {
  /** 1 planned, 2 begun, 3 over, 4 cancelled. */
  readonly status?: number | null | undefined;
}

/** A new event. */
export interface CreateScheduledEventBody extends ScheduledEventBody {
  /** At most 100 characters. */
  readonly name: string;
  /** When it begins, in ISO 8601. */
  readonly scheduled_start_time: string;
  /** 2 for the guild: the only one. */
  readonly privacy_level: number;
  /** Where it is: 1 a stage, 2 a voice channel, 3 elsewhere. */
  readonly entity_type: number;
}

/** The place of an event. */
export interface EventLocationBody {
  /** At most 100 characters. */
  readonly location?: string | undefined;
}

/** How an event comes again. */
export interface RecurrenceRuleBody {
  /** From when on, in ISO 8601. */
  readonly start: string;
  /** Until when, in ISO 8601. */
  readonly end?: string | null | undefined;
  /** 0 yearly, 1 monthly, 2 weekly, 3 daily. */
  readonly frequency: number;
  /** Each how many of those. */
  readonly interval?: number | null | undefined;
  /** On which days of the week: 0 Monday to 6 Sunday. */
  readonly by_weekday?: readonly number[] | null | undefined;
  /** On which days of the week in the month. */
  readonly by_n_weekday?: readonly NthWeekdayBody[] | null | undefined;
  /** In which months, from 1. */
  readonly by_month?: readonly number[] | null | undefined;
  /** On which days of the month. */
  readonly by_month_day?: readonly number[] | null | undefined;
  /** On which days of the year. */
  readonly by_year_day?: readonly number[] | null | undefined;
  /** How often. */
  readonly count?: number | null | undefined;
}

/** A day of the week in the month. */
export interface NthWeekdayBody {
  /** Its week, from 1 to 5. */
  readonly n: number;
  /** 0 Monday to 6 Sunday. */
  readonly day: number;
}

/** What is different this time. */
export interface EventExceptionBody {
  /** When it begins, in ISO 8601. */
  readonly scheduled_start_time?: string | null | undefined;
  /** When it ends, in ISO 8601. */
  readonly scheduled_end_time?: string | null | undefined;
  /** Whether it doesn't take place. */
  readonly is_canceled?: boolean | null | undefined;
}

/** Which time is different, and how. */
export interface CreateEventExceptionBody extends EventExceptionBody {
  /** When it would begin, in ISO 8601. */
  readonly original_scheduled_start_time: string;
}

/** What to change of what is live. */
export interface ModifyStageBody {
  /** From 1 to 120 characters. */
  readonly topic?: string | undefined;
  /** 2 for the guild. */
  readonly privacy_level?: number | undefined;
}

/** What goes live. */
export interface CreateStageBody {
  /** The stage. */
  readonly channel_id: string;
  /** From 1 to 120 characters. */
  readonly topic: string;
  /** 2 for the guild. */
  readonly privacy_level?: number | null | undefined;
  /** The planned event that it is. */
  readonly guild_scheduled_event_id?: string | null | undefined;
  /** Whether everybody is notified. */
  readonly send_start_notification?: boolean | null | undefined;
}

/** One time of an event that is different. */
export interface ScheduledEventException {
  /** The event. */
  event_id: string;
  /** The exception. */
  event_exception_id: string;
  /** When it begins, in ISO 8601. */
  scheduled_start_time: string | null;
  /** When it ends, in ISO 8601. */
  scheduled_end_time: string | null;
  /** Whether it doesn't take place. */
  is_canceled: boolean;
}

/** Somebody interested in an event. */
export interface ScheduledEventUser {
  /** The event. */
  guild_scheduled_event_id: string;
  /** The exception. */
  guild_scheduled_event_exception_id?: string | null;
  /** Who. */
  user_id: string;
  /** Who. */
  user?: DiscordUser;
  /** The member of the guild, where it was asked for. */
  member?: DiscordMember;
  /** 0 uninterested, 1 interested. */
  response: number;
}

/** How many are interested in an event. */
export interface ScheduledEventUserCounts {
  /** In the event. */
  guild_scheduled_event_count: number;
  /** In each exception. */
  guild_scheduled_event_exception_counts: Record<string, number>;
}
