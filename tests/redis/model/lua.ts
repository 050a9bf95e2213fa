// The part of Lua that the scripts are written in, so that they run in virtual time as they are. Each piece of the grammar
// becomes a function of the scope; what is not known is refused.
import { type Token, tokensOf } from "./lua_tokens.ts";
import { LuaTable, type LuaValue, STANDARD } from "./lua_values.ts";

type Scope = { readonly names: Map<string, LuaValue>; readonly outer: Scope | undefined };
type Expression = (scope: Scope) => readonly LuaValue[];
/** Gives what ends the block: a break, or values that are returned. */
type Statement = (scope: Scope) => End | undefined;
type End = { readonly type: "break" } | { readonly type: "return"; readonly values: readonly LuaValue[] };

/** A script, ready to run: with the names it may use. */
export function compile(source: string): (names: Readonly<Record<string, LuaValue>>) => LuaValue {
  const block = new Parser(tokensOf(source)).chunk();
  return (names) => {
    const scope: Scope = { names: new Map(Object.entries({ ...STANDARD, ...names })), outer: undefined };
    const end = block(scope);
    return end?.type === "return" ? end.values[0] : undefined;
  };
}

/** From weakest to strongest. */
const OPERATORS: readonly (readonly string[])[] = [
  ["or"],
  ["and"],
  ["<", ">", "<=", ">=", "~=", "=="],
  [".."],
  ["+", "-"],
  ["*", "/", "%"],
];

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  chunk(): Statement {
    const block = this.#block();
    if (this.#peek() !== undefined) this.#refuse();
    return block;
  }

  #block(): Statement {
    const statements: Statement[] = [];
    while (this.#peek() !== undefined && !["end", "else", "elseif"].includes(this.#peek() ?? "")) {
      statements.push(this.#statement());
    }
    return (outer) => {
      const scope: Scope = { names: new Map(), outer };
      for (const statement of statements) {
        const end = statement(scope);
        if (end !== undefined) return end;
      }
    };
  }

  #statement(): Statement {
    switch (this.#peek()) {
      case "local":
        return this.#local();
      case "if":
        return this.#if();
      case "for":
        return this.#for();
      case "break":
        this.#next();
        return () => ({ type: "break" });
      case "return":
        return this.#return();
      default:
        return this.#assignmentOrCall();
    }
  }

  #local(): Statement {
    this.#expect("local");
    if (this.#take("function")) {
      const name = this.#name();
      const make = this.#function();
      return (scope) => void scope.names.set(name, make(scope));
    }
    const names = [this.#name()];
    while (this.#take(",")) names.push(this.#name());
    const values = this.#take("=") ? this.#expressions() : () => [];
    return (scope) => {
      const given = values(scope);
      for (const [index, name] of names.entries()) scope.names.set(name, given[index]);
    };
  }

  #function(): (scope: Scope) => LuaValue {
    this.#expect("(");
    const parameters: string[] = [];
    while (!this.#take(")")) {
      parameters.push(this.#name());
      this.#take(",");
    }
    const body = this.#block();
    this.#expect("end");
    return (outer) => (...given: readonly LuaValue[]) => {
      const scope: Scope = { names: new Map(parameters.map((name, index) => [name, given[index]])), outer };
      const end = body(scope);
      return end?.type === "return" ? end.values : [];
    };
  }

  #if(): Statement {
    const branches: { readonly condition: Expression; readonly block: Statement }[] = [];
    let otherwise: Statement = () => undefined;
    this.#next();
    for (;;) {
      const condition = this.#expression();
      this.#expect("then");
      branches.push({ condition, block: this.#block() });
      if (this.#take("elseif")) continue;
      if (this.#take("else")) otherwise = this.#block();
      this.#expect("end");
      break;
    }
    return (scope) => {
      const branch = branches.find(({ condition }) => isTrue(condition(scope)[0]));
      return (branch?.block ?? otherwise)(scope);
    };
  }

  #for(): Statement {
    this.#expect("for");
    const names = [this.#name()];
    while (this.#take(",")) names.push(this.#name());
    const isNumeric = this.#take("=");
    if (!isNumeric) this.#expect("in");
    const values = this.#expressions();
    this.#expect("do");
    const body = this.#block();
    this.#expect("end");
    const rounds = isNumeric ? numbersOf : itemsOf;
    return (scope) => {
      for (const round of rounds(values(scope))) {
        const own: Scope = { names: new Map(names.map((name, index) => [name, round[index]])), outer: scope };
        const end = body(own);
        if (end?.type === "break") return undefined;
        if (end !== undefined) return end;
      }
    };
  }

  #return(): Statement {
    this.#expect("return");
    const isEmpty = [undefined, "end", "else", "elseif"].includes(this.#peek());
    const values: Expression = isEmpty ? () => [] : this.#expressions();
    return (scope) => ({ type: "return", values: values(scope) });
  }

  #assignmentOrCall(): Statement {
    const startedAt = this.#at;
    const name = this.#name();
    const keys: Expression[] = [];
    while (["[", "."].includes(this.#peek() ?? "")) keys.push(this.#key());
    if (!this.#take("=")) {
      this.#at = startedAt;
      const call = this.#expression();
      return (scope) => void call(scope);
    }
    const value = this.#expression();
    return (scope) => {
      const [given] = value(scope);
      const last = keys.at(-1);
      if (last === undefined) return assign(scope, name, given);
      let target = lookUp(scope, name);
      for (const key of keys.slice(0, -1)) target = tableIn(target).get(key(scope)[0]);
      tableIn(target).set(last(scope)[0], given);
    };
  }

  /** `[x]` or `.x`. */
  #key(): Expression {
    if (this.#take(".")) {
      const name = this.#name();
      return () => [name];
    }
    this.#expect("[");
    const key = this.#expression();
    this.#expect("]");
    return key;
  }

  #expressions(): Expression {
    const all = [this.#expression()];
    while (this.#take(",")) all.push(this.#expression());
    // All of the last one's values count, and the first of each other.
    return (scope) => all.flatMap((one, index) => index === all.length - 1 ? one(scope) : [one(scope)[0]]);
  }

  #expression(level = 0): Expression {
    const operators = OPERATORS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#expression(level + 1);
    while (operators.includes(this.#peek() ?? "") && this.#tokens[this.#at]?.type !== "text") {
      const operator = this.#next();
      const [one, other] = [left, this.#expression(level + 1)];
      left = (scope) => [operate(operator, one(scope)[0], () => other(scope)[0])];
    }
    return left;
  }

  #unary(): Expression {
    for (const operator of ["not", "-", "#"]) {
      if (!this.#take(operator)) continue;
      const operand = this.#unary();
      return (scope) => {
        const [value] = operand(scope);
        if (operator === "not") return [!isTrue(value)];
        if (operator === "-") return [-Number(value)];
        return [typeof value === "string" ? value.length : tableIn(value).length];
      };
    }
    return this.#suffixed();
  }

  #suffixed(): Expression {
    let value = this.#primary();
    for (;;) {
      const inner = value;
      if (this.#peek() === "(") {
        const given = this.#arguments();
        value = (scope) => {
          const [callee] = inner(scope);
          if (typeof callee !== "function") throw new TypeError("Lua calls what is no function");
          const result = callee(...given(scope));
          return Array.isArray(result) ? result : [result];
        };
      } else if (this.#peek() === "[" || this.#peek() === ".") {
        const key = this.#key();
        value = (scope) => [tableIn(inner(scope)[0]).get(key(scope)[0])];
      } else return value;
    }
  }

  #arguments(): Expression {
    this.#expect("(");
    if (this.#take(")")) return () => [];
    const given = this.#expressions();
    this.#expect(")");
    return given;
  }

  #primary(): Expression {
    const token = this.#tokens[this.#at];
    if (token === undefined) return this.#refuse();
    this.#at += 1;
    if (token.type === "text") return () => [token.value];
    if (token.type === "number") return () => [Number(token.value)];
    switch (token.value) {
      case "nil":
        return () => [undefined];
      case "true":
      case "false":
        return () => [token.value === "true"];
      case "(": {
        const inner = this.#expression();
        this.#expect(")");
        return (scope) => [inner(scope)[0]];
      }
      case "{": {
        const items = this.#take("}") ? undefined : this.#expressions();
        if (items !== undefined) this.#expect("}");
        return (scope) => [new LuaTable(items?.(scope) ?? [])];
      }
      default:
        if (token.type !== "name") return this.#refuse();
        return (scope) => [lookUp(scope, token.value)];
    }
  }

  #peek(): string | undefined {
    const token = this.#tokens[this.#at];
    return token?.type === "text" ? `"${token.value}` : token?.value;
  }

  #next(): string {
    return this.#tokens[this.#at++]?.value ?? this.#refuse();
  }

  #take(value: string): boolean {
    if (this.#peek() !== value) return false;
    this.#at += 1;
    return true;
  }

  #expect(value: string): void {
    if (!this.#take(value)) this.#refuse();
  }

  #name(): string {
    if (this.#tokens[this.#at]?.type !== "name") this.#refuse();
    return this.#next();
  }

  #refuse(): never {
    const near = this.#tokens.slice(Math.max(0, this.#at - 5), this.#at + 3).map(({ value }) => value).join(
      " ",
    );
    throw new SyntaxError(`This is not the Lua that is known here: ${near}`);
  }
}

