import { Simulator } from "../../testing/simulator.ts";
import { webSocketConformance } from "../../testing/conformance/web_socket_conformance.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { testConformance, testFaults } from "./conformance_tests.ts";

const isAllowed = (await Deno.permissions.query({ name: "net", host: "127.0.0.1" })).state === "granted";
const reason = isAllowed ? "" : " (skipped: needs permission to listen on loopback, use deno test -P)";

testConformance(
  "WebSocket of the runtime",
  webSocketConformance({ createWebSocket: (url) => new WebSocket(url) }),
  reason,
);
testConformance("Simulator.inMemory", inMemory());

/** The in-memory sockets, each with something done to it right after it was made. */
function inMemory(alter: (socket: WebSocket) => WebSocket = (socket) => socket) {
  const clock = new VirtualClock();
  return webSocketConformance({
    createWebSocket: (url, discord) => alter(discord.createWebSocket(url)),
    createSimulator: () => Simulator.inMemory({ clock }),
    clock,
    timeoutMs: 1_000,
  });
}

/** A socket whose events of one type do not arrive as they should. */
function withEvents(
  type: "open" | "message" | "close" | "error",
  createRelay: () => (give: () => void) => void,
) {
  return inMemory((socket) => {
    const relay = createRelay();
    let listener: ((event: unknown) => void) | null = null;
    Object.defineProperty(socket, `on${type}`, {
      set: (value) => listener = value,
      get: () => listener,
    });
    socket.addEventListener(type, (event) => relay(() => listener?.call(socket, event)));
    return socket;
  });
}

testFaults("createWebSocket", [
  {
    name: "never says that it is open",
    cases: withEvents("open", () => () => {}),
    complaint: "opens a socket, later than it returns: onopen did not come within 1000 ms",
  },
  {
    name: "loses every tenth message",
    cases: withEvents("message", lossy),
    complaint: "whole and in order: all of 52 messages did not come within 1000 ms",
  },
  {
    name: "gives messages in another order",
    cases: withEvents("message", swapping),
    complaint: "whole and in order: message 0 is not what was sent at that place",
  },
  {
    name: "knows only binaryType blob",
    cases: inMemory((socket) => Object.defineProperty(socket, "binaryType", { get: () => "blob", set() {} })),
    complaint: 'ArrayBuffer when asked to (WS-7): binaryType is "arraybuffer", and the message is a Blob',
  },
  {
    name: "gives text as bytes",
    cases: inMemory((socket) => {
      socket.addEventListener("message", (event) => {
        const { data } = event;
        if (typeof data !== "string") return;
        Object.defineProperty(event, "data", { value: new TextEncoder().encode(data).buffer });
      });
      return socket;
    }),
    complaint: "gives text as strings, whole and in order: message 0 is no string: a ArrayBuffer",
  },
  {
    name: "sends what it likes",
    cases: inMemory((socket) => {
      const send = socket.send.bind(socket);
      socket.send = (data) => send(String(data).replaceAll(/[^ -~]/g, "?"));
      return socket;
    }),
    complaint: "as it is and in order: text that is not ASCII did not come as it was sent",
  },
  {
    name: "sends nothing",
    cases: inMemory((socket) => Object.assign(socket, { send() {} })),
    complaint: "sends text as it is and in order: everything that was sent did not come within 1000 ms",
  },
  {
    name: "closes with 1000 only",
    cases: inMemory((socket) => {
      const close = socket.close.bind(socket);
      socket.close = () => close(1000);
      return socket;
    }),
    complaint: "a code of one's own, and says so (WS-1): the other side was told 1000 instead of 4900",
  },
  {
    name: "does not close",
    cases: inMemory((socket) => Object.assign(socket, { close() {} })),
    complaint: "closes with 1000, and says so: onclose after close() did not come within 1000 ms",
  },
  {
    name: "hides the code of a close",
    cases: inMemory((socket) => {
      socket.addEventListener("close", (event) => Object.defineProperty(event, "code", { value: 1006 }));
      return socket;
    }),
    complaint: "reason of the other side's close: the code is 1006 instead of 4009",
  },
  {
    name: "makes up a code for a line that is cut",
    cases: inMemory((socket) => {
      socket.addEventListener("close", (event) => {
        if (event.code === 1006) Object.defineProperty(event, "code", { value: 1000 });
      });
      return socket;
    }),
    complaint: "when the line is cut, without a code (WS-4): the code is 1000, which nobody has sent",
  },
  {
    name: "keeps silent when it is refused",
    cases: inMemory((socket) => {
      let isOpened = false;
      socket.addEventListener("open", () => isOpened = true);
      for (const type of ["error", "close"]) {
        socket.addEventListener(type, (event) => {
          if (!isOpened) event.stopImmediatePropagation();
        });
      }
      return socket;
    }),
    complaint: "handshake is refused (WS-5): onerror or onclose did not come within 1000 ms",
  },
  {
    name: "claims to be open from the start",
    cases: inMemory((socket) => Object.defineProperty(socket, "readyState", { value: 1 })),
    complaint: "later than it returns: it is open before it was given to anybody",
  },
]);

/** Loses every tenth message. */
function lossy() {
  let count = 0;
  return (give: () => void): void => {
    if (++count % 10 !== 0) give();
  };
}

/** Holds every second message back until the next one is through; the first, HELLO, is not held. */
function swapping() {
  let count = 0;
  let held: (() => void) | undefined;
  return (give: () => void): void => {
    if (++count % 2 === 0) {
      held = give;
      return;
    }
    give();
    held?.();
    held = undefined;
  };
}
