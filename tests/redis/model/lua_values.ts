/** What Lua reckons with; nothing is `undefined`. A function may give several values, as an array. */
export type LuaValue =
  | undefined
  | boolean
  | number
  | string
  | LuaTable
  | ((...given: readonly LuaValue[]) => LuaValue | readonly LuaValue[]);

/** A table: a list from 1 on, and names. */
export class LuaTable {
  readonly list: LuaValue[];
  readonly #names: Map<LuaValue, LuaValue>;

  constructor(list: readonly LuaValue[], names: Readonly<Record<string, LuaValue>> = {}) {
    this.list = [...list];
    this.#names = new Map(Object.entries(names));
  }

  get length(): number {
    return this.list.length;
  }

  get(key: LuaValue): LuaValue {
    return typeof key === "number" ? this.list[key - 1] : this.#names.get(key);
  }

  set(key: LuaValue, value: LuaValue): void {
    if (typeof key === "number") this.list[key - 1] = value;
    else this.#names.set(key, value);
  }
}

const text = (value: LuaValue): string => {
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new TypeError(`Lua wants a text, and gets a ${typeof value}`);
};

function toNumber(value: LuaValue): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function match(subject: LuaValue, pattern: LuaValue): readonly LuaValue[] {
  const source = text(pattern).replaceAll("%d", "[0-9]").replaceAll("%w", "[A-Za-z0-9]").replaceAll(
    "%x",
    "[0-9a-fA-F]",
  );
  const found = new RegExp(source, "s").exec(text(subject));
  if (found === null) return [undefined];
  return found.length > 1 ? found.slice(1) : [found[0]];
}

const numbers = (act: (...given: number[]) => number) => (...given: readonly LuaValue[]): number =>
  act(...given.map((value) => {
    const number = toNumber(value);
    if (number === undefined) throw new TypeError(`Lua wants a number, and gets ${String(value)}`);
    return number;
  }));

/** What every script may use. */
export const STANDARD: Readonly<Record<string, LuaValue>> = {
  tonumber: toNumber,
  tostring: (value) => String(value),
  type: (value) => value === undefined ? "nil" : value instanceof LuaTable ? "table" : typeof value,
  unpack: (table, from = 1) => table instanceof LuaTable ? table.list.slice(Number(from) - 1) : [],
  ipairs: (table) => table,
  string: new LuaTable([], {
    match,
    format: (pattern, value) => {
      if (pattern !== "%.0f" || typeof value !== "number") {
        throw new TypeError("Lua formats what is not known here");
      }
      return value.toFixed(0);
    },
    find: (subject, part) => {
      const at = text(subject).indexOf(text(part));
      return at === -1 ? undefined : at + 1;
    },
    sub: (subject, from, to) =>
      text(subject).slice(Number(from) - 1, to === undefined ? undefined : Number(to)),
  }),
  math: new LuaTable([], {
    floor: numbers(Math.floor),
    ceil: numbers(Math.ceil),
    max: numbers(Math.max),
    min: numbers(Math.min),
    abs: numbers(Math.abs),
  }),
};
