import type { Reply } from "./redis_model.ts";

interface Entry {
  readonly id: readonly [number, number];
  readonly fields: readonly string[];
}

interface Pending {
  consumer: string;
  at: number;
  tries: number;
}

interface Group {
  last: readonly [number, number];
  read: number;
  readonly pending: Map<string, Pending>;
}

/** A stream of Redis. */
export class StreamModel {
  #entries: Entry[] = [];
  #last: readonly [number, number] = [0, 0];
  #added = 0;
  readonly #groups = new Map<string, Group>();

  clone(): StreamModel {
    const copy = new StreamModel();
    copy.#entries = [...this.#entries];
    copy.#last = this.#last;
    copy.#added = this.#added;
    for (const [name, { last, read, pending }] of this.#groups) {
      copy.#groups.set(name, {
        last,
        read,
        pending: new Map([...pending].map(([id, one]) => [id, { ...one }])),
      });
    }
    return copy;
  }

  add(words: readonly string[], now: number): string {
    const rest = words[0] === "MAXLEN" ? words.slice(3) : words;
    const [id = "", ...fields] = rest;
    const isOwn = id === "*";
    const parts = isOwn ? after([now, 0], this.#last) : partsOf(id);
    if (!isLater(parts, this.#last)) {
      throw new Error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
    }
    this.#entries.push({ id: parts, fields });
    this.#last = parts;
    this.#added += 1;
    if (words[0] === "MAXLEN") this.#entries.splice(0, Math.max(0, this.#entries.length - Number(words[2])));
    return textOf(parts);
  }

  range(from: string, to: string): Reply[] {
    return this.#entries
      .filter(({ id }) =>
        (from === "-" || !isLater(partsOf(from), id)) && (to === "+" || !isLater(id, partsOf(to)))
      )
      .map(replyOf);
  }

  setId(id: string): string {
    const top = this.#entries.at(-1);
    if (top !== undefined && isLater(top.id, partsOf(id))) {
      throw new Error("ERR The ID specified in XSETID is smaller than the target stream top item");
    }
    this.#last = partsOf(id);
    return "OK";
  }

  info(what: string): Reply {
    if (what === "STREAM") {
      return [
        "length",
        this.#entries.length,
        "last-generated-id",
        textOf(this.#last),
        "entries-added",
        this.#added,
      ];
    }
    return [...this.#groups].map(([name, { last, read, pending }]) => [
      "name",
      name,
      "pending",
      pending.size,
      "entries-read",
      read,
      "lag",
      this.#entries.filter(({ id }) => isLater(id, last)).length,
    ]);
  }

  group(what: string, name: string, third: string): Reply {
    if (what === "CREATE") {
      if (this.#groups.has(name)) throw new Error("BUSYGROUP Consumer Group name already exists");
      this.#groups.set(name, { last: third === "0" ? [0, 0] : this.#last, read: 0, pending: new Map() });
      return "OK";
    }
    if (what === "DESTROY") return Number(this.#groups.delete(name));
    return 0;
  }

  read(name: string, consumer: string, count: number, now: number): Reply[] {
    const group = this.#group(name);
    const entries = this.#entries.filter(({ id }) => isLater(id, group.last)).slice(0, count);
    for (const { id } of entries) {
      group.pending.set(textOf(id), { consumer, at: now, tries: 1 });
      group.last = id;
      group.read += 1;
    }
    return entries.map(replyOf);
  }

  acknowledge(name: string, ids: readonly string[]): number {
    return ids.filter((id) => this.#groups.get(name)?.pending.delete(id)).length;
  }

  claim(name: string, consumer: string, idleMs: number, rest: readonly string[], now: number): Reply {
    const group = this.#group(name);
    const isJustId = rest.includes("JUSTID");
    return rest.filter((word) => word !== "JUSTID").flatMap((id): Reply[] => {
      const one = group.pending.get(id);
      if (one === undefined || now - one.at < idleMs) return [];
      const entry = this.#entries.find((other) => textOf(other.id) === id);
      if (entry === undefined) {
        group.pending.delete(id);
        return [];
      }
      Object.assign(one, { consumer, at: now, tries: one.tries + (isJustId ? 0 : 1) });
      return [isJustId ? id : replyOf(entry)];
    });
  }

  pending(name: string, words: readonly string[], now: number): Reply {
    const group = this.#group(name);
    if (words.length === 0) return [group.pending.size, null, null, null];
    const idleMs = words[0] === "IDLE" ? Number(words[1]) : 0;
    const [from = "-", to = "+", count, consumer] = words[0] === "IDLE" ? words.slice(2) : words;
    return [...group.pending]
      .filter(([, one]) => now - one.at >= idleMs && (consumer === undefined || one.consumer === consumer))
      .filter(([id]) => from === "-" || !isLater(partsOf(from), partsOf(id)))
      .filter(([id]) => to === "+" || !isLater(partsOf(id), partsOf(to)))
      .toSorted(([one], [other]) => isLater(partsOf(one), partsOf(other)) ? 1 : -1)
      .slice(0, Number(count))
      .map(([id, one]) => [id, one.consumer, now - one.at, one.tries]);
  }

  #group(name: string): Group {
    const group = this.#groups.get(name);
    if (group === undefined) throw new Error(`NOGROUP No such consumer group '${name}'`);
    return group;
  }
}

function partsOf(id: string): readonly [number, number] {
  const [first = "0", second = "0"] = id.split("-");
  return [Number(first), Number(second)];
}

function textOf([first, second]: readonly [number, number]): string {
  return `${first}-${second}`;
}

function isLater(one: readonly [number, number], other: readonly [number, number]): boolean {
  return one[0] > other[0] || (one[0] === other[0] && one[1] > other[1]);
}

function after(
  wanted: readonly [number, number],
  last: readonly [number, number],
): readonly [number, number] {
  return isLater(wanted, last) ? wanted : [last[0], last[1] + 1];
}

function replyOf({ id, fields }: Entry): Reply {
  return [textOf(id), [...fields]];
}