function isTrue(value: LuaValue): boolean {
  return value !== undefined && value !== false;
}

function tableIn(value: LuaValue): LuaTable {
  if (value instanceof LuaTable) return value;
  throw new TypeError(`Lua indexes a ${typeof value}`);
}

function lookUp(scope: Scope, name: string): LuaValue {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    if (at.names.has(name)) return at.names.get(name);
  }
  throw new ReferenceError(`Lua asks for "${name}", which nobody has set`);
}

function assign(scope: Scope, name: string, value: LuaValue): undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    if (at.names.has(name)) return void at.names.set(name, value);
  }
  throw new ReferenceError(`Lua sets "${name}", which is not local`);
}

function* numbersOf([from, to, step = 1]: readonly LuaValue[]): Generator<readonly LuaValue[]> {
  for (let value = Number(from); value <= Number(to); value += Number(step)) yield [value];
}

/** What `ipairs` has given: a table. */
function* itemsOf([table]: readonly LuaValue[]): Generator<readonly LuaValue[]> {
  for (let index = 1; index <= tableIn(table).length; index += 1) yield [index, tableIn(table).get(index)];
}

function operate(operator: string, left: LuaValue, right: () => LuaValue): LuaValue {
  if (operator === "and") return isTrue(left) ? right() : left;
  if (operator === "or") return isTrue(left) ? left : right();
  const other = right();
  if (operator === "==") return left === other;
  if (operator === "~=") return left !== other;
  if (operator === "..") return joined(left) + joined(other);
  if (["<", ">", "<=", ">="].includes(operator) && typeof left !== typeof other) {
    throw new TypeError(`Lua compares a ${typeof left} with a ${typeof other}`);
  }
  const [a, b] = [numberIn(left), numberIn(other)];
  switch (operator) {
    case "<":
      return a < b;
    case ">":
      return a > b;
    case "<=":
      return a <= b;
    case ">=":
      return a >= b;
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    default:
      return a - Math.floor(a / b) * b;
  }
}

function joined(value: LuaValue): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new TypeError(`Lua joins a ${typeof value}`);
}

function numberIn(value: LuaValue): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && !Number.isNaN(number)) return number;
  throw new TypeError(`Lua reckons with a ${typeof value}`);
}
